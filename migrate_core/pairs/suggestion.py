"""What the numbers suggest to the reviewer, with the reason in words; a person decides."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..grid import BoolArray
from ..model import IGNORE, Suggestion
from ..settings import JudgeSettings
from .quality import HIDDEN_IN_SENTINEL2, HIDING_KINDS, Flag, labelled_pixels
from .words import percent

# What hides the ground makes a label wrong; thin cloud only makes it doubtful.
_HIDING = Flag.NO_DATA | Flag.CLOUD | Flag.SHADOW | Flag.SNOW | Flag.SOURCE

_WORDS = {
    Flag.CLOUD: "under cloud",
    Flag.SHADOW: "in cloud shadow",
    Flag.CIRRUS: "under thin cloud or cirrus",
    Flag.SNOW: "under snow",
    Flag.NO_DATA: "without data",
    Flag.SOURCE: "hidden in the source image",
}
# Where one of these isn't known, a hidden label could be taken for a clear one.
_NEEDED = {
    Flag.CLOUD: "Clouds",
    Flag.SHADOW: "Cloud shadows",
    Flag.CIRRUS: "Thin clouds",
}


def suggest(
    flags: NDArray[np.uint8],
    label: NDArray[np.uint8],
    known: Flag,
    judge: JudgeSettings,
    *,
    empty_allowed: bool = False,
) -> Suggestion:
    """A verdict from the flags (height, width) over the labelled pixels of `label`.

    `known` are the kinds of HIDING_KINDS that were looked for. A mask that may be without labelled
    pixels is then judged over all of it. What is wholly hidden is never suggested for acceptance,
    whatever the thresholds.
    """
    pixels, whole = flags[labelled_pixels(label)], "the label"
    if pixels.size == 0 and empty_allowed:
        # Labelled as background throughout, which is true or not as any other label is.
        pixels, whole = flags[(label != IGNORE) & (flags & Flag.OUTSIDE == 0)], "the pair"
    if pixels.size == 0:
        return Suggestion(
            "unsure",
            "No pixel has a class: the labelled objects are smaller than half a 10 m pixel, lie "
            "where the mask is not known, or were set to ignore. See the fractions.",
        )
    start = "" if whole == "the label" else "Nothing is labelled, so all pixels count. "
    verdict, reason = _judged(pixels, known, judge, whole)
    return Suggestion(verdict, start + reason)


def _judged(
    pixels: NDArray[np.uint8], known: Flag, judge: JudgeSettings, whole: str
) -> tuple[str, str]:
    """Verdict and reason by the flags of the pixels that count."""
    hidden, thin = _share(pixels, _HIDING), _share(pixels, Flag.CIRRUS)
    if hidden > judge.reject_hidden:
        return "reject", f"{percent(hidden)} of {whole} is hidden: {_list(pixels)}."
    if unknown := [words for kind, words in _NEEDED.items() if kind not in known]:
        return "unsure", f"{_joined(unknown)} are not known for this product: look at the image."
    as_good_as_clear = hidden <= judge.accept_hidden and thin <= judge.accept_thin
    if as_good_as_clear and max(hidden, thin) < 1:
        return "accept", _clear(pixels, known, whole)
    return "unsure", f"Part of {whole} is doubtful: {_list(pixels)}."


def _share(pixels: NDArray[np.uint8], flags: Flag) -> float:
    return float(np.mean(pixels & flags != 0))


# Edges of clouds are drawn differently; what is less than this share of a label is such an edge.
_DISPUTED = 0.1
_OFFSET_DOUBTFUL = "The radiometric offset is doubtful"


def offset_doubts(doubts: Sequence[str]) -> tuple[str, ...]:
    """What contradicts the radiometric offset, as one sentence of doubt; none without."""
    if not doubts:
        return ()
    return (
        f"{_OFFSET_DOUBTFUL}: {'; '.join(doubts)}. If the reflectances look wrong, set it "
        "(`pairs make --offset 0` or `-1000`).",
    )


def cloud_doubts(disputed: BoolArray, label: NDArray[np.uint8]) -> tuple[str, ...]:
    """The doubt that the label may be under cloud after all; none where nothing speaks for it.

    `disputed` (height, width) is where the product's own mask has cloud and s2cloudless none:
    either misses some clouds, and the mask takes some bright ground for one.
    """
    labelled = labelled_pixels(label)
    share = float(disputed[labelled].mean()) if labelled.any() else 0.0
    if share <= _DISPUTED:
        return ()
    return (
        f"The product's own mask has cloud over {percent(share)} of the label where s2cloudless "
        "sees none: look at the image.",
    )


def offset_is_doubtful(suggestion: Suggestion | None) -> bool:
    """Whether `doubtful` was told so by `offset_doubts`."""
    return suggestion is not None and _OFFSET_DOUBTFUL in suggestion.reason


def doubtful(
    suggestion: Suggestion, doubts: Sequence[str], remarks: Sequence[str] = ()
) -> Suggestion:
    """A suggestion that also says why image or label may be wrong; then none to accept.

    Each of `doubts` is a whole sentence: what was found, and what to do. So is each of `remarks`,
    which are worth knowing and change no verdict.
    """
    verdict = "unsure" if doubts and suggestion.verdict == "accept" else suggestion.verdict
    return Suggestion(verdict, " ".join((suggestion.reason, *doubts, *remarks)))


def _clear(pixels: NDArray[np.uint8], known: Flag, whole: str) -> str:
    unknown = " Snow is not known." if Flag.SNOW not in known else ""
    if not (pixels & (_HIDING | HIDING_KINDS)).any():
        snow = ", snow" if Flag.SNOW in known else ""
        return f"{whole.capitalize()} is clear: no cloud, shadow{snow} or gap over it.{unknown}"
    return f"{whole.capitalize()} is as good as clear: {_list(pixels)}.{unknown}"


def _list(pixels: NDArray[np.uint8]) -> str:
    """`12 % under cloud, 3 % in cloud shadow`, the largest first, and what both images hide."""
    found = [(_share(pixels, flag), words) for flag, words in _WORDS.items()]
    present = sorted((item for item in found if item[0] > 0), reverse=True)
    listed = ", ".join(f"{percent(share)} {words}" for share, words in present)
    both = (pixels & Flag.SOURCE != 0) & (pixels & HIDDEN_IN_SENTINEL2 != 0)
    if not both.any():
        return listed
    return f"{listed}; {percent(float(np.mean(both)))} in both images, where the label is a guess"


def _joined(words: Sequence[str]) -> str:
    """`Clouds, cloud shadows and thin clouds`."""
    first, *others = words
    lower = [word.lower() for word in others]
    if not lower:
        return first
    return f"{', '.join((first, *lower[:-1]))} and {lower[-1]}"
