"""What the numbers suggest to the reviewer, with the reason in words; a person decides."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ..model import Shares, Suggestion
from .quality import Flag, labelled_pixels

# What hides the ground makes a label wrong; thin cloud only makes it doubtful.
_HIDING = Flag.NO_DATA | Flag.CLOUD | Flag.SHADOW | Flag.SNOW | Flag.SOURCE
# A label hidden by more than this is lost, by less than that it is as good as clear.
_REJECT_ABOVE = 0.30
_ACCEPT_BELOW = 0.02
_THIN_CLOUD_BELOW = 0.20

_WORDS = {
    "cloud": "under cloud",
    "shadow": "in cloud shadow",
    "cirrus": "under thin cloud or cirrus",
    "snow": "under snow",
    "nodata": "without data",
    "source": "hidden in the source image",
}


def suggest(
    flags: NDArray[np.uint8],
    label: NDArray[np.uint8],
    shares: Shares,
    *,
    clouds_known: bool,
) -> Suggestion:
    """A verdict from the flags (height, width) over the labelled pixels of `label`.

    `shares` are those of the labelled pixels, for the words.
    """
    labelled = flags[labelled_pixels(label)]
    if labelled.size == 0:
        return Suggestion(
            "unsure",
            "No pixel has a class: the labelled objects are smaller than half a 10 m pixel, or "
            "lie where the mask is not known. See the fractions.",
        )
    hidden = float(np.mean(labelled & _HIDING != 0))
    if hidden > _REJECT_ABOVE:
        return Suggestion("reject", f"{_percent(hidden)} of the label is hidden: {_list(shares)}.")
    if not clouds_known:
        return Suggestion("unsure", "Clouds are not known for this product: look at the image.")
    thin = shares.cirrus or 0.0
    if hidden <= _ACCEPT_BELOW and thin <= _THIN_CLOUD_BELOW:
        return Suggestion("accept", _clear(hidden, thin, shares))
    return Suggestion("unsure", f"Part of the label is doubtful: {_list(shares)}.")


_OFFSET_DOUBTFUL = "The radiometric offset is doubtful"


def offset_is_doubtful(suggestion: Suggestion | None) -> bool:
    """Whether `doubtful` has said so."""
    return suggestion is not None and _OFFSET_DOUBTFUL in suggestion.reason


def doubtful(suggestion: Suggestion, doubts: Sequence[str]) -> Suggestion:
    """A suggestion that also says why the reflectances may be wrong; then none to accept."""
    if not doubts:
        return suggestion
    verdict = "unsure" if suggestion.verdict == "accept" else suggestion.verdict
    reason = (
        f"{suggestion.reason} {_OFFSET_DOUBTFUL}: {'; '.join(doubts)}. If the "
        "reflectances look wrong, set it (`pairs make --offset 0` or `-1000`)."
    )
    return Suggestion(verdict, reason)


def cautioned(suggestion: Suggestion, doubts: Sequence[str]) -> Suggestion:
    """A suggestion that also says what speaks against the label's place; then none to accept."""
    if not doubts:
        return suggestion
    verdict = "unsure" if suggestion.verdict == "accept" else suggestion.verdict
    return Suggestion(verdict, " ".join((suggestion.reason, *doubts)))


def _clear(hidden: float, thin: float, shares: Shares) -> str:
    if hidden == 0 and thin == 0:
        return "The label is clear: no cloud, shadow, snow or gap over it."
    return f"The label is as good as clear: {_list(shares)}."


def _list(shares: Shares) -> str:
    """`12 % under cloud, 3 % in cloud shadow`, the largest first."""
    found = [(getattr(shares, name) or 0.0, words) for name, words in _WORDS.items()]
    present = sorted((item for item in found if item[0] > 0), reverse=True)
    return ", ".join(f"{_percent(share)} {words}" for share, words in present)


def _percent(share: float) -> str:
    return f"{share:.0%}".replace("%", " %") if share >= 0.01 else "under 1 %"
