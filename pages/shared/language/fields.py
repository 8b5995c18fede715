"""What pages call that for which a message names an option or a command of the command line."""

from __future__ import annotations

import re

from migrate_core.text import _

# By option, the field or button that does the same; texts that pages show elsewhere.
FIELDS = {
    "--access": "Way of access",
    "--allow-empty": "Take masks without any labelled pixel, as negative examples",
    "--aoi": "Areas that were labelled, if they were recorded",
    "--chip-size": "Chip size, m",
    "--class-field": "Column of the class",
    "--classes": "Names and colours of classes",
    "--crs": "CRS of files that have none",
    "--date": "One date for all (UTC)",
    "--date-field": "Column of the date",
    "--dates": "A table of masks with their images and dates",
    "--end-date-field": "Column of the end of a period",
    "--filter": "Filter and sort",
    "--follow-links": "Take files that are symbolic links",
    "--image": "Folder of source images, if you have them",
    "--layer": "Layer",
    "--level": "Processing level",
    "--mapping": "A table of masks with their images and dates",
    "--margin": "Margin, m",
    "--nodata": "Values that stand for no data",
    "--split-column": "Column of the manifest",
    "--threshold": "Threshold",
    "--udm": "UDM, or a folder of them, on the server",
    "--workers": "Workers (processes at a time)",
    "--workspace": "Workspace",
    "--yes": "Go on",
}
# Commands by their first words, and settings that have no field.
COMMANDS = {
    "--include": "Accepted and undecided",
    "masks add": "Add masks",
    "masks labels": "Edit label",
    "masks list": "Masks",
    "masks relabel": "Undo the edited label",
    "pairs list": "Pairs",
    "pairs make": "Make pairs",
    "pairs make --allow-missing-bands": "Also of products that lack bands",
    "pairs make --offset": "Radiometric offset",
    "review batches": "Filter and sort",
    "review decide": "Review",
    "review triage accept": "Accept",
    "review triage learn": "Learn",
    "review triage switch": "Accept automatically",
    "scenes search": "Search",
}
_SETTINGS = {"--scheduler": "DASK_SCHEDULER"}
_NAMED = re.compile(r"`[^`\n]+`|(?<![\w-])--[a-z][a-z-]*")


def on_pages(text: str) -> str:
    """A message with options and commands by the names of the fields and buttons of pages.

    What is none of the program, such as `pip install`, stays as it is.
    """
    return _NAMED.sub(lambda found: _called(found[0]), text)


def _called(name: str) -> str:
    plain = name.strip("`")
    if plain in _SETTINGS:
        return _SETTINGS[plain]
    title = FIELDS.get(plain) or _command(plain)
    return _("“{name}”").format(name=_(title)) if title else name


def _command(name: str) -> str | None:
    """The title of the command that has most of its words in common."""
    known = [words for words in COMMANDS if f"{name} ".startswith(f"{words} ")]
    return COMMANDS[max(known, key=len)] if known else None
