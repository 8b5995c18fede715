"""Making a check from a pair: a folder with all files of a pair, and one thing wrong in it."""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from ...jobs.background import now_utc
from ...model import Pair
from ...pairs.edits.rasters import read_label_rasters
from ...pairs.files import (
    FRACTIONS,
    IMAGE,
    LABEL,
    QUALITY,
    RASTERS,
    open_raster,
    raster_like,
    read_document,
    write_document,
)
from ...pairs.flags import labelled_pixels
from ...store.review.checks import AttentionCheck
from ...workspace import Workspace, written_then_renamed
from .known_bad import CheckKind, clouded, random_shift

_SEED = 1


def check_id(pair_id: str) -> str:
    """The id of the check that is made from a pair: it looks as those of all pairs do."""
    mask_and_day, _, _ = pair_id.rpartition("_")
    return f"{mask_and_day}_{_digest(pair_id)[:8]}"


def _digest(pair_id: str) -> str:
    return hashlib.sha256(f"attention check {_SEED}:{pair_id}".encode()).hexdigest()


def make_check(workspace: Workspace, pair: Pair) -> AttentionCheck | None:
    """Write the folder of a check; a second time it is the same.

    None where nothing is labelled that could be wrong. Raises PairError when the files of the pair
    can't be read, DiskError.
    """
    source, found = workspace.pair(pair.pair_id), check_id(pair.pair_id)
    changed = _changed(source, np.random.default_rng(int(_digest(pair.pair_id), 16)))
    if changed is None:
        return None
    kind, how, rasters = changed
    note = {"of": pair.pair_id, "kind": kind, "seed": _SEED, **how}
    document = {**read_document(source), "pair_id": found, "check": note}
    shutil.rmtree(workspace.pair(found), ignore_errors=True)
    with written_then_renamed(workspace.pair(found), apart=workspace.root) as temporary:
        temporary.mkdir()
        for raster in RASTERS:
            if raster.name in rasters:
                raster_like(source, raster, temporary, rasters[raster.name])
            else:
                shutil.copyfile(source / raster.file, temporary / raster.file)
        write_document(temporary, document)
    return AttentionCheck(replace(pair, pair_id=found), pair.pair_id, kind, now_utc())


def _changed(
    folder: Path, random: np.random.Generator
) -> tuple[CheckKind, dict[str, Any], dict[str, Any]] | None:
    """What is done to the pair in a folder, how, and the rasters that are others then, by name."""
    made = read_label_rasters(folder)
    labelled = labelled_pixels(made.label)
    if not labelled.any():
        return None
    found = random_shift(made, random) if random.random() < 0.5 else None
    if found is not None:
        (down, right), moved = found
        rasters = {LABEL.name: moved.label[None], FRACTIONS.name: moved.shares}
        how = {"right_px": right, "down_px": down}
        return CheckKind.SHIFTED, how, {**rasters, QUALITY.name: moved.flags[None]}
    with open_raster(folder, IMAGE) as dataset:
        image, bands = dataset.read(), dataset.descriptions
    return CheckKind.CLOUDED, {}, {IMAGE.name: clouded(image, bands, labelled, random)}
