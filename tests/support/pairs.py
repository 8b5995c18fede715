"""Tiny masks, tiny complete SAFE products and workspaces that hold them, for tests of pairs.

All products lie on one grid of 10 m pixels in UTM zone 31N whose first corner is (WEST, NORTH).
Functions that tests run in other processes stand here, too, so that those can import them.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from numpy.typing import NDArray
from pyproj import Transformer

from migrate_core.masks.options import AddOptions
from migrate_core.model import Acquired, Mask, SceneQuery
from migrate_core.pairs import files, make
from migrate_core.pairs.make import PairOutcome, PairTask
from migrate_core.pairs.run.plan import plan
from migrate_core.pairs.run.runner import Progress, RunOptions, RunOutcome, make_planned
from migrate_core.scenes.search.search import search
from migrate_core.scenes.sources import open_source
from migrate_core.settings import RankingSettings
from migrate_core.store.base import Store, open_store
from migrate_core.workspace import Workspace
from tests.support.jp2 import write_jp2_file
from tests.support.masks import inspected

CRS = "EPSG:32631"
TILE = "31TDG"
WEST, NORTH = 482820, 4690320
RESOLUTIONS = {
    "B01": 60,
    "B02": 10,
    "B03": 10,
    "B04": 10,
    "B05": 20,
    "B06": 20,
    "B07": 20,
    "B08": 10,
    "B8A": 20,
    "B09": 60,
    "B10": 60,
    "B11": 20,
    "B12": 20,
}
L1C_BANDS = tuple(RESOLUTIONS)
L2A_BANDS = tuple(name for name in RESOLUTIONS if name != "B10")
TEN_METRE_BANDS = ("B02", "B03", "B04", "B08")
# What the metadata of a product call its bands: the place of each in the instrument's spectrum.
BAND_NUMBER = {name: number for number, name in enumerate(RESOLUTIONS)}
DAY = "2020-02-02"


# Sentinel-2 products


@dataclass(frozen=True)
class Safe:
    """A SAFE product to be written; `pixels` replaces the digital numbers of bands (and SCL).

    `columns` (first, end) are the 10 m columns that hold data, as in a half tile; a coarser pixel
    holds data when it touches one of them. `offset` goes into the metadata for every band.
    """

    sensed: str = "20200202T104351"
    level: str = "L2A"
    baseline: str = "0214"
    size: int = 60
    cloud_percent: float = 0.0
    offset: int | None = None
    generated: str = "20200202T134500"
    columns: tuple[int, int] | None = None
    pixels: Mapping[str, NDArray[Any]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"S2A_MSI{self.level}_{self.sensed}_N{self.baseline}_R008_T{TILE}_{self.generated}"

    @property
    def granule(self) -> str:
        return f"GRANULE/{self.level}_T{TILE}_A000001_{self.sensed}"

    @property
    def bands(self) -> tuple[str, ...]:
        return L1C_BANDS if self.level == "L1C" else L2A_BANDS

    def numbers(self, band: str) -> NDArray[np.uint16]:
        """The digital numbers of a band at its own resolution: by default a tilted plane."""
        resolution = 20 if band == "SCL" else RESOLUTIONS[band]
        size = self.size * 10 // resolution
        if band in self.pixels:
            pixels = np.asarray(self.pixels[band])
            assert pixels.shape == (size, size), (band, pixels.shape, size)
        elif band == "SCL":
            pixels = np.full((size, size), 4)
        else:
            row, column = np.indices((size, size))
            pixels = 1500 + 40 * BAND_NUMBER[band] + (7 * column + 11 * row) * resolution // 10
        if self.columns is not None:
            first, end = self.columns
            column = np.arange(size) * resolution // 10
            there = (column + resolution // 10 > first) & (column < end)
            pixels = np.where(there, pixels, 0)
        return pixels.astype(np.uint16)

    def path_of(self, band: str) -> str:
        """Where the file of a band lies inside the product."""
        stem = f"T{TILE}_{self.sensed}_{band}"
        if self.level == "L1C":
            return f"{self.granule}/IMG_DATA/{stem}.jp2"
        resolution = 20 if band == "SCL" else RESOLUTIONS[band]
        return f"{self.granule}/IMG_DATA/R{resolution}m/{stem}_{resolution}m.jp2"


def write_safe(folder: Path, safe: Safe) -> Path:
    """Write the product as `folder`/NAME.SAFE in the real layout, JPEG 2000 without loss."""
    root = folder / f"{safe.name}.SAFE"
    for band in (*safe.bands, *(["SCL"] if safe.level == "L2A" else [])):
        resolution = 20 if band == "SCL" else RESOLUTIONS[band]
        path = root / safe.path_of(band)
        _write_jp2(path, safe.numbers(band), resolution)
    (root / f"MTD_MSI{safe.level}.xml").write_text(_product_xml(safe), encoding="utf-8")
    (root / safe.granule / "MTD_TL.xml").write_text(_tile_xml(safe), encoding="utf-8")
    return root


def _write_jp2(path: Path, numbers: NDArray[np.uint16], resolution: int) -> None:
    pixels = numbers.astype(np.uint8) if "_SCL_" in path.name else numbers
    write_jp2_file(path, pixels, CRS, Affine(resolution, 0, WEST, 0, -resolution, NORTH))


def _product_xml(safe: Safe) -> str:
    number = {"L1C": "Level-1C", "L2A": "Level-2A"}[safe.level]
    tag = {"L1C": "RADIO_ADD_OFFSET", "L2A": "BOA_ADD_OFFSET"}[safe.level]
    quantification = {"L1C": "QUANTIFICATION_VALUE", "L2A": "BOA_QUANTIFICATION_VALUE"}[safe.level]
    offsets = "".join(
        f'<{tag} band_id="{number}">{safe.offset}</{tag}>' for number in BAND_NUMBER.values()
    )
    files = "".join(
        f"<IMAGE_FILE>{safe.path_of(band).removesuffix('.jp2')}</IMAGE_FILE>" for band in safe.bands
    )
    time_of = (
        f"{safe.sensed[:4]}-{safe.sensed[4:6]}-{safe.sensed[6:8]}"
        f"T{safe.sensed[9:11]}:{safe.sensed[11:13]}:{safe.sensed[13:]}.000Z"
    )
    return (
        f'<n1:{number}_User_Product xmlns:n1="https://psd-14.sentinel2.eo.esa.int/PSD/x.xsd">'
        f"<n1:General_Info><Product_Info><PRODUCT_START_TIME>{time_of}</PRODUCT_START_TIME>"
        f"<PRODUCT_URI>{safe.name}.SAFE</PRODUCT_URI><PROCESSING_LEVEL>{number}"
        f"</PROCESSING_LEVEL><PROCESSING_BASELINE>{safe.baseline[:2]}.{safe.baseline[2:]}"
        f"</PROCESSING_BASELINE>{files}</Product_Info><Product_Image_Characteristics>"
        f'<{quantification} unit="none">10000</{quantification}>'
        f"{'' if safe.offset is None else offsets}</Product_Image_Characteristics>"
        "</n1:General_Info><n1:Geometric_Info><EXT_POS_LIST>"
        f"{_positions(safe)}</EXT_POS_LIST></n1:Geometric_Info><n1:Quality_Indicators_Info>"
        f"<Cloud_Coverage_Assessment>{safe.cloud_percent}</Cloud_Coverage_Assessment>"
        f"</n1:Quality_Indicators_Info></n1:{number}_User_Product>"
    )


def _positions(safe: Safe) -> str:
    """The corners of the product's data, latitude before longitude."""
    first, end = safe.columns or (0, safe.size)
    south = NORTH - 10 * safe.size
    corners = [(first, NORTH), (end, NORTH), (end, south), (first, south), (first, NORTH)]
    to_lonlat = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)
    places = [to_lonlat.transform(WEST + 10 * column, y) for column, y in corners]
    return " ".join(f"{lat:.9f} {lon:.9f}" for lon, lat in places)


