"""The modules beside the data that load it, and what they read: bands, classes and scale."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

from ...model import IGNORE
from ...workspace import written_then_renamed
from ..request import FLOAT32
from ..samples.pixels import REFLECTANCE_SCALE
from .base import Content
from .rasters import NO_DATA

LOADER = "load.py"
DESCRIPTION = "load.json"


def scale_of(content: Content) -> float:
    """What stored values are multiplied with to have reflectance."""
    return 1.0 if content.options.values == FLOAT32 else REFLECTANCE_SCALE


def write_loader(
    folder: Path, content: Content, table: str, identity: str, loader: str = LOADER
) -> tuple[str, str]:
    """Write the module and its description; gives their names back. Raises DiskError.

    `table` is the CSV with the splits, and `identity` its column with the names of files.
    """
    described = {
        "name": content.name,
        "table": table,
        "id": identity,
        "bands": content.bands,
        "classes": [{"value": one.value, "name": one.name} for one in content.classes],
        "label": content.options.label,
        "scale": scale_of(content),
        "no_data": NO_DATA,
        "ignore": IGNORE,
    }
    write_text(folder / DESCRIPTION, json.dumps(described, indent=1, ensure_ascii=False) + "\n")
    source = files(__package__).joinpath("loaders", loader)
    write_text(folder / loader, source.read_text(encoding="utf-8"))
    return loader, DESCRIPTION


def write_text(path: Path, text: str, apart: Path | None = None) -> None:
    """Write a text file, in full or not at all. Raises DiskError.

    `apart` is that of `written_then_renamed`.
    """
    with written_then_renamed(path, apart=apart) as temporary:
        temporary.write_text(text, encoding="utf-8")
