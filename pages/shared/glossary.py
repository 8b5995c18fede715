"""The terms of pages, docs and dataset cards, each with its meaning in a sentence or two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from migrate_core.text import (
    CLOUD_IN_SCENE,
    CLOUD_IN_SCENE_HELP,
    CLOUD_OVER_MASK,
    CLOUD_OVER_MASK_HELP,
    DAYS_OFFSET,
    DAYS_OFFSET_HELP,
    FOOTPRINT_COVERAGE,
    FOOTPRINT_COVERAGE_HELP,
    LABEL_OCCLUDED,
    LABEL_OCCLUDED_HELP,
    _,
)

GLOSSARY: Mapping[str, str] = {
    "area share": (
        "The share of a 10 m pixel that a class covers. The label of the pixel is the class with "
        "the largest share."
    ),
    "chip": "A square of equal size that is cut from a pair at export, such as 128 x 128 pixels.",
    CLOUD_IN_SCENE: f"{CLOUD_IN_SCENE_HELP}.",
    CLOUD_OVER_MASK: f"{CLOUD_OVER_MASK_HELP}.",
    "CRS": "Coordinate reference system, such as EPSG:32633, in which pixels are given positions.",
    DAYS_OFFSET: f"{DAYS_OFFSET_HELP}.",
    "decision": "What a reviewer says of a pair: accept, reject or unsure, with reasons.",
    "footprint": "The ground that a mask or a scene has valid pixels for.",
    FOOTPRINT_COVERAGE: f"{FOOTPRINT_COVERAGE_HELP}.",
    "granule": (
        "One tile of one acquisition as a product has it; tiles are squares of 110 km by the name "
        "of their place in the military grid, such as 33UVS."
    ),
    "label": "The classes that were drawn, as pixels; 255 where there is no label.",
    LABEL_OCCLUDED: f"{LABEL_OCCLUDED_HELP}.",
    "level": (
        "L1C is reflectance at the top of the atmosphere. L2A is reflectance at the ground, and "
        "comes with a scene classification."
    ),
    "mask": "A file, or a feature of one, with a label to migrate, its CRS and its date.",
    "match": "A mask and the scene that is selected for it.",
    "no data": "Pixels without a value: outside of the footprint, or marked so by the file.",
    "occlusion": "What hides the ground in an image: cloud, thin cloud, snow, shadow, or no data.",
    "pair": "An image of Sentinel-2 and a label on one 10 m grid, with area shares and quality.",
    "processing baseline": (
        "The version of the processing that made a product. From 04.00 on, an offset of -1000 is "
        "in the stored numbers; it is taken out here."
    ),
    "scene": "One acquisition of Sentinel-2 over one or more tiles, as a source offers it.",
    "scene classification": "A class for each 20 m pixel of an L2A product: cloud, water, snow …",
    "score": (
        "A number from 0 to 1 by which the scenes of a mask are ranked: the mean of clear sky, "
        "clear label, closeness in time and coverage by their weights."
    ),
    "source": "A service, mirror, catalogue or folder that scenes come from.",
    "source image": "The image that a mask was drawn on.",
    "split": "Training, validation or test: the part of a dataset that a pair is in.",
    "suggestion": "What the quality of a pair speaks for: accept, reject or unsure. A person "
    "decides.",
    "usable": (
        "A scene within the limits of the search for clouds and coverage. Usable scenes come "
        "before all others, whatever their score."
    ),
}


def glossary() -> Sequence[tuple[str, str]]:
    """The terms with their meanings in the language of the tab, in its order."""
    found = [(_(term), _in_language(meaning)) for term, meaning in GLOSSARY.items()]
    return sorted(found, key=lambda one: one[0].casefold())


def _in_language(meaning: str) -> str:
    """A meaning; one that is a tooltip, too, is known without its full stop."""
    found = _(meaning)
    return found if found != meaning else _(meaning.removesuffix(".")) + "."
