"""What catalogues say of a dataset: its name as an identifier, and a description."""

from __future__ import annotations

import re

from .base import Content


def identifier(content: Content) -> str:
    """The name of the dataset in small letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", content.name.lower()).strip("-") or "dataset"


def description(content: Content) -> str:
    """What is in the dataset, whose work it rests on, and under which terms it goes out."""
    about, years = content.about, ", ".join(content.years)
    sentences = (
        f"{len(content.samples)} samples of a Sentinel-2 image and a label that was drawn on "
        "another satellite's image and put on the Sentinel-2 grid at 10 m",
        about.attribution,
        f"Terms of the labels: {about.licence}" if about.licence else "",
        f"Contains modified Copernicus Sentinel data {years}",
    )
    return " ".join(f"{one.strip().rstrip('.')}." for one in sentences if one.strip())
