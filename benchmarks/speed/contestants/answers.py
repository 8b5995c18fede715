"""How a contestant is called, and what it answers: digests of pixels, which are compared."""

from __future__ import annotations

import hashlib
import json
import resource
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any


def digest(pixels: Any) -> str:
    """The SHA-256 of an array's numbers in C order, with shape and type."""
    text = f"{pixels.dtype.name} {pixels.shape} "
    return hashlib.sha256(text.encode() + pixels.tobytes()).hexdigest()


def digests(bands: Mapping[str, Any]) -> dict[str, str]:
    """The digest of each array by its name."""
    return {name: digest(pixels) for name, pixels in sorted(bands.items())}


def work(function: Callable[[], Any]) -> dict[str, Any]:
    """The answer of a function, and what it took without Python's start and imports."""
    began, used = time.perf_counter(), _used_s()
    answer = function()
    return {
        "answer": answer,
        "work": {"cpu_s": _used_s() - used, "seconds": time.perf_counter() - began},
    }


def _used_s() -> float:
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return sum(used.ru_utime + used.ru_stime for used in map(resource.getrusage, kinds))


def main(functions: Mapping[str, Callable[..., Any]]) -> None:
    """Call the function that the command line names, with its arguments as JSON."""
    print(json.dumps(functions[sys.argv[1]](**json.loads(sys.argv[2]))))
