"""How commands speak: documents and tables on stdout, problems and progress on stderr."""

from __future__ import annotations

import errno
import io
import json
import logging
import marshal
import shlex
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice, zip_longest
from tempfile import TemporaryFile
from types import FrameType
from typing import Any

import click

from ..errors import DiskError, MigrateError, WrongUseError
from ..files.disk import disk_error
from ..model import Problem, named_problem

log = logging.getLogger(__name__)

EXIT_PROBLEM = 1
EXIT_WRONG_USE = 2
# Where the context of a command keeps what it was called with.
ARGUMENTS = f"{__name__}.words"
# Output that goes to a file or another program is not cut to a screen's width.
_FILE_WIDTH = 240
# Rows from which on a table is printed plainly: wrapping cells takes seconds for thousands.
_LONG_TABLE = 500

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON document on stdout."
)
_ON_ONE_LINE = json.JSONEncoder(ensure_ascii=False)


class ReportingGroup(click.Group):
    """Turns the errors a user can mend into a sentence on stderr and an exit status."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Keep the words as they were given, for the log."""
        ctx.meta[ARGUMENTS] = shlex.join(args)
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except WrongUseError as err:
            _say_error(str(err))
            ctx.exit(EXIT_WRONG_USE)
        except MigrateError as err:
            _say_error(str(err))
            ctx.exit(EXIT_PROBLEM)
        except OSError as err:
            if err.errno == errno.EPIPE:  # whoever reads has gone; click ends quietly then
                raise
            _say_error(str(disk_error(err)))
            ctx.exit(EXIT_PROBLEM)
        except (click.ClickException, click.Abort, click.exceptions.Exit):
            raise
        except Exception:
            log.critical("An unforeseen error ended the command.", exc_info=True)
            raise


def _say_error(message: str) -> None:
    log.error("%s", message)
    click.echo(f"Error: {message}", err=True)


class _Unfailing(io.FileIO):
    """A stream of notes; one that can't be written, as on a full disk, stops no work."""

    def write(self, data: Any, /) -> int:
        """Write, or pass over it."""
        try:
            return super().write(data)
        except OSError:
            return len(data)


def unfailing_stderr() -> None:
    """Let what goes to stderr, which may be a log on a full disk, never end a command."""
    encoding = sys.stderr.encoding
    stream = _Unfailing(sys.stderr.fileno(), "w", closefd=False)
    sys.stderr = io.TextIOWrapper(
        stream,
        encoding,
        "backslashreplace",
        write_through=True,
    )


def interrupted(_signal: int, _frame: FrameType | None) -> None:
    """What a polite kill does, as Ctrl-C: what is finished stays, the rest is marked."""
    raise KeyboardInterrupt


def say(message: str) -> None:
    """A note for the person at the terminal."""
    click.echo(message, err=True)


def report(problems: Sequence[Problem]) -> None:
    """Name each problem on stderr; with any of them the command ends with status 1."""
    for problem in problems:
        click.echo(f"Problem: {named_problem(problem)}", err=True)
    if problems:
        sys.exit(EXIT_PROBLEM)


def emit(document: Any, as_json: bool, show: Callable[[], None]) -> None:
    """Print the document as JSON, or let `show` print it for people. Raises DiskError."""
    try:
        if as_json:
            click.echo(json.dumps(document, indent=1, ensure_ascii=False))
        else:
            show()
    except OSError as err:
        if err.errno == errno.EPIPE:
            raise
        raise DiskError(
            f"The work is done, but the answer can't be written to standard output "
            f"({err.strerror}). Free space there, or let it go elsewhere, and run it again."
        ) from err


def emit_rows(rows: Iterable[str], as_json: bool, show: Callable[[], None]) -> None:
    """As `emit` does with the list of the rows, JSON texts, which are printed as they come."""

    def write() -> None:
        listed = iter(rows)
        before = "[\n "
        while some := list(islice(listed, _LONG_TABLE)):
            click.echo(before + ",\n ".join(some), nl=False)
            before = ",\n "
        click.echo("[]" if before.startswith("[") else "\n]")

    emit(None, False, write if as_json else show)


def row_text(row: Any) -> str:
    """A row for `emit_rows`, on one line: with indents Python's encoder takes many times longer."""
    return _ON_ONE_LINE.encode(row)


def print_table(heading: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """A table on stdout; None is shown as a dash."""
    shown = (tuple("-" if cell is None else str(cell) for cell in row) for row in rows)
    cells = list(islice(shown, _LONG_TABLE + 1))
    if len(cells) > _LONG_TABLE:
        _print_long(chain([tuple(heading)], cells, shown))
        return
    # Not at the top: rich takes a tenth of a second, and long tables and JSON do without it.
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(*heading, box=None, pad_edge=False, header_style="bold")
    for row in cells:
        table.add_row(*map(escape, row))
    console = Console()
    if not console.is_terminal:
        console = Console(width=_FILE_WIDTH)
    console.print(table)


def _print_long(lines: Iterator[tuple[str, ...]]) -> None:
    """A table of many rows, quickly: one line a row, nothing wrapped, printed some at a time.

    How wide columns are is known at the end; until then the lines wait in a file.
    """
    widths: Sequence[int] = ()
    with TemporaryFile() as waiting:
        while some := list(islice(lines, _LONG_TABLE)):
            columns = (map(len, column) for column in zip(*some, strict=True))
            here = map(max, columns)
            widths = [max(pair) for pair in zip_longest(widths, here, fillvalue=0)]
            marshal.dump(some, waiting)
        end = waiting.tell()
        waiting.seek(0)
        form = "  ".join(f"%-{width}s" for width in widths)
        while waiting.tell() < end:
            click.echo("\n".join((form % line).rstrip() for line in marshal.load(waiting)))


@contextmanager
def progress_bar(title: str) -> Iterator[Callable[[int, int, str], None]]:
    """A bar on stderr with the time left; call it with (finished, total, note).

    Where stderr is no terminal, the counts at the end in one line.
    """
    if not sys.stderr.isatty():
        with _counted(title) as count:
            yield count
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(title, total=None, note="")

        def update(finished: int, total: int, note: str = "") -> None:
            bar.update(task, completed=finished, total=total, note=note)

        yield update


@contextmanager
def _counted(title: str) -> Iterator[Callable[[int, int, str], None]]:
    """Without rich, which takes as long to import as a small pair to cut."""
    counts: list[int] = []

    def update(finished: int, total: int, note: str = "") -> None:  # noqa: ARG001
        counts[:] = finished, total

    try:
        yield update
    finally:
        if counts:
            say(f"{title} {counts[0]}/{counts[1]}")
