"""Labels for libraries that count classes from 0 without gaps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...errors import WrongUseError
from ...escaping import write_csv
from ...model import IGNORE
from ..request import FRACTIONS
from .base import ClassOfLabel, Content
from .rasters import CLASSES_TABLE


def check_hard_label(content: Content, title: str) -> None:
    """Raises WrongUseError where only area shares are asked for, which the library can't learn."""
    if content.options.label == FRACTIONS:
        raise WrongUseError(
            f"{title} learns one class a pixel and takes no area shares. Choose the label `hard` "
            "or `both`, or leave the format out."
        )


def counted(classes: Sequence[ClassOfLabel]) -> tuple[ClassOfLabel, ...]:
    """The classes with their number 0, 1, … for their value; the same where values have no gaps."""
    return tuple(replace(one, value=number) for number, one in enumerate(classes))


def class_ids(label: NDArray[np.uint8], classes: Sequence[ClassOfLabel]) -> NDArray[np.uint8]:
    """A label with the number of each class in place of its value; all else is 255, ignore."""
    table = np.full(256, IGNORE, np.uint8)
    for number, one in enumerate(classes):
        table[one.value] = number
    found: NDArray[np.uint8] = table[label]
    return found


def write_class_ids(folder: Path, classes: Sequence[ClassOfLabel]) -> str:
    """A table of numbers, values, names and colours; gives the name of the file back."""
    rows = [
        {
            "id": number,
            "value": one.value,
            "name": one.name,
            "colour": "#{:02x}{:02x}{:02x}".format(*one.colour),
        }
        for number, one in enumerate(classes)
    ]
    write_csv(folder / CLASSES_TABLE, list(rows[0]), rows)
    return CLASSES_TABLE
