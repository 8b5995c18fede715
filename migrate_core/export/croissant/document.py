"""`croissant.json`: what machines read of a dataset, as Croissant 1.1 and GeoCroissant 1.0.

https://docs.mlcommons.org/croissant/docs/croissant-spec-1.1.html,
https://docs.mlcommons.org/croissant/docs/croissant-geo-spec.html
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from ...workspace import written_then_renamed
from ..formats.base import SPLITS, Content, Format, Part
from ..formats.wording import description, identifier
from ..samples.footprint import lonlat_bounds, lonlat_footprint
from ..samples.spectral import spectral_band
from .files import kinds_of_files
from .table import COLUMNS, TABLE, write_samples

CROISSANT = "croissant.json"
Json = dict[str, Any]

_SPDX = re.compile(r"[A-Za-z0-9.+-]+")
_SPLIT_TERMS = {"train": "TrainingSplit", "val": "ValidationSplit", "test": "TestSplit"}
# Terms that Croissant gives short names to; `cr:` is its own namespace.
_TERMS = (
    "annotation",
    "arrayShape",
    "citeAs",
    "column",
    "containedIn",
    "equivalentProperty",
    "extract",
    "field",
    "fileProperty",
    "fileObject",
    "fileSet",
    "format",
    "includes",
    "isArray",
    "isLiveDataset",
    "jsonPath",
    "key",
    "md5",
    "parentField",
    "path",
    "recordSet",
    "references",
    "regex",
    "repeated",
    "replace",
    "samplingRate",
    "separator",
    "source",
    "subField",
    "transform",
)
_CONTEXT: Mapping[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "dct": "http://purl.org/dc/terms/",
    "geocr": "http://mlcommons.org/croissant/geo/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "sc": "https://schema.org/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "description": {"@container": "@language"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "name": {"@container": "@language"},
    **{term: f"cr:{term}" for term in _TERMS},
}


def write_croissant(
    form: Format, content: Content, parts: Sequence[Part], folder: Path, published: date
) -> list[str]:
    """Write the table of samples and what describes the dataset into the folder of a format.

    `parts` are those that are there, `content` has their samples. Gives the names of the files
    back. Raises DiskError.
    """
    kinds = write_samples(folder, parts)
    document = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": [
            "http://mlcommons.org/croissant/1.1",
            "http://mlcommons.org/croissant/geo/1.0",
        ],
        "name": content.name,
        "alternateName": f"{identifier(content)}-{form.name}",
        "description": f"{description(content)} Form: {form.title}.",
        "version": "1.0.0",
        "keywords": ["Sentinel-2", "semantic segmentation", "label"],
        "isLiveDataset": False,
        **_terms(content, published),
        **_ground(content),
        "distribution": [_table_file(folder), *_file_sets(parts)],
        "recordSet": [_samples(kinds, content), _splits(content), _classes(content)],
    }
    with written_then_renamed(folder / CROISSANT) as temporary:
        temporary.write_text(json.dumps(document, ensure_ascii=False, indent=1), encoding="utf-8")
    return [TABLE, CROISSANT]


def _terms(content: Content, published: date) -> Json:
    """Who made it, how it is cited, and under which licence it goes out."""
    about = content.about
    licence = about.licence
    if licence and _SPDX.fullmatch(licence):
        licence = f"https://spdx.org/licenses/{licence}.html"
    people = [{"@type": "sc:Person", "name": name} for name in about.authors]
    return {
        "datePublished": published.isoformat(),
        "citeAs": _citation(content, published.year),
        **({"creator": people} if people else {}),
        **({"license": licence} if licence else {}),
    }


def _citation(content: Content, year: int) -> str:
    """As BibTeX, without the braces that would end it."""
    title, authors = (
        re.sub(r"[{}\\]", "", text) for text in (content.name, " and ".join(content.about.authors))
    )
    author = f", author = {{{authors}}}" if authors else ""
    return f"@misc{{{identifier(content)}, title = {{{title}}}{author}, year = {{{year}}}}}"


def _ground(content: Content) -> Json:
    """Where and when, at which resolution, and in which bands."""
    footprints = [lonlat_footprint(sample.grid) for sample in content.samples]
    west, south, east, north = lonlat_bounds(footprints)
    times = sorted(sample.row["sensed_at"] for sample in content.samples)
    systems = sorted({sample.grid.crs for sample in content.samples})
    return {
        "spatialCoverage": {
            "@type": "sc:Place",
            "geo": {"@type": "sc:GeoShape", "box": f"{south} {west} {north} {east}"},
        },
        "temporalCoverage": f"{times[0]}/{times[-1]}",
        # One text, also for more zones than one: which sample lies in which is in the table.
        "geocr:coordinateReferenceSystem": ", ".join(systems),
        "geocr:spatialResolution": _quantity(10, "m"),
        "geocr:bandConfiguration": _band_configuration(content),
        "geocr:spectralBandMetadata": _spectral_bands(content),
        "geocr:samplingStrategy": _sampling(content),
    }


def _quantity(value: float, unit: str) -> Json:
    return {"@type": "sc:QuantitativeValue", "value": value, "unitText": unit}


def _band_configuration(content: Content) -> Json:
    return {
        "@type": "geocr:BandConfiguration",
        "geocr:totalBands": len(content.bands),
        "geocr:bandNameList": list(content.bands),
    }


def _spectral_bands(content: Content) -> list[Json]:
    known = [band for name in content.bands if (band := spectral_band(name)) is not None]
    return [
        {
            "@type": "geocr:SpectralBand",
            "name": band.name,
            "geocr:centerWavelength": _quantity(band.centre_nm, "nm"),
            "geocr:bandwidth": _quantity(band.width_nm, "nm"),
        }
        for band in known
    ]


def _sampling(content: Content) -> str:
    chips = (
        "the footprint of a label, whole"
        if content.chip_size is None
        else f"a chip of {content.chip_size} x {content.chip_size} pixels of one"
    )
    return f"Each sample is {chips}. Samples of one pair of image and label are in one split."


def _table_file(folder: Path) -> Json:
    return {
        "@type": "cr:FileObject",
        "@id": TABLE,
        "name": TABLE,
        "description": "A row for each sample.",
        "contentUrl": TABLE,
        "encodingFormat": "text/csv",
        "sha256": hashlib.sha256((folder / TABLE).read_bytes()).hexdigest(),
    }


def _file_sets(parts: Sequence[Part]) -> list[Json]:
    return [
        {
            "@type": "cr:FileSet",
            "@id": f"files-{kind.name}",
            "name": f"files-{kind.name}",
            "encodingFormat": kind.media_type,
            "includes": list(kind.patterns),
        }
        for kind in kinds_of_files(parts)
    ]


def _samples(kinds: Sequence[str], content: Content) -> Json:
    fields = [_field(name, *known) for name, known in COLUMNS.items()]
    files = [_field(kind, "sc:Text", "Path of a file of the sample.") for kind in kinds]
    configured = {"geocr:bandConfiguration": _band_configuration(content)}
    return {
        "@type": "cr:RecordSet",
        "@id": "samples",
        "name": "samples",
        "description": "A record for each sample.",
        "key": {"@id": "samples/sample_id"},
        "field": [
            *fields,
            *(
                {**one, **(configured if one["name"] in ("image", "images") else {})}
                for one in files
            ),
        ],
    }


def _field(name: str, data_type: str, text: str) -> Json:
    return {
        "@type": "cr:Field",
        "@id": f"samples/{name}",
        "name": name,
        "description": text,
        "dataType": data_type,
        "source": {"fileObject": {"@id": TABLE}, "extract": {"column": name}},
    }


def _splits(content: Content) -> Json:
    there = [split for split in SPLITS if content.of_split(split)]
    data = [{"splits/name": split, "splits/url": f"cr:{_SPLIT_TERMS[split]}"} for split in there]
    return _listed("splits", "cr:Split", {"name": "sc:Text", "url": "sc:URL"}, data)


def _classes(content: Content) -> Json:
    data = [
        {
            "classes/value": one.value,
            "classes/name": one.name,
            "classes/colour": "#{:02x}{:02x}{:02x}".format(*one.colour),
        }
        for one in content.classes
    ]
    types = {"value": "sc:Integer", "name": "sc:Text", "colour": "sc:Text"}
    return _listed("classes", "sc:Enumeration", types, data)


def _listed(name: str, data_type: str, types: Mapping[str, str], data: Sequence[Json]) -> Json:
    """A record set that holds its own records."""
    fields = [
        {"@type": "cr:Field", "@id": f"{name}/{one}", "name": one, "dataType": kind}
        for one, kind in types.items()
    ]
    return {
        "@type": "cr:RecordSet",
        "@id": name,
        "name": name,
        "dataType": data_type,
        "key": {"@id": next(f"{name}/{one}" for one in types)},
        "field": fields,
        "data": list(data),
    }
