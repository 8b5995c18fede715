"""What a pair that was just made is worth: suggestion and change, with warnings and notes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ...model import Suggestion
from ...settings import AssessmentSettings
from ..image.pair_image import PairImage
from ..label.pair_label import PairLabel
from ..quality import PairQuality
from ..registration.placement import Placement
from ..task import PairTask
from .change import Change, PairLook, change_of
from .suggestion import cloud_warnings, doubtful, offset_warnings, suggest


@dataclass(frozen=True)
class Assessment:
    """What reviewers learn of a pair.

    `warnings` are sentences that speak against accepting it, `notes` don't. `thresholds` are those
    behind the suggestion, `compared_with` is the source image behind the change.
    """

    suggestion: Suggestion
    thresholds: AssessmentSettings
    change: Change
    compared_with: str | None
    warnings: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def sections(self) -> dict[str, Any]:
        """What pair.json says of the assessment."""
        return {
            "warnings": self.warnings,
            "notes": self.notes,
            "suggestion": self.suggestion,
            "judged_by": self.thresholds,
            **self.change.sections,
            "compared_with": self.compared_with,
        }


def assess(
    task: PairTask, image: PairImage, label: PairLabel, quality: PairQuality, placement: Placement
) -> Assessment:
    """Assess a pair by its pixels, and by how they came to be."""
    mask = task.mask
    warnings = (
        *offset_warnings(image.offsets.warnings),
        *cloud_warnings(quality.clouds.disputed, label.pixels),
        *image.parts.warnings,
        *label.transformation.warnings,
        *placement.warnings,
    )
    notes = (*image.parts.notes, *label.notes)
    suggestion = suggest(
        quality.flags,
        label.pixels,
        quality.clouds.known,
        task.thresholds,
        empty_allowed=mask.empty_allowed,
    )
    bands = dict(zip(image.bands, image.pixels, strict=True))
    look = PairLook(image.grid, placement.source_grid, bands, label.pixels, quality.flags)
    return Assessment(
        doubtful(suggestion, warnings, notes),
        task.thresholds,
        change_of(mask, look),
        mask.source.path,
        warnings,
        notes,
    )
