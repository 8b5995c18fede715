"""The columns of a vector file, found by a process of its own.

The process that serves the pages must not die over a file, and can't start workers: they would
begin by running the page. `python -m` with the name of this module and of a file prints them.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from ...errors import MaskError
from .formats.reading import describe_vector

# Whoever waits for them looks at a page; the names can be typed, too.
_LIMIT_S = 60
# Where Python finds the package, whatever folder the app was started in.
_PACKAGE_FOLDER = Path(__file__).resolve().parents[3]


def column_names(path: Path) -> tuple[str, ...]:
    """The names of the columns; none where the file can't be read, or not soon."""
    command = [sys.executable, "-m", __name__, str(path.absolute())]
    try:
        answer = subprocess.run(
            command, cwd=_PACKAGE_FOLDER, capture_output=True, timeout=_LIMIT_S, check=True
        )
        return tuple(map(str, json.loads(answer.stdout)))
    except (subprocess.SubprocessError, OSError, ValueError):
        return ()


def _print_names(path: Path) -> None:
    try:
        names = [column.name for column in describe_vector(path).columns]
    except MaskError:
        names = []
    print(json.dumps(names))


if __name__ == "__main__":
    _print_names(Path(sys.argv[1]))
