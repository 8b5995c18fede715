"""Which radiometric offset a product's pixels still need: what is used, and what they say.

Products of processing baseline 04.00 and later carry an offset of -1000 (S2-PDGS-TAS-DI-PSD,
RADIO_ADD_OFFSET and BOA_ADD_OFFSET). Services that rewrote the pixels may have applied it, and say
so not always rightly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .pixels.resampling import NO_DATA, SATURATED
from .product import RESOLUTION_M

OFFSET = -1000
_OFFSET_SINCE = "04.00"
# Before the first come products of others (N0001), after the last N9999, which marks products that
# somebody reprocessed outside the archive.
_FIRST_OFFICIAL, _UNOFFICIAL = "01.00", "99"

NOTHING_SAYS = (
    "neither metadata (there is no MTD_MSIL*.xml) nor names tell an official processing baseline, "
    "so 0 was used"
)
ITEM_SAYS_NOTHING = (
    "the STAC item states neither an offset nor an official processing baseline, so 0 was used"
)
TAG_IS_MISSING = (
    f"products of its processing baseline have an offset of {OFFSET}, but its metadata state none, "
    "so 0 was used"
)

# The bands that are asked: water is dark in B12, vegetation in B02 and B04, shadow in all.
DARK_BANDS = ("B02", "B03", "B04", "B12")
# Fewer valid pixels than this say nothing about the darkest hundredth.
_LEAST_PIXELS = 200
_DARK_PERCENT = 1.0
# With the offset still in the pixels a black surface has 1000. Reflectance that was corrected too
# much is below 0, in shadow and over water down to some -0.02: two bands under 700 (-0.03), or one
# under 400 (-0.06), can't be: the offset is not in them. This settles warnings, so it is strict.
_DARK, _BLACK = 700, 400
# Without the offset in the pixels these would be reflectances of 0.09 and more for the darkest
# hundredth of B04, B02 and every other band: bright soil is brighter in red, and haze over water
# or vegetation leaves B12 darker.
_FLOOR = 900
_PILE_RED, _PILE_BLUE = 1350, 1450

_APPLIED = "earthsearch:boa_offset_applied"

Item = Mapping[str, Any]


@dataclass(frozen=True)
class OffsetDecision:
    """The offset of each band, where it was found, and what else was found that contradicts it."""

    offsets: Mapping[str, int]
    origin: str
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class OffsetSource:
    """What one document says: offsets by band, and its name."""

    offsets: Mapping[str, int]
    origin: str


def resolve_offset(
    bands: Sequence[str], item: Item, baseline: str, metadata: OffsetSource | None = None
) -> OffsetDecision:
    """What to add to the pixels of an item's `bands`, by the most trusted document that says it.

    The product's metadata, where they could be read; else `earthsearch:boa_offset_applied` true,
    which means that nothing is left to add; else the offset of the raster extension; else an
    official processing baseline; else 0, with a warning. What another document than the trusted one
    says differently is a warning, and so is a document that says it of some bands only.
    """
    statements = [found for found in (metadata, _flag(bands, item), _raster(item)) if found]
    if not statements:
        return _by_baseline(bands, baseline)
    trusted, *others = statements
    if not_applied := _not_applied(item, baseline):
        others.append(not_applied)
    decision = _taken_from(bands, trusted)
    warnings = [
        f"{other.origin}, but {trusted.origin} was used"
        for other in others
        if _taken_from(bands, other).offsets != decision.offsets
    ]
    missing = trusted is metadata and not metadata.offsets and _offset_of(baseline) != 0
    tag = (TAG_IS_MISSING,) if missing else ()
    return OffsetDecision(decision.offsets, decision.origin, (*decision.warnings, *tag, *warnings))


def _taken_from(bands: Sequence[str], source: OffsetSource) -> OffsetDecision:
    """The offsets by one document; what holds for the bands it names holds for the others, too."""
    common = next(iter(source.offsets.values()), 0)
    offsets = {band: source.offsets.get(band, common) for band in bands}
    unnamed = [band for band in bands if source.offsets and band not in source.offsets]
    warning = f"{source.origin}, but not for {', '.join(unnamed)}, where {common} was used"
    return OffsetDecision(offsets, source.origin, (warning,) if unnamed else ())


def _flag(bands: Sequence[str], item: Item) -> OffsetSource | None:
    if _mapping(item.get("properties")).get(_APPLIED) is not True:
        return None
    return OffsetSource(dict.fromkeys(bands, 0), f"{_APPLIED} is true: 0")


def _not_applied(item: Item, baseline: str) -> OffsetSource | None:
    """What is left to add where an item says that the offset of its baseline was not applied."""
    if _mapping(item.get("properties")).get(_APPLIED) is not False or not _offset_of(baseline):
        return None
    origin = f"{_APPLIED} is false, and processing baseline {baseline} has an offset of {OFFSET}"
    return OffsetSource(dict.fromkeys(RESOLUTION_M, OFFSET), origin)


def _raster(item: Item) -> OffsetSource | None:
    """Offsets of the raster extension, by the assets of the bands as `band_assets` names them."""
    found = {}
    for band, asset in _mapping(item.get("assets")).items():
        offset = raster_offset(_mapping(asset))
        if band in RESOLUTION_M and offset is not None:
            found[band] = offset
    if not found:
        return None
    values = ", ".join(str(value) for value in sorted(set(found.values())))
    return OffsetSource(found, f"offset / scale of the raster extension in the STAC item: {values}")


def raster_offset(asset: Item) -> int | None:
    """The offset in digital numbers that an asset states, None when it states none.

    `raster:bands` (raster extension 1.x), or `raster:offset` and `raster:scale` on the asset or
    its first of `bands` (2.0, with STAC 1.1).
    """
    for described, prefix in (
        (_first(asset.get("raster:bands")), ""),
        (_first(asset.get("bands")), "raster:"),
        (asset, "raster:"),
    ):
        offset, scale = described.get(f"{prefix}offset"), described.get(f"{prefix}scale")
        try:
            if offset is not None and scale and float(scale):
                return round(float(offset) / float(scale))
        except (TypeError, ValueError, OverflowError):
            continue  # garbled: as if it were not given
    return None


def _by_baseline(bands: Sequence[str], baseline: str) -> OffsetDecision:
    offset = _offset_of(baseline)
    origin = f"processing baseline {baseline or '(unknown)'} of the STAC item: {offset}"
    warnings = () if _is_official(baseline) else (ITEM_SAYS_NOTHING,)
    return OffsetDecision(dict.fromkeys(bands, offset), origin, warnings)


def _is_official(baseline: str) -> bool:
    return _FIRST_OFFICIAL <= baseline < _UNOFFICIAL


def _offset_of(baseline: str) -> int:
    return OFFSET if _is_official(baseline) and baseline >= _OFFSET_SINCE else 0


def by_metadata(bands: Sequence[str], baseline: str, metadata: OffsetSource) -> OffsetDecision:
    """What to add by a product's own metadata, which decide whatever its baseline is."""
    return resolve_offset(bands, {}, baseline, metadata)


