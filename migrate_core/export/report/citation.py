"""How a dataset is cited: `CITATION.cff` (Citation File Format 1.2.0, doi 10.5281/zenodo.5171937).

Every text is written as a double-quoted YAML scalar, so that none is taken for anything else.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from .description import Description
from .terms import COPERNICUS_NOTICE_URL

CITATION = "CITATION.cff"
# Licences of data in the list of the format; others stand in the abstract, in words.
LICENCES = (
    *("CC0-1.0", "CC-BY-3.0", "CC-BY-4.0", "CC-BY-SA-3.0", "CC-BY-SA-4.0"),
    *("CC-BY-NC-4.0", "CC-BY-NC-SA-4.0", "CC-BY-NC-ND-4.0", "CC-BY-ND-4.0"),
    *("ODbL-1.0", "ODC-By-1.0", "PDDL-1.0", "CDLA-Permissive-1.0", "CDLA-Sharing-1.0"),
    *("etalab-2.0", "OGL-UK-3.0", "Apache-2.0", "MIT"),
)
_BY_LOWER = {licence.lower(): licence for licence in LICENCES}
# What the format's guide asks for where no author is known.
_ANONYMOUS = "anonymous"


def citation(described: Description) -> str:
    """The text of the file."""
    return "\n".join(_lines(described)) + "\n"


def _lines(described: Description) -> Iterator[str]:
    yield "cff-version: 1.2.0"
    yield f"message: {_text('If you use this dataset, please cite it as below.')}"
    yield "type: dataset"
    yield f"title: {_text(_clean(described.title) or 'Dataset')}"
    yield from _authors(described.about.authors)
    yield f"date-released: {_text(described.written_on.isoformat())}"
    yield f"abstract: {_text(_abstract(described))}"
    yield "keywords:"
    yield from (f"  - {_text(word)}" for word in ("Sentinel-2", "semantic segmentation"))
    licence = _BY_LOWER.get(described.about.licence.strip().lower())
    if licence:
        yield f"license: {_text(licence)}"
    yield from _sentinel(described.counted.sensing_years)


def _authors(named: Sequence[str], indent: str = "") -> Iterator[str]:
    yield f"{indent}authors:"
    for name in [name for name in named if _clean(name)] or [_ANONYMOUS]:
        yield f"{indent}  - name: {_text(name)}"


def _sentinel(years: Sequence[str]) -> Iterator[str]:
    """The images as a reference."""
    title = f"Copernicus Sentinel-2 data {', '.join(years)}"
    yield "references:"
    yield "  - type: data"
    yield f"    title: {_text(title)}"
    yield from _authors(["European Union, Copernicus programme"], "    ")
    yield f"    url: {_text(COPERNICUS_NOTICE_URL)}"


def _abstract(described: Description) -> str:
    pairs = len(described.counted.rows)
    return (
        f"{pairs:,} pair{'s' * (pairs != 1)} of a Sentinel-2 image and a label that was drawn on "
        f"another satellite's image. {described.copernicus} Terms of the labels: "
        f"{described.licence}. Source images: {described.attribution}"
    )


def _text(text: str) -> str:
    return json.dumps(_clean(text), ensure_ascii=False)


def _clean(text: str) -> str:
    """Text in one line, without what YAML doesn't take."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
