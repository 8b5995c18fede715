"""`review standings`: whether what is counted is what the log of decisions says."""

from __future__ import annotations

import click

from ...session import Session
from ...store.derived.check import check_standings
from ..console import emit, json_option, say

_NAMED = 10


@click.command()
@click.option("--rebuild", is_flag=True, help="Write all standings anew, by the log alone.")
@json_option
@click.pass_obj
def standings(session: Session, rebuild: bool, as_json: bool) -> None:
    """Check the standing of each pair against the log of decisions, which is the truth.

    Status 1 where some differ and aren't rebuilt.
    """
    wrong = check_standings(session.store, mend=rebuild)
    emit({"differing": wrong, "rebuilt": rebuild and bool(wrong)}, as_json, lambda: _show(wrong))
    if wrong and rebuild:
        say("All standings were written anew from the log.")
    elif wrong:
        say("Write them anew with `review standings --rebuild`.")
        raise click.exceptions.Exit(1)


def _show(wrong: list[str]) -> None:
    if not wrong:
        click.echo("The standing of every pair is what its log of decisions adds up to.")
        return
    click.echo(f"{len(wrong):,} pairs have another standing than their log adds up to:")
    for pair_id in wrong[:_NAMED]:
        click.echo(f"  {pair_id}")
    if len(wrong) > _NAMED:
        click.echo(f"  … and {len(wrong) - _NAMED:,} more")
