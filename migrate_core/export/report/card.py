"""The dataset card: what is in the dataset, how it was made, and what it may be used for.

Its text is the template `card.md.jinja`. Whatever is put into it is escaped for Markdown: names of
classes and reviewers, reasons and notes can hold anything.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

from ...escaping import markdown_code, markdown_text
from ...text import CLOUD_IN_SCENE, LABEL_OCCLUDED, format_percent, format_share
from .description import FLAG_TEXTS, Description
from .pictures.captions import PLOT_CAPTIONS
from .terms import COPERNICUS_NOTICE_URL, COPERNICUS_TERMS, NO_SOURCE_IMAGES

if TYPE_CHECKING:
    from jinja2 import Template

# The name of the card in the folder of a dataset.
CARD = "dataset_card.md"
# Known words of every card: by them an export finds that a folder is its own.
MADE_WITH = "Made with migrate_core"
_CUT_OFF = "The export was cut off: export again."
UNFINISHED_CARD = f"# Dataset card\n\n{MADE_WITH}. {_CUT_OFF}\n"

_TEMPLATE = "card.md.jinja"
# Rows of tables that can grow with the dataset.
_MOST_ROWS = 40


def unfinished_card(pairs: int, missing: Sequence[str]) -> str:
    """The card of a dataset that was cut off: how many pairs are there, and which are not."""
    if not missing:
        return f"{UNFINISHED_CARD}\n{pairs} pairs are there; card and report are not finished.\n"
    there = f"{pairs} pairs are there, and the tables name these alone"
    if not pairs:
        there = "No pair is there in all formats, and there are no tables yet"
    named = "".join(f"- {markdown_text(pair_id)}\n" for pair_id in missing)
    return f"{UNFINISHED_CARD}\n{there}. {len(missing)} are missing or incomplete:\n\n{named}"


def is_unfinished(card: str) -> bool:
    """Whether a card is that of an export that was cut off."""
    return card.startswith(UNFINISHED_CARD.rstrip("\n"))


def dataset_card(described: Description, plots: Collection[str] = tuple(PLOT_CAPTIONS)) -> str:
    """The card as Markdown; `plots` are the names of those that there are."""
    counted = described.counted
    return _template().render(
        d=described,
        rows=counted.rows,
        statistics=counted,
        evidence=described.evidence,
        days=[abs(number) for number in counted.numbers("days_offset")],
        shifts_m=counted.shifts_m,
        label_occluded=LABEL_OCCLUDED.capitalize(),
        cloud_in_scene=CLOUD_IN_SCENE.capitalize(),
        flags=FLAG_TEXTS,
        folders={one.name: one.folder for one in described.formats},
        plots={name: text for name, text in PLOT_CAPTIONS.items() if name in plots},
        most_rows=_MOST_ROWS,
        copernicus_terms=COPERNICUS_TERMS,
        notice_url=COPERNICUS_NOTICE_URL,
        no_source_images=NO_SOURCE_IMAGES,
        made_with=MADE_WITH,
        version=described.version,
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
    environment.filters.update(
        median=median,
        share=format_share,
        percent=format_percent,
        code=lambda text: Raw(markdown_code(text)),
    )
    return environment.get_template(_TEMPLATE)


class Raw(str):
    """Markdown that is escaped already."""

    __slots__ = ()


def _escaped(value: Any) -> Any:
    """Every value that the template shows; its own text isn't touched."""
    if isinstance(value, str) and not isinstance(value, Raw):
        return markdown_text(value)
    return value