def without_metadata(bands: Sequence[str], baseline: str) -> OffsetDecision:
    """What to add where a product lost the metadata that say it: what its baseline had.

    An unknown or unofficial baseline says nothing: then 0 is used, with a warning that the
    pixels settle when they are without the offset.
    """
    offset = _offset_of(baseline)
    offsets = dict.fromkeys(bands, offset)
    if not _is_official(baseline):
        return OffsetDecision(offsets, "nothing says it: 0", (NOTHING_SAYS,))
    origin = f"processing baseline {baseline}, since there is no MTD_MSIL*.xml: {offset}"
    return OffsetDecision(offsets, origin)


@dataclass(frozen=True)
class Evidence:
    """What the dark pixels say: `in_pixels` is whether the offset of 1000 is still in them.

    None when there is nothing dark enough to tell. `darkest` is the first percentile by band, in
    digital numbers.
    """

    in_pixels: bool | None
    darkest: Mapping[str, int]

    @property
    def text(self) -> str:
        """`B02 350, B03 400, …`, the darkest pixels."""
        return ", ".join(f"{band} {value}" for band, value in self.darkest.items())

    def settles(self, offsets: Mapping[str, int]) -> bool:
        """Whether the pixels show that these offsets are right, whatever was doubted of them.

        That can be shown of 0 alone. Where an offset seems to be in the pixels it may be haze as
        well, or bright ground, so that settles nothing.
        """
        return self.in_pixels is False and not any(offsets.values())

    def contradicts(self, offset: int) -> str | None:
        """Why believing in `offset` looks wrong, in words; None when it doesn't."""
        darkest = self.text
        if self.in_pixels is True and offset == 0:
            return (
                f"the darkest pixels pile up above 1000 ({darkest}) as where the offset of "
                f"{OFFSET} is still to be applied, but 0 was used"
            )
        if self.in_pixels is False and offset <= OFFSET // 2:
            return (
                f"the pixels are darker ({darkest}) than they can be where the offset of {offset} "
                "is still to be applied"
            )
        return None


def ask_pixels(pixels: Mapping[str, NDArray[np.uint16]], level: str = "L2A") -> Evidence:
    """Ask the digital numbers, as the file has them, of the DARK_BANDS (any shape).

    Those of L1C can only tell that the offset isn't in them: the light that the air scatters puts
    the darkest pixels of open country where an offset would.
    """
    darkest: dict[str, int] = {}
    for band in DARK_BANDS:
        if band not in pixels:
            continue
        values = pixels[band]
        valid = values[(values != NO_DATA) & (values != SATURATED)]
        if valid.size >= _LEAST_PIXELS:
            darkest[band] = int(np.percentile(valid, _DARK_PERCENT, method="lower"))
    in_pixels = _verdict(darkest)
    return Evidence(None if in_pixels and level == "L1C" else in_pixels, darkest)


def _verdict(darkest: Mapping[str, int]) -> bool | None:
    if len(darkest) < len(DARK_BANDS):
        return None
    values = sorted(darkest.values())
    if values[1] < _DARK or values[0] < _BLACK:
        return False
    piled = values[0] >= _FLOOR and darkest["B04"] <= _PILE_RED and darkest["B02"] <= _PILE_BLUE
    return True if piled else None


def _mapping(value: Any) -> Item:
    return value if isinstance(value, Mapping) else {}


def _first(value: Any) -> Item:
    return _mapping(value[0]) if isinstance(value, Sequence) and value else {}
