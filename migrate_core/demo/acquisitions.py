"""The five acquisitions of the case: when, by which satellite, processed how, how cloudy."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from .grids import TILE
from .ground.materials import Season

Level = Literal["L1C", "L2A"]
Packaging = Literal["folder", "stored zip", "deflated zip"]

RELATIVE_ORBIT = 22

# A disc in local metres: centre x, centre y (to the south), radius.
Disc = tuple[float, float, float]


@dataclass(frozen=True)
class Weather:
    """What stands in the clouds. Discs are where clouds tend to be; noise gives them their form.

    cloudy_mines and clear_mines force the clouds over mines, by name; clear means neither cloud
    nor cloud shadow.
    """

    cumulus: tuple[Disc, ...] = ()
    cirrus: tuple[Disc, ...] = ()
    cloudy_mines: tuple[str, ...] = ()
    clear_mines: tuple[str, ...] = ()
    cloud_height_m: float = 1000


@dataclass(frozen=True)
class Acquisition:
    """One overpass.

    Attributes:
        sensed_at: start of the datatake, the time in the product's name.
        absolute_orbit: the number behind the A in the granule's name.
        baseline: processing baseline as in the metadata, "03.01".
        sun_zenith_deg, sun_azimuth_deg: mean of the granule; azimuth from north over east.
        swath_edge_m: local x at the northern and at the southern edge of the granule between
            which the swath ends; east of that line is no data. None when all is covered.
        packaging: how the L1C and the L2A product are kept.
    """

    satellite: Literal["S2A", "S2B"]
    sensed_at: datetime
    generated_at: datetime
    absolute_orbit: int
    baseline: str
    season: Season
    sun_zenith_deg: float
    sun_azimuth_deg: float
    weather: Weather
    swath_edge_m: tuple[float, float] | None = None
    packaging: tuple[Packaging, Packaging] = ("folder", "folder")

    @property
    def offset(self) -> int:
        """What the metadata tell to add to a DN; 0 before baseline 04.00."""
        return -1000 if self.baseline >= "04.00" else 0

    @property
    def datastrip_start(self) -> datetime:
        """When the datastrip begins, the time in the granule's name."""
        return self.sensed_at + timedelta(seconds=4.2)

    @property
    def tile_sensed_at(self) -> datetime:
        """When the satellite was over the tile, minutes after the start of the datatake."""
        return self.sensed_at + timedelta(seconds=213.6)

    def product_name(self, level: Level) -> str:
        """The product's name without `.SAFE`."""
        baseline = self.baseline.replace(".", "")
        return (
            f"{self.satellite}_MSI{level}_{compact(self.sensed_at)}_N{baseline}"
            f"_R{RELATIVE_ORBIT:03}_T{TILE}_{compact(self.level_generated_at(level))}"
        )

    def level_generated_at(self, level: Level) -> datetime:
        """L2A is made from L1C, a while after it."""
        return self.generated_at + (timedelta(hours=2) if level == "L2A" else timedelta())


def compact(time: datetime) -> str:
    """`20210612T101031`, the form of times in names."""
    return time.strftime("%Y%m%dT%H%M%S")


def iso(time: datetime) -> str:
    """`2021-06-12T10:10:31.024Z`, the form of times in metadata."""
    return time.strftime("%Y-%m-%dT%H:%M:%S.") + f"{time.microsecond // 1000:03}Z"


def _utc(time: str) -> datetime:
    # Datatake times in products end in a few tens of milliseconds.
    return datetime.fromisoformat(time).replace(microsecond=24000, tzinfo=UTC)


# Orbit numbers continue those of real products; the sun stands where it did over 51 N, 14.4 E.
# The June products came out of the processor in July, when baseline 03.01 was in use.
ACQUISITIONS = (
    # Cirrus over two mines, a few clouds over a third, and the swath ends in the south-east.
    Acquisition(
        "S2B",
        _utc("2021-06-07 10:05:59"),
        _utc("2021-07-02 03:11:20"),
        absolute_orbit=22213,
        baseline="03.01",
        season="june",
        sun_zenith_deg=30.1,
        sun_azimuth_deg=155.0,
        weather=Weather(
            cumulus=((2900, 2900, 700), (3300, 5400, 500), (5300, 700, 420), (600, 2500, 350)),
            cirrus=((1300, 1000, 1100), (300, 300, 800), (1500, 4500, 1050), (700, 5700, 900)),
            cloudy_mines=("west pit",),
            clear_mines=("east quarry", "east quarry annex"),
        ),
        swath_edge_m=(6300, 4750),
        packaging=("stored zip", "folder"),
    ),
    # Closest to the June masks, and useless: clouds over every label.
    Acquisition(
        "S2A",
        _utc("2021-06-12 10:10:31"),
        _utc("2021-07-02 03:40:02"),
        absolute_orbit=31193,
        baseline="03.01",
        season="june",
        sun_zenith_deg=29.8,
        sun_azimuth_deg=155.3,
        weather=Weather(
            cumulus=((2300, 5600, 500), (3600, 300, 450), (4700, 5300, 520), (2500, 2150, 300)),
            cirrus=((4200, 4300, 500), (5000, 5600, 650)),
            cloudy_mines=(
                "north pit",
                "east quarry",
                "east quarry annex",
                "west pit",
                "edge quarry",
                "twin pit 1",
                "twin pit 2",
            ),
        ),
    ),
    # A third of the scene is cloud, and none of it over a label: the percentage misleads.
    Acquisition(
        "S2B",
        _utc("2021-06-17 10:05:59"),
        _utc("2021-07-02 04:02:51"),
        absolute_orbit=22356,
        baseline="03.01",
        season="june",
        sun_zenith_deg=29.6,
        sun_azimuth_deg=155.1,
        weather=Weather(
            cumulus=(
                *((5250, 5350, 1250), (4000, 5850, 900), (2900, 5800, 720), (5750, 1750, 680)),
                *((5700, 350, 1000), (4350, 3450, 730), (200, 2800, 900), (3000, 200, 650)),
                *((900, 6000, 850), (200, 150, 650), (100, 5200, 450), (3950, 2450, 420)),
            ),
            clear_mines=(
                *("north pit", "east quarry", "east quarry annex", "west pit"),
                *("edge quarry", "twin pit 1", "twin pit 2", "south mine"),
            ),
            cloud_height_m=700,
        ),
    ),
    # Not a cloud, but ten days from the masks.
    Acquisition(
        "S2A",
        _utc("2021-06-22 10:10:31"),
        _utc("2021-07-02 04:31:44"),
        absolute_orbit=31336,
        baseline="03.01",
        season="june",
        sun_zenith_deg=29.7,
        sun_azimuth_deg=154.4,
        weather=Weather(),
        packaging=("folder", "deflated zip"),
    ),
    # Three years later, with the radiometric offset.
    Acquisition(
        "S2A",
        _utc("2024-08-15 10:10:31"),
        _utc("2024-08-15 13:45:09"),
        absolute_orbit=47781,
        baseline="05.11",
        season="august",
        sun_zenith_deg=38.8,
        sun_azimuth_deg=157.8,
        weather=Weather(
            cumulus=((900, 3000, 420), (4900, 900, 450), (5200, 5500, 520), (2100, 300, 300)),
            cirrus=((5600, 3000, 500),),
            clear_mines=("south mine",),
        ),
    ),
)
