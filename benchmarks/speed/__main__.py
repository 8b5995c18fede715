"""Measure; prints a table in Markdown for each benchmark, and with `--write` makes a document.

    python -m benchmarks.speed [NAME…] [--quick] [--folder DIR] [--write docs/speed.md]

The full size makes a product of 1 GB in the folder once, and takes an hour; `--quick` takes a small
one. It ends with 1 when a result is wrong or a count beyond its limit, never because of a time.
"""

from __future__ import annotations

import argparse
import compileall
import os
import platform
import sys
from collections.abc import Callable, Mapping
from importlib.metadata import version
from pathlib import Path

from benchmarks.speed import (
    adding,
    cogs,
    exporting,
    many_pairs,
    object_store,
    one_mask,
    one_scene,
    searching,
    starting,
    whole_product,
)
from benchmarks.speed.comparing import Setup
from benchmarks.speed.measuring.cost import REPOSITORY
from benchmarks.speed.tables import Found, markdown

BENCHMARKS: Mapping[str, Callable[[Setup], Found]] = {
    "start": starting.measure,
    "one-mask": one_mask.measure,
    "one-scene": one_scene.measure,
    "cogs": cogs.measure,
    "object-store": object_store.measure,
    "search": searching.measure,
    "many-pairs": many_pairs.measure,
    "export": exporting.measure,
    "convert": whole_product.measure,
    "adding": adding.measure,
}
_HEAD = """# Speed

What the program takes beside other ways to the same result: rasterio windows as a practitioner
writes them ("by hand"), and unzipping, converting, stacking and cropping ("article"). Each ran in a
process of its own, one after another; results were compared to the last bit. A ratio is that of
processor seconds, children included, to those of ours. Peak memory is that of all its processes
together, bytes read are those of system calls, program files included.

Measured by `make benchmarks` on {machine}. Times differ between machines, ratios and
counts much less.
"""


def machine() -> str:
    """What was measured on."""
    names = (f"{name} {version(name)}" for name in ("rasterio", "numpy"))
    return f"{os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}, " + (
        ", ".join(names)
    )


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--folder", type=Path, default=REPOSITORY / ".benchmarks")
    parser.add_argument("--write", type=Path)
    given = parser.parse_args()
    if unknown := set(given.names) - set(BENCHMARKS):
        parser.error(
            f"no such benchmark: {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}"
        )
    setup = Setup(given.folder.absolute(), given.quick)
    for package in ("migrate_core", "benchmarks"):  # as pip does
        compileall.compile_dir(REPOSITORY / package, quiet=1)
    texts, problems = [_HEAD.format(machine=machine())], 0
    for name in given.names or BENCHMARKS:
        found = BENCHMARKS[name](setup)
        text, problems = markdown(found), problems + len(found.problems)
        print(text, flush=True)
        texts.append(text)
    if given.write is not None:
        given.write.write_text("\n".join(texts), encoding="utf-8")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
