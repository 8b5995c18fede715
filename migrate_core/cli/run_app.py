"""`run`: opens the app."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from ..errors import WrongUseError
from ..session import Session

_PACKAGE = Path(__file__).resolve().parents[1]
# Where app.py lies in an installed package, and in a checkout.
_FOLDERS = (_PACKAGE / "_app", _PACKAGE.parent)


def app_script() -> Path:
    """The app.py of this package. Raises WrongUseError when it was installed without one."""
    for folder in _FOLDERS:
        if (folder / "app.py").is_file():
            return folder / "app.py"
    raise WrongUseError(
        f"No app.py in {' or '.join(map(str, _FOLDERS))}. Install the package from a wheel, or run "
        "this from a checkout."
    )


@click.command("run")
@click.argument("streamlit_options", nargs=-1, type=click.UNPROCESSED)
@click.pass_obj
def run(session: Session, streamlit_options: tuple[str, ...]) -> None:
    """Open the app on the workspace; options after `--` go to Streamlit.

    For another port: `run -- --server.port 8600`.
    """
    script = app_script()
    environ = {**os.environ, "MIGRATE_WORKSPACE": str(session.settings.workspace)}
    if not (script.parent / "static").is_dir():
        # Streamlit would warn of the offline maps that nobody has asked for.
        environ.setdefault("STREAMLIT_SERVER_ENABLE_STATIC_SERVING", "false")
    # -P: started anywhere, modules of that folder must not be taken for ours.
    command = [sys.executable, "-P", "-m", "streamlit", "run", str(script), *streamlit_options]
    sys.stdout.flush()
    # In place of this process: Ctrl-C and signals reach the server, its status is ours.
    os.execve(sys.executable, command, environ)
