"""The dataset card: what is in the dataset, how it was made, and what it may be used for.

Its text is the template `card.md.jinja`. Whatever is put into it is escaped for Markdown: names of
classes and reviewers, reasons and notes can hold anything.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from ... import __version__
from ...escaping import markdown_text
from ...products.scene_classes import Flag
from ...text import CLOUD_IN_SCENE, LABEL_OCCLUDED, format_percent, format_share
from ..selection.choice import Choice
from .review_evidence import ReviewEvidence
from .statistics import Statistics

if TYPE_CHECKING:
    from jinja2 import Template

# The name of the card in the folder of a dataset.
CARD = "dataset_card.md"
# Known words of every card: by them an export finds that a folder is its own.
MADE_WITH = "Made with migrate_core"
_CUT_OFF = "The export was cut off: export again."
UNFINISHED_CARD = f"# Dataset card\n\n{MADE_WITH}. {_CUT_OFF}\n"

_TEMPLATE = "card.md.jinja"
_FLAGS = {
    Flag.OUTSIDE: "outside the mask's footprint (by pixel centre)",
    Flag.NO_DATA: "no data or saturated",
    Flag.CLOUD: "cloud",
    Flag.SHADOW: "cloud shadow",
    Flag.CIRRUS: "thin cloud or cirrus",
    Flag.SNOW: "snow",
    Flag.SOURCE: "occluded in the source image",
    Flag.UNKNOWN: "label unknown or set to ignore",
}
_PLOTS = {
    "days_and_clouds": f"Time between mask and scene (days), and {CLOUD_IN_SCENE} (%).",
    "occlusion_of_labels": f"{LABEL_OCCLUDED.capitalize()}, and by what, pair by pair (%).",
    "class_areas": "Area of each class over all pairs (ha).",
    "pairs_by_month": "Pairs by month of sensing.",
}


def unfinished_card(pairs: int, missing: Sequence[str]) -> str:
    """The card of a dataset that was cut off: how many pairs are there, and which are not."""
    if not missing:
        return f"{UNFINISHED_CARD}\n{pairs} pairs are there; card and report are not finished.\n"
    named = "".join(f"- {markdown_text(pair_id)}\n" for pair_id in missing)
    return (
        f"{UNFINISHED_CARD}\n{pairs} pairs are there, and the tables name these alone. "
        f"{len(missing)} are missing or incomplete:\n\n{named}"
    )


def is_unfinished(card: str) -> bool:
    """Whether a card is that of an export that was cut off."""
    return card.startswith(UNFINISHED_CARD.rstrip("\n"))


def dataset_card(statistics: Statistics, choice: Choice, evidence: ReviewEvidence) -> str:
    """The card as Markdown."""
    rows = statistics.rows
    return _template().render(
        rows=rows,
        statistics=statistics,
        choice=str(choice),
        evidence=evidence,
        days=[abs(number) for number in statistics.numbers("days_offset")],
        shifts_m=[
            math.hypot(row["shift_east_m"], row["shift_north_m"])
            for row in rows
            if row["shift_reliable"]
        ],
        label_occluded=LABEL_OCCLUDED.capitalize(),
        cloud_in_scene=CLOUD_IN_SCENE.capitalize(),
        flags=_FLAGS,
        plots=_PLOTS,
        made_with=MADE_WITH,
        version=__version__,
    )


@lru_cache
def _template() -> Template:
    # Imported here: commands that write no card start without it.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        finalize=_escaped,
        undefined=StrictUndefined,
        autoescape=False,  # escaped for Markdown by `finalize`, not for HTML
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(median=median, share=format_share, percent=format_percent)
    return environment.get_template(_TEMPLATE)


def _escaped(value: Any) -> Any:
    """Every value that the template shows; its own text isn't touched."""
    return markdown_text(value) if isinstance(value, str) else value
