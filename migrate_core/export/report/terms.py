"""Under which terms a dataset may be used: its labels, and the Sentinel-2 images in it."""

from __future__ import annotations

from collections.abc import Sequence

from ..request import AboutDataset

# Legal notice on the use of Copernicus Sentinel data and service information, European Commission.
COPERNICUS_NOTICE_URL = (
    "https://sentinels.copernicus.eu/documents/247904/690755/Sentinel_Data_Legal_Notice"
)
COPERNICUS_TERMS = (
    "The images are Copernicus Sentinel-2 data, whose use is free, full and open under the legal "
    "notice on the use of Copernicus Sentinel Data and Service Information (Regulation (EU) No "
    "377/2014, Commission Delegated Regulation (EU) No 1159/2013). Whoever passes them on, changed "
    "or not, keeps this line with them."
)
NO_LICENCE = (
    "not named. Who exported the dataset has not said under which terms the labels may be used: "
    "ask them before you use or pass on the labels"
)
NO_ATTRIBUTION = "The owner of the source images is not named."
NO_SOURCE_IMAGES = (
    "The source images on which the labels were drawn are not in the dataset; their terms may bind "
    "what was drawn on them."
)


def copernicus_line(years: Sequence[str]) -> str:
    """The line that the legal notice asks for, where data were changed."""
    return f"Contains modified Copernicus Sentinel data {', '.join(years)}."


def licence_of_labels(about: AboutDataset) -> str:
    """The terms of the labels as their owner names them, or that there are none."""
    return about.licence.strip().rstrip(".") or NO_LICENCE


def attribution_of_sources(about: AboutDataset) -> str:
    """What the owner of the source images asks for, or that nobody is named."""
    given = about.attribution.strip()
    return f"{given}{'' if given.endswith(('.', '!', '?')) else '.'}" if given else NO_ATTRIBUTION
