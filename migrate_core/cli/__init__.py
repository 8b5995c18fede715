"""The command line: `python -m migrate_core [--workspace DIR] GROUP COMMAND …`.

Once the package is installed, `migrate-labels` is the same.
"""

from __future__ import annotations

from pathlib import Path

import click

from .. import __version__
from ..logs.context import about
from ..logs.setup import configure
from ..session import Session
from ..settings import load_settings
from ..workspace import log_file
from .console import ARGUMENTS, ReportingGroup, progress_bar, say
from .lazy import LazyCommand, LazyGroup

# As `python -m migrate_core --help` lists them, which imports none of them.
_COMMANDS = {
    "convert": LazyCommand(
        "export:convert", "Write a whole product as one COG at 10 m with all bands."
    ),
    "demo": LazyCommand(
        "masks:demo", "Fill the workspace with a small synthetic example of known truth."
    ),
    "export": LazyCommand(
        "export:export", "Write the dataset into the folder DEST, with manifest, card and plots."
    ),
    "job": LazyCommand("job:job"),
    "masks": LazyCommand("masks:masks", "Masks: the labels to migrate."),
    "pairs": LazyCommand(
        "pairs.group:pairs", "Pairs: masks on the Sentinel-2 grid beside the image."
    ),
    "review": LazyCommand(
        "review.decide:review", "Review: decide which pairs go into the dataset, and repair them."
    ),
    "run": LazyCommand(
        "run_app:run", "Open the app on the workspace; options after `--` go to Streamlit."
    ),
    "scenes": LazyCommand("scenes:scenes", "Scenes: candidates for every mask, ranked."),
    "status": LazyCommand(
        "status:status",
        "Where the work stands: counts for every stage, what runs, what to do next.",
    ),
}


class _Commands(ReportingGroup, LazyGroup):
    """The commands of `_COMMANDS`."""


@click.group(
    cls=_Commands, lazy=_COMMANDS, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.option(
    "--workspace",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the work; default $MIGRATE_WORKSPACE or ./workspace.",
)
@click.version_option(__version__, prog_name="migrate_core")
@click.pass_context
def cli(context: click.Context, workspace: Path | None) -> None:
    """Migrate segmentation labels to Sentinel-2: masks, scenes, pairs, review, export.

    Exit status: 0 done, 1 some items have a problem or failed (each is named on stderr, the
    others are done), 2 wrong use.
    """
    settings = load_settings(workspace)
    configure(log_file(settings))
    context.with_resource(about({"command": context.meta[ARGUMENTS]}))
    context.obj = Session(settings, progress_bar, say)