def _tile_xml(safe: Safe) -> str:
    parts = []
    for resolution in (10, 20, 60):
        size = safe.size * 10 // resolution
        parts.append(
            f'<Size resolution="{resolution}"><NROWS>{size}</NROWS><NCOLS>{size}</NCOLS></Size>'
            f'<Geoposition resolution="{resolution}"><ULX>{WEST}</ULX><ULY>{NORTH}</ULY>'
            f"<XDIM>{resolution}</XDIM><YDIM>-{resolution}</YDIM></Geoposition>"
        )
    return (
        '<n1:Tile_ID xmlns:n1="https://psd-14.sentinel2.eo.esa.int/PSD/y.xsd">'
        f"<n1:Geometric_Info><Tile_Geocoding><HORIZONTAL_CS_CODE>{CRS}</HORIZONTAL_CS_CODE>"
        f"{''.join(parts)}</Tile_Geocoding></n1:Geometric_Info></n1:Tile_ID>"
    )


# masks


def placed(column: float, row: float, resolution: float, degrees: float = 0.0) -> Affine:
    """The transform of a mask whose corner is at (column, row) of the products' 10 m grid."""
    return (
        Affine.translation(WEST + 10 * column, NORTH - 10 * row)
        @ Affine.rotation(degrees)
        @ Affine.scale(resolution, -resolution)
    )


def write_mask(
    path: Path,
    pixels: NDArray[Any],
    transform: Affine,
    *,
    crs: str | None = CRS,
    nodata: float | None = None,
) -> Path:
    """Write a mask as a GeoTIFF."""
    path.parent.mkdir(parents=True, exist_ok=True)
    profile = {
        "driver": "GTiff",
        "dtype": pixels.dtype,
        "count": 1,
        "width": pixels.shape[1],
        "height": pixels.shape[0],
        "crs": crs,
        "transform": transform,
        "nodata": nodata,
    }
    with rasterio.open(path, "w", **profile) as dataset:
        dataset.write(pixels, 1)
    return path


