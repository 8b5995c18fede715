"""The dataset card: what is in the dataset, how it was made, and what it may be used for."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from statistics import median

from .. import __version__
from ..escaping import markdown_text
from ..products.scene_classes import Flag
from ..text import CLOUD_IN_SCENE, LABEL_OCCLUDED, format_percent, format_share
from .statistics import Statistics

# The name of the card in the folder of a dataset.
CARD = "dataset_card.md"
# Known words of every card: by them an export finds that a folder is its own.
MADE_WITH = "Made with migrate_core"
UNFINISHED_CARD = f"# Dataset card\n\n{MADE_WITH}. The export was cut off: export again.\n"

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


def dataset_card(statistics: Statistics, include: str) -> str:
    """The card as Markdown."""
    years = ", ".join(statistics.sensing_years)
    parts = [
        "# Dataset card",
        f"{len(statistics.rows)} pairs of a Sentinel-2 image and a label that was drawn on "
        "another satellite's image and put on the Sentinel-2 grid at 10 m.",
        f"Contains modified Copernicus Sentinel data {years}.",
        "## What is in it",
        _counts(statistics, include),
        _classes(statistics),
        _offsets(statistics),
        "## Files",
        _files(),
        *_different_bands(statistics),
        "## How it was made",
        _method(),
        "## Plots",
        *(f"![{caption}](plots/{name}.png)\n\n{caption}" for name, caption in _PLOTS.items()),
    ]
    return "\n\n".join(parts) + "\n"


def _counts(statistics: Statistics, include: str) -> str:
    rows = [
        ("decision", statistics.counts("decision")),
        ("split", statistics.counts("split")),
        ("product level", statistics.counts("level")),
        ("processing baseline", statistics.counts("baseline")),
        ("MGRS tile", statistics.counts("tile")),
    ]
    table = _table(("", "pairs"), [(name, _inline(counts)) for name, counts in rows])
    return f"Exported with `--include {include}`.\n\n{table}"


def _inline(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{markdown_text(str(value))}: {count}" for value, count in counts.items())


def _classes(statistics: Statistics) -> str:
    total = sum(statistics.class_ha.values()) or 1.0
    rows = [
        (
            _class_title(value, statistics),
            f"{area:.2f}",
            f"{100 * area / total:.2f}",
            str(statistics.pairs_with_class[value]),
        )
        for value, area in statistics.class_ha.items()
    ]
    table = _table(("class", "area, ha", "share of known pixels, %", "pairs with it"), rows)
    ignored = f"{format_share(statistics.ignored_share)} of all pixels are ignored (255)."
    notes = "".join(f"\n- {markdown_text(note)}" for note in statistics.label_notes)
    return f"{table}\n\n{ignored}" + (f"\n{notes}" if notes else "")


def _class_title(value: int, statistics: Statistics) -> str:
    """A class value with its name."""
    name = statistics.class_names.get(value) or ("background" if value == 0 else "")
    return f"{value} ({markdown_text(name)})" if name else f"{value}"


def _offsets(statistics: Statistics) -> str:
    days = [abs(number) for number in statistics.numbers("days_offset")]
    lines = [
        f"- Days between mask and scene: median {median(days):.1f}, largest {max(days):.1f}.",
        f"- Masks of {_period(statistics, 'acquired')}; scenes of "
        f"{_period(statistics, 'sensed_at')}.",
    ]
    for words, column in (
        (f"{LABEL_OCCLUDED.capitalize()} (by anything)", "occluded_labelled"),
        ("Label under cloud", "cloud_labelled"),
    ):
        if shares := statistics.numbers(column):
            most = format_share(max(shares))
            lines.append(f"- {words}: median {format_share(median(shares))}, largest {most}.")
    if percents := statistics.numbers("cloud_percent"):
        lines.append(
            f"- {CLOUD_IN_SCENE.capitalize()}: median {format_percent(median(percents))}, largest "
            f"{format_percent(max(percents))}."
        )
    lines.append(_change(statistics))
    moved = [row for row in statistics.rows if row["shift_reliable"]]
    if moved:
        those = f"{len(moved)} mask{'s were' if len(moved) > 1 else ' was'}"
        lengths = [math.hypot(row["shift_east_m"], row["shift_north_m"]) for row in moved]
        lines.append(
            f"- {those} registered to Sentinel-2: moved by a median of {median(lengths):.1f} m, at "
            f"most {max(lengths):.1f} m; see the columns `shift_…` of "
            "the manifest."
        )
    return "\n".join(lines)


def _change(statistics: Statistics) -> str:
    """How different labels look inside, and for how many that wasn't measured."""
    found = statistics.numbers("change")
    missing = len(statistics.rows) - len(found)
    line = "- Change inside the labels (0 looks as it did, 1 altogether different): "
    line += f"median {median(found):.2f}, largest {max(found):.2f}" if found else "not measured"
    if missing and found:
        line += f"; not measured for {missing} of {len(statistics.rows)} pairs"
    return line + ("; see the column `change_note` of the manifest." if missing else ".")


def _period(statistics: Statistics, column: str) -> str:
    days = sorted(row[column][:10] for row in statistics.rows)
    return days[0] if days[0] == days[-1] else f"{days[0]} to {days[-1]}"


def _files() -> str:
    flags = "; ".join(f"{int(flag)} {words}" for flag, words in _FLAGS.items())
    return "\n".join(
        [
            "- `images/<pair_id>.tif`: uint16, all bands of the product (named in the band "
            "descriptions), reflectance = value / 10000, 0 = no data. 20 m and 60 m bands are "
            "interpolated to 10 m; 10 m bands are the product's own pixels.",
            "- `labels/<pair_id>.tif`: uint8 class values, 255 = ignore.",
            "- `fractions/<pair_id>.tif`: float32, exact area share 0…1 of each class in a pixel.",
            f"- `quality/<pair_id>.tif`: uint8 bit flags: {flags}.",
            "- `manifest.csv`, `manifest.parquet` (GeoParquet with footprints): one row a pair.",
            "- `mask_S2_match.csv`: which scene each mask was matched to.",
        ]
    )


def _different_bands(statistics: Statistics) -> list[str]:
    """Which images have which bands, where not all have the same."""
    sets = statistics.counts("bands")
    if len(sets) <= 1:
        return []
    listed = "; ".join(f"{count} with {bands.replace(';', ' ')}" for bands, count in sets.items())
    return [
        f"Not all images have the same bands (the column `bands` of the manifest): {listed}. "
        "Level 1C has B10, level 2A has not, and products may have been incomplete."
    ]


def _method() -> str:
    return (
        f"{MADE_WITH} {__version__}. Radiometric offsets of the products are applied; "
        "nothing is resampled on the 10 m grid. The hard label is the class with the largest "
        "share of a pixel of which at least half is known. Pairs whose footprints overlap are in "
        "the same split, so that no ground is seen both in training and in testing. Clouds, "
        "shadows and snow are those of the method that `cloud_method` of the manifest names (scl "
        "is the product's scene classification) and can be wrong: what reviewers decided stands "
        "beside it. `occluded_labelled` of the manifest is the share of labelled pixels with at "
        "least one of the flags 2, 4, 8, 16, 32 and 64; the shares by cause overlap and don't add "
        "up to it."
    )


def _table(heading: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [heading, tuple("---" for _ in heading), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
