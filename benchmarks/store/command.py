"""Run a command of the program, and write beside it what it asked of the database.

python -m benchmarks.store.command COUNTS.json pairs list
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

from migrate_core.__main__ import main
from tests.support.database_counts import counted


def run() -> None:
    """The command, with the counts in the file that is named first."""
    counts_file = Path(sys.argv.pop(1))
    with counted() as counts:
        try:
            main()
        finally:
            counts_file.write_text(json.dumps(asdict(counts)), encoding="utf-8")


# Workers of a command import this module as well.
if __name__ == "__main__":
    run()
