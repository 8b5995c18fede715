"""`job ID`: what the process of a job that a page has started does."""

from __future__ import annotations

import signal
from dataclasses import replace

import click

from ..background import perform
from ..session import Session, no_progress
from .console import interrupted


@click.command(hidden=True)
@click.argument("job_id", metavar="ID")
@click.pass_obj
def job(session: Session, job_id: str) -> None:
    """Do what a job was started for; how far it is, and what it has to say, is in its rows."""
    signal.signal(signal.SIGTERM, interrupted)
    perform(replace(session, show_progress=no_progress), job_id)
