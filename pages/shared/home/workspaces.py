"""Workspaces beside each other in one folder: which there are, new ones, and their titles.

An address and a request name a workspace by the name of its folder. Only folders directly in the
one that `Settings.workspaces` names can be had so, never a path.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from migrate_core.errors import WrongUseError
from migrate_core.files.disk import writing
from migrate_core.settings import Settings
from migrate_core.store.base import open_store
from migrate_core.text import _
from migrate_core.workspace import Workspace, written_then_renamed

_NAME = re.compile(r"\w(?:[\w .-]{0,62}\w)?")
_TITLE = "title.txt"
_LONGEST_TITLE = 80


@dataclass(frozen=True)
class Offered:
    """A workspace that can be opened: the name of its folder, and the title that a person gave."""

    name: str
    title: str


def offered(settings: Settings) -> Sequence[Offered]:
    """The workspaces that can be opened beside the server's own one, and that one, by name."""
    if settings.workspaces is None:
        return ()
    try:
        found = [one for one in settings.workspaces.iterdir() if _is_workspace(one)]
    except OSError:
        found = []
    own = settings.workspace
    here = {own.name: own, **{one.name: one for one in found if one.name != own.name}}
    return [Offered(name, title_of(path)) for name, path in sorted(here.items())]


def settings_of(settings: Settings, name: str | None) -> Settings:
    """The settings with the workspace of that name; without a name, and for its own, as they are.

    Raises WrongUseError where there is no such workspace, or none may be chosen.
    """
    if own_or(settings, name) is None:
        return settings
    if settings.workspaces is None:
        raise WrongUseError(_("This server has one workspace only; open it without a name."))
    path = _path(settings.workspaces, str(name))
    if not _is_workspace(path):
        raise WrongUseError(
            _("There is no workspace {name!r} here. Choose one on Home.").format(name=name)
        )
    return replace(settings, workspace=path)


def own_or(settings: Settings, name: str | None) -> str | None:
    """The name of a workspace; None for the server's own one."""
    return None if not name or name == settings.workspace.name else name


def create(settings: Settings, name: str) -> None:
    """Make an empty workspace. Raises WrongUseError where that name can't be, and DiskError."""
    if settings.workspaces is None:
        raise WrongUseError(_("No workspace can be made from the pages of this server."))
    path = _path(settings.workspaces, name.strip())
    if path.exists():
        raise WrongUseError(
            _("There is a {file!r} already. Choose another name.").format(file=path.name)
        )
    with writing(path):
        path.mkdir(parents=True)
    open_store(Workspace(path)).engine.dispose()


def title_of(root: Path) -> str:
    """The title that a workspace was given, else the name of its folder."""
    try:
        return (root / _TITLE).read_text(encoding="utf-8").strip() or root.name
    except (OSError, UnicodeDecodeError):
        return root.name


def set_title(root: Path, title: str) -> None:
    """Give a workspace a title; its folder, which files and jobs refer to, keeps its name.

    An empty title takes it away. Raises WrongUseError for one that is too long, and DiskError.
    """
    words = " ".join(title.split())
    if len(words) > _LONGEST_TITLE:
        raise WrongUseError(
            _("The title has {count} characters; at most {longest_title} fit.").format(
                count=len(words), longest_title=_LONGEST_TITLE
            )
        )
    with written_then_renamed(root / _TITLE) as temporary:
        temporary.write_text(words, encoding="utf-8")


def _path(folder: Path, name: str) -> Path:
    if not _NAME.fullmatch(name):
        raise WrongUseError(
            _(
                "{name!r} can't be the name of a workspace: it has to be letters, digits, "
                "spaces, dots and dashes, at most 64 of them, and to begin and end with a "
                "letter or digit."
            ).format(name=name)
        )
    return folder / name


def _is_workspace(path: Path) -> bool:
    return _NAME.fullmatch(path.name) is not None and Workspace.is_at(path)
