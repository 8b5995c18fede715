"""What the numbers suggest to the reviewer, with the reason in words; a person decides."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ...grid import BoolArray
from ...model import Suggestion
from ...products.scene_classes import (
    OCCLUDING_FLAGS,
    OCCLUDING_IN_SCENE,
    Flag,
    flagged,
    flagged_share,
)
from ...settings import AssessmentSettings
from ...states import Verdict
from ...text import format_share
from ..flags import assessed_pixels, labelled_pixels

# What occludes the ground makes a label wrong, but thin cloud only makes it doubtful.
_DENSE = OCCLUDING_FLAGS & ~Flag.CIRRUS

_NAMES = {
    Flag.CLOUD: "under cloud",
    Flag.SHADOW: "in cloud shadow",
    Flag.CIRRUS: "under thin cloud or cirrus",
    Flag.SNOW: "under snow",
    Flag.NO_DATA: "without data",
    Flag.SOURCE: "occluded in the source image",
}
# Where one of these isn't known, an occluded label could be taken for a clear one.
_NEEDED = {
    Flag.CLOUD: "Clouds",
    Flag.SHADOW: "Cloud shadows",
    Flag.CIRRUS: "Thin clouds",
}


def suggest(
    flags: NDArray[np.uint8],
    label: NDArray[np.uint8],
    known: Flag,
    thresholds: AssessmentSettings,
    *,
    empty_allowed: bool = False,
) -> Suggestion:
    """A verdict from the flags (height, width) over the labelled pixels of `label`.

    `known` are the kinds of OCCLUSION_KINDS that were looked for. A mask that may be without
    labelled pixels is then assessed over all of it. What is wholly occluded is never suggested for
    acceptance, whatever the thresholds.
    """
    pixels = flags[assessed_pixels(flags, label, empty_allowed=empty_allowed)]
    what = "the label" if labelled_pixels(label).any() else "the pair"
    if pixels.size == 0:
        return Suggestion(
            Verdict.UNSURE,
            "No pixel has a class: the labelled objects are smaller than half a 10 m pixel, lie "
            "where the mask is not known, or were set to ignore. See the fractions.",
        )
    verdict, reason = _verdict(pixels, known, thresholds, what)
    if what != "the label":
        reason = f"Nothing is labelled, so all pixels count. {reason}"
    return Suggestion(verdict, reason)


def _verdict(
    pixels: NDArray[np.uint8], known: Flag, thresholds: AssessmentSettings, what: str
) -> tuple[Verdict, str]:
    """Verdict and reason by the flags of the pixels that count."""
    share, dense = _share(pixels, OCCLUDING_FLAGS), _share(pixels, _DENSE)
    occluded = f"{format_share(share)} of {what} is occluded"
    if dense > thresholds.reject_hidden:
        at_least = occluded if Flag.CLOUD in known else f"At least {occluded}"
        return Verdict.REJECT, f"{at_least}: {_list(pixels)}."
    if missing := [name for kind, name in _NEEDED.items() if kind not in known]:
        return (
            Verdict.UNSURE,
            f"{_joined(missing)} are not known for this product: look at the image.",
        )
    as_good_as_clear = (
        dense <= thresholds.accept_hidden and _share(pixels, Flag.CIRRUS) <= thresholds.accept_thin
    )
    if not as_good_as_clear or share >= 1:
        return Verdict.UNSURE, f"{occluded}, so it is doubtful: {_list(pixels)}."
    unknown = " Snow is not known." if Flag.SNOW not in known else ""
    if share > 0:
        return Verdict.ACCEPT, f"{occluded}, so it is as good as clear: {_list(pixels)}.{unknown}"
    snow = ", snow" if Flag.SNOW in known else ""
    return (
        Verdict.ACCEPT,
        f"{what.capitalize()} is clear: no cloud, shadow{snow} or gap over it.{unknown}",
    )


def _share(pixels: NDArray[np.uint8], flags: Flag) -> float:
    """The share of the pixels with one of the flags; there are pixels."""
    return flagged_share(pixels, flags) or 0.0


# Edges of clouds are drawn differently; what is less than this share of a label is such an edge.
_DISPUTED = 0.1
_OFFSET_DOUBTFUL = "The radiometric offset is doubtful"


def offset_warnings(warnings: Sequence[str]) -> tuple[str, ...]:
    """What contradicts the radiometric offset, as one sentence of warning; none without."""
    if not warnings:
        return ()
    return (
        f"{_OFFSET_DOUBTFUL}: {'; '.join(warnings)}. If the reflectances look wrong, set it "
        "to 0 or -1000 (`pairs make --offset`).",
    )


def cloud_warnings(disputed: BoolArray, label: NDArray[np.uint8]) -> tuple[str, ...]:
    """The doubt that the label may be under cloud after all; none where nothing speaks for it.

    `disputed` (height, width) is where the product's own mask has cloud and s2cloudless none:
    either misses some clouds, and the mask takes some bright ground for one.
    """
    labelled = labelled_pixels(label)
    share = float(disputed[labelled].mean()) if labelled.any() else 0.0
    if share <= _DISPUTED:
        return ()
    return (
        f"The product's own mask has cloud over {format_share(share)} of the label where "
        "s2cloudless sees none: look at the image.",
    )


def offset_is_doubtful(suggestion: Suggestion | None) -> bool:
    """Whether `offset_warnings` made it `doubtful`."""
    return suggestion is not None and _OFFSET_DOUBTFUL in suggestion.reason


def doubtful(
    suggestion: Suggestion, warnings: Sequence[str], notes: Sequence[str] = ()
) -> Suggestion:
    """A suggestion that also says why image or label may be wrong; then none to accept.

    Each of `warnings` is a whole sentence: what was found, and what to do. So is each of `notes`,
    which are worth knowing and change no verdict.
    """
    held_back = warnings and suggestion.verdict == Verdict.ACCEPT
    verdict = Verdict.UNSURE if held_back else suggestion.verdict
    return Suggestion(verdict, " ".join((suggestion.reason, *warnings, *notes)))


def _list(pixels: NDArray[np.uint8]) -> str:
    """`12.0 % under cloud, 3.4 % in cloud shadow`, the largest first; and what both images lack."""
    found = [(_share(pixels, flag), name) for flag, name in _NAMES.items()]
    present = sorted((item for item in found if item[0] > 0), reverse=True)
    listed = ", ".join(f"{format_share(share)} {name}" for share, name in present)
    both = flagged(pixels, Flag.SOURCE) & flagged(pixels, OCCLUDING_IN_SCENE)
    if not both.any():
        return listed
    share = format_share(float(np.mean(both)))
    return f"{listed}; {share} in both images, where the label is a guess"


def _joined(name: Sequence[str]) -> str:
    """`Clouds, cloud shadows and thin clouds`."""
    first, *others = name
    lower = [word.lower() for word in others]
    if not lower:
        return first
    return f"{', '.join((first, *lower[:-1]))} and {lower[-1]}"
