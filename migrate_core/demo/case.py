"""Making the whole case, once."""

import itertools
import json
import shutil
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from .acquisitions import ACQUISITIONS, Acquisition
from .clouds import make_clouds
from .grids import FloatArray
from .ground.landscape import mixed_reflectance
from .ground.mines import Mine, make_mines
from .ground.paint import make_landscape
from .product.product import Product
from .product.safe_writer import write_product
from .scene import Scene, record
from .sites import SITES, write_site
from .truth import write_truth

THREADS = 2
# Sites, acquisitions, and two products of each acquisition.
_PARTS = len(SITES) + 3 * len(ACQUISITIONS)

# Is told how many parts of the case are made, of how many; may raise to stop.
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class DemoCase:
    """Folders of a complete case.

    Attributes:
        masks: label rasters, uint8 GeoTIFF.
        images: the images they were drawn on; same stem as the mask.
        scenes: Sentinel-2 products, SAFE folders and zips.
        truth: objects.geojson, clouds_*.tif, truth.json.
    """

    masks: Path
    images: Path
    scenes: Path
    truth: Path


def make_demo(
    directory: Path,
    seed: int = 7,
    scratch: Path | None = None,
    progress: Progress | None = None,
) -> DemoCase:
    """Make the synthetic case in `directory`, or find it there.

    `progress` is told of each part that is made. The same seed gives the same files. The case is
    written in `scratch`, an empty folder on the same disk (by default a new one beside its
    destination), and renamed when complete, so a directory that exists is either complete or not
    ours.

    Raises:
        FileExistsError: `directory` holds something else, or the case of another seed.
    """
    if _is_made(directory, seed):
        return _case(directory)
    directory.parent.mkdir(parents=True, exist_ok=True)
    if scratch is None:
        scratch = Path(tempfile.mkdtemp(prefix=f".{directory.name}.", dir=directory.parent))
    try:
        made = scratch / "demo"
        _write(made, seed, progress)
        if directory.is_dir():
            directory.rmdir()
        made.rename(directory)
    except OSError:
        # Somebody else may have been faster; then theirs is as good as ours.
        if not _is_made(directory, seed):
            raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return _case(directory)


def _case(directory: Path) -> DemoCase:
    return DemoCase(*(directory / name for name in ("masks", "images", "scenes", "truth")))


def _is_made(directory: Path, seed: int) -> bool:
    """Whether the complete case is there; an empty directory is as good as none."""
    if not directory.exists() or (directory.is_dir() and not any(directory.iterdir())):
        return False
    truth = directory / "truth" / "truth.json"
    if not truth.is_file():
        raise FileExistsError(
            f"{directory} exists and isn't a demo case; give an empty or a new directory"
        )
    found = json.loads(truth.read_text(encoding="utf-8"))["seed"]
    if found != seed:
        raise FileExistsError(
            f"{directory} holds the demo case of seed {found}, not of seed {seed}; "
            "give another directory or delete it"
        )
    return True


def _write(directory: Path, seed: int, progress: Progress | None) -> None:
    case = _case(directory)
    for folder in (case.masks, case.images, case.scenes, case.truth):
        folder.mkdir(parents=True)
    parts = itertools.count(1)

    def made() -> None:
        if progress is not None:
            progress(next(parts), _PARTS)

    mines = make_mines(np.random.default_rng((seed, 1)))
    ground = make_landscape(np.random.default_rng((seed, 2)), mines)
    shares = ground.average_shares()
    for site in SITES:
        write_site(site, ground, mines, (case.masks, case.images), seed)
        made()
    scenes = _write_scenes(case.scenes, partial(_acquire, shares, mines, seed), made)
    write_truth(case.truth, seed, mines, scenes)


def _write_scenes(
    folder: Path, acquire: Callable[[Acquisition], Scene], made: Callable[[], None]
) -> tuple[Scene, ...]:
    """All acquisitions with both products of each; `made` is called after each of them."""
    scenes = []
    # GDAL encodes outside Python's lock, so threads are enough to keep the cores busy.
    with ThreadPoolExecutor(THREADS) as pool:
        for scene in pool.map(acquire, ACQUISITIONS):
            scenes.append(scene)
            made()
        jobs = [
            pool.submit(write_product, product, folder, packaging)
            for scene in scenes
            for product, packaging in zip(
                (Product(scene, "L1C"), Product(scene, "L2A")),
                scene.acquisition.packaging,
                strict=True,
            )
        ]
        for job in as_completed(jobs):
            job.result()
            made()
    return tuple(scenes)


def _acquire(
    shares: FloatArray, mines: tuple[Mine, ...], seed: int, acquisition: Acquisition
) -> Scene:
    rng = np.random.default_rng((seed, acquisition.sensed_at.toordinal()))
    cloud_layers = make_clouds(rng, acquisition, mines)
    return record(acquisition, mixed_reflectance(shares, acquisition.season), cloud_layers, seed)
