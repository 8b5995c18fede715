"""What occludes the ground of a pair, as values: shares by cause, in all, and by sensor."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Shares:
    """Shares 0…1 of pixels flagged in `quality.tif`; None where it isn't known."""

    cloud: float | None
    shadow: float | None
    cirrus: float | None
    snow: float | None
    nodata: float | None
    source: float | None


@dataclass(frozen=True)
class Occlusion:
    """What occludes the ground: over all pixels of the footprint, and over the labelled ones."""

    all: Shares
    labelled: Shares


@dataclass(frozen=True)
class Occluded:
    """Shares 0…1 of pixels that anything occludes, of the footprint and of the label; or None."""

    all: float | None
    labelled: float | None


@dataclass(frozen=True)
class SensorShares:
    """Shares 0…1 of pixels by the image in which the ground is occluded; None where not known."""

    sentinel2_only: float | None
    source_only: float | None
    both: float | None
    clear: float | None


@dataclass(frozen=True)
class OcclusionBySensor:
    """In which image the ground is occluded: over all pixels of the footprint, and the labelled."""

    all: SensorShares
    labelled: SensorShares
