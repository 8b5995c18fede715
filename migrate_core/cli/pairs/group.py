"""`pairs …`: making pairs takes imports that listing them can do without."""

from __future__ import annotations

import click

from ..lazy import LazyCommand, LazyGroup

_COMMANDS = {
    "cancel": LazyCommand(
        "pairs.make:cancel", "Stop the run that is at work, from another terminal or machine."
    ),
    "list": LazyCommand(
        "pairs.listing:list_pairs", "All pairs, one row each, superseded ones included."
    ),
    "make": LazyCommand(
        "pairs.make:make",
        "Make a pair of every mask and its selected scene; finished ones are kept.",
    ),
}


@click.group(cls=LazyGroup, lazy=_COMMANDS)
def pairs() -> None:
    """Pairs: masks on the Sentinel-2 grid beside the image."""
