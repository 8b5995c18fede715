"""A group whose commands are imported when they are called: each stage takes a second or more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import click

from ..jobs.many_objects import many_new_objects


@dataclass(frozen=True)
class LazyCommand:
    """Where a command is (`module:name`, the module in this package), and what help says of it.

    One without `help` is not listed.
    """

    location: str
    help: str = ""

    def load(self) -> click.Command:
        """Import it."""
        module, _, name = self.location.partition(":")
        with many_new_objects():
            command: click.Command = getattr(import_module(f".{module}", __package__), name)
        return command


class LazyGroup(click.Group):
    """A group of `LazyCommand`s by name, listed in their order."""

    def __init__(self, *args: Any, lazy: Mapping[str, LazyCommand], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lazy = lazy

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """The names of all commands."""
        return list(self.lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """A command by its name."""
        found = self.lazy.get(cmd_name)
        return found.load() if found else None

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002
        formatter: click.HelpFormatter,
    ) -> None:
        """The list of commands in help, of which none is imported for it."""
        rows = [(name, command.help) for name, command in self.lazy.items() if command.help]
        with formatter.section("Commands"):
            formatter.write_dl(rows)
