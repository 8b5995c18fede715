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
from .export import convert, export
from .job import job
from .masks import demo, masks
from .pairs import pairs
from .review import review, status
from .run_app import run
from .scenes import scenes


@click.group(cls=ReportingGroup, context_settings={"help_option_names": ["-h", "--help"]})
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


for command in (demo, masks, scenes, pairs, review, export, convert, status, run, job):
    cli.add_command(command)
