"""What the names of products, granules and band files tell, whatever form they have.

Forms after the Sentinel-2 Products Specification Document (ESA, S2-PDGS-TAS-DI-PSD), of versions
before 14 (long names) and since (compact names):

- product `S2A_MSIL1C_20210101T100411_N0209_R122_T33UWP_20210101T121212`
- old product `S2A_OPER_PRD_MSIL1C_PDMC_20160607T154053_R062_V20150627T102531_20150627T102531`
- granule `L1C_T33UWP_A028945_20210101T100412`
- old granule `S2A_OPER_MSI_L1C_TL_EPA__20160605T113933_A000062_T32TQR_N02.02`
- band `T33UWP_20210101T100411_B02`, at level 2A `…_B02_10m`, first with `L2A_` before it
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

_LEVEL = re.compile(r"(?:_MSI_?|^)L(1C|2A)(?=_)")
_TILE = re.compile(r"(?:^|_)T(\d{2}[C-X][A-Z]{2})(?=_|\.|$)")
_BASELINE = re.compile(r"_N(\d{2})\.?(\d{2})(?=_|\.|$)")
# Only the times of sensing: the others in names are those of processing. The most exact first.
_SENSED = (
    re.compile(r"_MSIL(?:1C|2A)_(\d{8}T\d{6})_N\d{4}_"),
    re.compile(r"_V(\d{8}T\d{6})(?=_|\.|$)"),
    re.compile(r"^(?:L2A_)?T\d{2}[C-X][A-Z]{2}_(\d{8}T\d{6})(?=_|\.|$)"),
    re.compile(r"^L(?:1C|2A)_T\d{2}[C-X][A-Z]{2}_A\d{6}_(\d{8}T\d{6})(?=_|\.|$)"),
)
_PRODUCT = re.compile(r"^S2[A-Z]_(?:MSIL(?:1C|2A)_|[A-Z]{4}_PRD_MSIL(?:1C|2A)_)")
# Product names, and item names of most services, begin with the satellite.
_MISSION = re.compile(r"^S2[A-Z](?=_)")
_COMPACT = re.compile(
    r"^(?P<mission>S2[A-Z])_MSI(?P<level>L1C|L2A)_(?P<sensed>\d{8}T\d{6})_N(?P<baseline>\d{4})"
    r"_R(?P<orbit>\d{3})_T(?P<tile>\d{2}[A-Z]{3})_(?P<discriminator>\d{8}T\d{6})"
)
# The part of a file's name that says which scene it was made of, wherever it stands in it: the
# beginning of a product's name, or that of a band file. Day and clock are those of sensing.
SCENE_IN_NAME = re.compile(
    r"(?:S2[A-D]_MSIL[12][AC]_|(?<![A-Z0-9])T\d{2}[A-Z]{3}_)(?P<day>\d{8})T(?P<clock>\d{6})"
    r"(?:_N\d{4}_R\d{3}_T\d{2}[A-Z]{3})?"
)


@dataclass(frozen=True)
class NameParts:
    """What one or several names tell; None where none does.

    `tile` is without T, `baseline` as `04.00`, `sensed_at` in UTC.
    """

    level: str | None = None
    tile: str | None = None
    baseline: str | None = None
    sensed_at: datetime | None = None


@dataclass(frozen=True)
class ProductName:
    """The parts of a compact product name; `tile` without T, `baseline` as `04.00`."""

    mission: str
    level: str
    sensed_at: datetime
    baseline: str
    relative_orbit: int
    tile: str
    discriminator: str


def parse_name(name: str) -> ProductName | None:
    """Read a product name of the form in use since 2016-12; None when it isn't one."""
    match = _COMPACT.match(name)
    sensed_at = _time(match["sensed"]) if match else None
    if match is None or sensed_at is None:
        return None
    return ProductName(
        mission=match["mission"],
        level=match["level"],
        sensed_at=sensed_at,
        baseline=f"{match['baseline'][:2]}.{match['baseline'][2:]}",
        relative_orbit=int(match["orbit"]),
        tile=match["tile"],
        discriminator=match["discriminator"],
    )


def mission_of(name: str) -> str | None:
    """The satellite that the name of a product or an item begins with, such as `S2A`."""
    match = _MISSION.match(name)
    return match[0] if match else None


def without_safe(name: str) -> str:
    """A product's name without the suffixes its folder or archive carries."""
    for suffix in (".zip", ".SAFE"):
        name = name.removesuffix(suffix)
    return name


def is_product_name(name: str) -> bool:
    """Whether a name, with or without suffixes, begins as those of products do."""
    return _PRODUCT.match(name) is not None


def read_names(names: Iterable[str]) -> NameParts:
    """What these names tell, the most trusted first: each part is from the first that has it."""
    found = [_read(name) for name in names]
    return NameParts(
        level=next((parts.level for parts in found if parts.level), None),
        tile=next((parts.tile for parts in found if parts.tile), None),
        baseline=next((parts.baseline for parts in found if parts.baseline), None),
        sensed_at=next((parts.sensed_at for parts in found if parts.sensed_at), None),
    )


def _read(name: str) -> NameParts:
    level, tile, baseline = (pattern.search(name) for pattern in (_LEVEL, _TILE, _BASELINE))
    return NameParts(
        level=f"L{level[1]}" if level else None,
        tile=tile[1] if tile else None,
        baseline=f"{baseline[1]}.{baseline[2]}" if baseline else None,
        sensed_at=_sensed_at(name),
    )


def _sensed_at(name: str) -> datetime | None:
    match = next((found for pattern in _SENSED if (found := pattern.search(name))), None)
    return _time(match[1]) if match else None


def _time(text: str) -> datetime | None:
    """`20210101T100411` as a time in UTC; None for digits that are no date."""
    try:
        return datetime.strptime(text, "%Y%m%dT%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
