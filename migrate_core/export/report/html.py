"""`report.html`: all that is known of a dataset, in one file that asks nothing of any server.

Its text is the template `report.html.jinja`, its looks `report.css`. Whatever is put into it is
escaped for HTML. Its content security policy allows its own styles and embedded pictures alone.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from ...text import format_offset, format_share
from .columns import COLUMNS
from .description import FLAG_TEXTS, Description
from .pictures.captions import PLOT_CAPTIONS
from .pictures.footprint_map import MARKS, FootprintMap
from .pictures.histograms import HISTOGRAMS
from .pictures.overlays import ORDER, Overlays
from .terms import COPERNICUS_NOTICE_URL, COPERNICUS_TERMS, NO_SOURCE_IMAGES

if TYPE_CHECKING:
    from jinja2 import Template

REPORT = "report.html"
_TEMPLATE, _STYLE = "report.html.jinja", "report.css"
# Rows of tables that can grow with the dataset, and values in a cell; the manifest has all.
_MOST_ROWS, _MOST_VALUES = 40, 30
_CLASS_PLOTS = ("class_areas", "class_shares_by_split")
_SECTIONS = (
    ("summary", "Summary"),
    ("origin", "Origin"),
    ("settings", "Settings"),
    ("classes", "Classes and splits"),
    ("map", "Map"),
    ("review", "Review"),
    ("numbers", "Numbers"),
    ("pairs", "Worst and best pairs"),
    ("limits", "Known limits"),
    ("load", "How to load it"),
    ("manifest", "Columns"),
    ("terms", "Terms"),
)
_COUNTED = (
    ("decision", "decision"),
    ("product level", "level"),
    ("processing baseline", "baseline"),
    ("MGRS tile", "tile"),
    ("coordinate reference system", "crs"),
    ("clouds assessed by", "cloud_method"),
)


@dataclass(frozen=True)
class Plot:
    """A plot as a data URI, what stands below it, and what it shows in words."""

    uri: str
    caption: str
    alt: str


@dataclass(frozen=True)
class Pictures:
    """What is to be seen in a report: plots as PNG files by name, the map, pairs."""

    plots: Mapping[str, bytes]
    map: FootprintMap
    overlays: Overlays


def report(described: Description, pictures: Pictures) -> str:
    """The report as HTML."""
    counted = described.counted
    style = _style()
    return _template().render(
        d=described,
        counted=counted,
        rows=counted.rows,
        evidence=described.evidence,
        masks=len({row["mask_id"] for row in counted.rows}),
        counts_of_pairs=[(title, _most_first(described, name)) for title, name in _COUNTED],
        class_plots=_plots(described, pictures, _CLASS_PLOTS),
        plots=_plots(described, pictures, [n for n in PLOT_CAPTIONS if n not in _CLASS_PLOTS]),
        map=pictures.map,
        marks=MARKS,
        shown=pictures.overlays,
        order=ORDER,
        columns=list(counted.rows[0]),
        column_texts=COLUMNS,
        flags=FLAG_TEXTS,
        copernicus_terms=COPERNICUS_TERMS,
        no_source_images=NO_SOURCE_IMAGES,
        notice_url=COPERNICUS_NOTICE_URL,
        sections=_SECTIONS,
        most_rows=_MOST_ROWS,
        most_values=_MOST_VALUES,
        style=style,
        style_hash=_hash(style),
    )


def _most_first(described: Description, column: str) -> dict[str, int]:
    counts = described.counted.counts(column)
    return dict(sorted(counts.items(), key=lambda item: -item[1]))


def _plots(described: Description, pictures: Pictures, names: Sequence[str]) -> list[Plot]:
    """The plots of these names that there are."""
    summaries = {f"histogram_{one.name}": one.summary(described.counted) for one in HISTOGRAMS}
    return [
        Plot(
            data_uri("image/png", pictures.plots[name]),
            PLOT_CAPTIONS[name],
            summaries.get(name) or f"Plot: {PLOT_CAPTIONS[name]}",
        )
        for name in names
        if pictures.plots.get(name)
    ]


def data_uri(media_type: str, content: bytes) -> str:
    """A file as an address that holds it (RFC 2397)."""
    return f"data:{media_type};base64,{base64.b64encode(content).decode('ascii')}"


def _hash(style: str) -> str:
    """By what the policy knows the styles (Content Security Policy 3, 2.3.1)."""
    digest = hashlib.sha256(style.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"


@lru_cache
def _style() -> str:
    from markupsafe import Markup

    return Markup((Path(__file__).parent / _STYLE).read_text(encoding="utf-8"))


@lru_cache
def _template() -> Template:
    # Imported here: commands that write no report start without it.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(
        share=format_share,
        offset=format_offset,
        webp_uri=lambda content: data_uri("image/webp", content),
    )
    return environment.get_template(_TEMPLATE)