def checkered(size: int = 40, block: int = 10) -> NDArray[np.uint8]:
    """A mask of squares of background and class 1."""
    row, column = np.indices((size, size)) // block
    return ((row + column) % 2).astype(np.uint8)


def registered(path: Path, date: str = DAY) -> Mask:
    """A mask file as `masks add` would register it."""
    mask = inspected(path, AddOptions(date=Acquired.parse(date)))
    assert mask.problem is None, mask.problem
    return mask


# workspaces


def make_pairs(
    store: Store, workspace: Workspace, options: RunOptions, progress: Progress
) -> RunOutcome:
    """Plan a run and make its pairs, as `pairs make` does."""
    return make_planned(store, workspace, plan(store, workspace, options), options, progress)


@dataclass(frozen=True)
class Case:
    """A workspace with its store, ready for `make_pairs`."""

    workspace: Workspace
    store: Store

    def make(self, options: RunOptions | None = None) -> RunOutcome:
        """One run, its progress unheard."""
        return make_pairs(
            self.store, self.workspace, options or RunOptions(workers=1), lambda *_: None
        )

    def states(self) -> dict[str, str]:
        """The state of each pair by the mask's name and the scene's day."""
        return {
            f"{Path(pair.mask_name).stem} {pair.scene_ids[0].split('_')[2][:8]}": pair.state
            for pair in self.store.pairs()
        }

    def pair_ids(self) -> dict[str, str]:
        """The id of each pair by the mask's name and the scene's day."""
        return {
            f"{Path(pair.mask_name).stem} {pair.scene_ids[0].split('_')[2][:8]}": pair.pair_id
            for pair in self.store.pairs()
        }


def open_case(root: Path) -> Case:
    """A workspace that is there, or a new one."""
    workspace = Workspace(root)
    return Case(workspace, open_store(workspace))


def prepare(root: Path, masks: Sequence[Mask], products: Path, days: int = 10) -> Case:
    """A workspace in which `masks` were added and searched for among the products of a folder."""
    case = open_case(root)
    case.store.put_masks(masks)
    find_scenes(case, masks, products, days)
    return case


def find_scenes(case: Case, masks: Sequence[Mask], products: Path, days: int = 10) -> None:
    """Search the folder and remember what was found, as `scenes search` does."""
    outcome = search(masks, [open_source(f"local:{products}")], SceneQuery(days), RankingSettings())
    assert not outcome.problems, outcome.problems
    case.store.put_scenes(outcome.scenes)
    case.store.put_candidates(outcome.ranked)


def numbered_masks(folder: Path, count: int, date: str = DAY) -> list[Mask]:
    """`count` small masks side by side: m0.tif, m1.tif …, each of 8 by 8 pixels of 10 m."""
    pixels = checkered(8, 4)
    return [
        registered(write_mask(folder / f"m{n}.tif", pixels, placed(2 + 9 * n, 3, 10)), date)
        for n in range(count)
    ]


# what tests run in other processes

STALLED = "stalled"
RELEASE = "release"


def crash_on_m1(task: PairTask) -> PairOutcome:
    """`make_pair`, but over m1 the process dies, as GDAL does over some damaged files."""
    if task.mask.name == "m1.tif":
        os._exit(7)
    return make.make_pair(task)


def stall_in_the_middle(task: PairTask) -> PairOutcome:
    """`make_pair`, but all pairs except m0's wait half written until a file `release` appears."""
    if task.mask.name != "m0.tif":
        workspace = Path(task.folder).parent.parent
        write_document = files.write_document

        def stalled(folder: Path, document: Mapping[str, Any]) -> None:
            (workspace / STALLED).write_text(str(os.getpid()))
            while not (workspace / RELEASE).exists():
                time.sleep(0.01)
            write_document(folder, document)

        files.write_document = stalled
        try:
            return make.make_pair(task)
        finally:
            files.write_document = write_document
    return make.make_pair(task)


def product_of(a: int, b: int) -> int:
    return a * b


def own_pid() -> int:
    return os.getpid()


def exit_now(code: int) -> None:
    os._exit(code)


def kill_oneself() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def complain(text: str) -> None:
    raise ValueError(text)


def touch_then_sleep(path: str, seconds: float) -> None:
    Path(path).touch()
    time.sleep(seconds)


def unsendable() -> Any:
    return lambda: None


class DemandingError(Exception):
    """Like some exceptions of libraries: what it pickles is not what its constructor needs."""

    def __init__(self, file: str, line: int) -> None:
        super().__init__(f"{file}:{line}")


def raise_demanding() -> None:
    raise DemandingError("x.py", 3)


def demanding_result() -> DemandingError:
    return DemandingError("x.py", 3)
