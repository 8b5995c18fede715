"""Masks as run lengths, in the compressed form that COCO's tools read.

Runs go down the columns, from the left one to the right one, and take turns: pixels outside, pixels
inside, and so on. From the fourth run on the difference to the one two before is stored, in groups
of five bits as letters (https://github.com/cocodataset/cocoapi, common/maskApi.c).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....grid import BoolArray

_BITS = 5
_VALUE = (1 << _BITS) - 1
_SIGN = 1 << (_BITS - 1)
_MORE = 1 << _BITS
_FIRST_LETTER = 48


def run_lengths(inside: BoolArray, row: int, column: int, shape: tuple[int, int]) -> NDArray[Any]:
    """Runs over an image of `shape` (height, width) with `inside` at that row and column."""
    height, width = shape
    columns, rows = np.nonzero(inside.T)
    positions = (columns + column) * height + rows + row
    begins = np.flatnonzero(np.diff(positions, prepend=-2) != 1)
    ends = np.append(begins[1:], len(positions)) - 1
    edges = np.stack([positions[begins], positions[ends] + 1], axis=1).ravel()
    runs = np.diff(edges, prepend=0, append=height * width)
    return runs if runs[-1] else runs[:-1]


def compressed(runs: Sequence[int]) -> str:
    """Runs as letters."""
    return "".join(
        _letters(run - runs[number - 2] if number > 2 else run) for number, run in enumerate(runs)
    )


def _letters(number: int) -> str:
    letters = []
    while True:
        group = number & _VALUE
        number >>= _BITS
        # The last group's highest bit says whether the number is negative.
        done = number == (-1 if group & _SIGN else 0)
        letters.append(chr(_FIRST_LETTER + (group if done else group | _MORE)))
        if done:
            return "".join(letters)
