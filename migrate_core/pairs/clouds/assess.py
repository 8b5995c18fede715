"""What occludes the ground of a pair in Sentinel-2, by the method that fits its products."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ...grid import BoolArray, PixelGrid, Window
from ...products.pixels.reading import read_scene_classification
from ...products.product import Product, SunAngles
from ...products.scene_classes import SCL_FLAGS, Flag
from ..flags import OCCLUSION_KINDS
from ..image.mosaic import Mosaic, on_grid, on_one_grid
from . import detector, spectral
from .detect import NOTHING, CloudFlags, look
from .methods import PRODUCT, S2CLOUDLESS, SCL, Choice, choose
from .window import CLOUD_M, HIGHEST_CLOUD_M, MARGIN_M, SHADOW_M, reach


@dataclass(frozen=True)
class CloudFinding:
    """How the clouds of some products were assessed, for pair.json.

    `asked` is one of settings.CLOUDS, `method` what was used (None: nothing could be), `reason`
    why it isn't the first choice; `known` are the kinds that were looked for, `unknown_because`
    why others weren't. Lengths are in metres: `margin_m` is how far around the pair clouds were
    looked for, `sunward_m` how much farther to the sun's side, `cloud_heights_m` those of clouds
    whose shadows were found, up to `highest_cloud_m`.
    """

    asked: str
    method: str | None
    reason: str | None
    product_ids: tuple[str, ...]
    known: tuple[str, ...]
    unknown_because: tuple[str, ...] = ()
    cloud_resolution_m: float | None = None
    shadow_resolution_m: float | None = None
    margin_m: float | None = None
    sunward_m: float | None = None
    sun: SunAngles | None = None
    highest_cloud_m: float | None = None
    cloud_heights_m: tuple[int, ...] = ()
    thresholds: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Clouds:
    """`flags` (height, width) uint8 of `quality.Flag`, and which of them are `known` everywhere.

    `disputed` (height, width) is where the product's own mask has opaque cloud and s2cloudless,
    by which the flags are, sees nothing.
    """

    flags: NDArray[np.uint8]
    known: Flag
    disputed: BoolArray
    findings: tuple[CloudFinding, ...] = ()

    def part(self, window: Window) -> Clouds:
        """What lies in a window."""
        where = window.slices
        return replace(self, flags=self.flags[where], disputed=self.disputed[where])


def assess_clouds(
    products: Sequence[Product], grid: PixelGrid, found: Mosaic, asked: str = "auto"
) -> Clouds:
    """The flags of each pixel of `grid` by the product that it is from.

    `asked` is one of settings.CLOUDS. Raises ProductError, also when a method is asked for that
    the products don't allow.
    """
    flags = np.zeros(grid.shape, dtype=np.uint8)
    disputed = np.zeros(grid.shape, dtype=bool)
    known, findings = OCCLUSION_KINDS, []
    used = [int(number) for number in np.unique(found.origin)]
    for choice, indexes in _groups(products, used, asked):
        group = [products[number] for number in indexes]
        cloud_flags = _detected(group, grid, choice.method)
        here = np.isin(found.origin, indexes)
        flags[here] = cloud_flags.flags[here]
        if cloud_flags.disputed is not None:
            disputed[here] = cloud_flags.disputed[here]
        known &= cloud_flags.known
        findings.append(_finding(group, asked, choice, cloud_flags))
    return Clouds(flags, known, disputed, tuple(findings))


def _groups(
    products: Sequence[Product], used: Sequence[int], asked: str
) -> list[tuple[Choice, list[int]]]:
    """Numbers of products that are assessed together, by one method.

    Those of one grid are, as halves and neighbouring tiles of one UTM zone, so that a cloud in
    one of them shades the other; a scene classification has its shadows already.
    """
    groups: list[tuple[Choice, list[int]]] = []
    for number in used:
        choice = choose(products[number], asked)
        for other, indexes in groups:
            together = other == choice and choice.method in (S2CLOUDLESS, PRODUCT)
            if together and on_one_grid(products[number], products[indexes[0]]):
                indexes.append(number)
                break
        else:
            groups.append((choice, [number]))
    return groups


def _detected(products: Sequence[Product], grid: PixelGrid, method: str | None) -> CloudFlags:
    """The clouds over `grid`, whatever grid the products are on."""
    if method is None:
        return CloudFlags(np.zeros(grid.shape, dtype=np.uint8), NOTHING)
    assessed: list[CloudFlags] = []

    def flags(first: Product, own: PixelGrid) -> NDArray[np.uint8]:
        """As `on_grid` wants it: flags on a block of the grid of the first product."""
        assessed.append(_classified(first, own) if method == SCL else look(products, own, method))
        return assessed[0].flags

    def disputed(_first: Product, _own: PixelGrid) -> NDArray[np.uint8] | None:
        found = assessed[0].disputed
        return None if found is None else found.astype(np.uint8)

    found = on_grid(products[0], grid, flags)
    if found is None:
        raise ValueError(f"{products[0].product_id} gave no flags")
    argued = on_grid(products[0], grid, disputed)
    return replace(assessed[0], flags=found, disputed=None if argued is None else argued == 1)


def _classified(product: Product, grid: PixelGrid) -> CloudFlags:
    classes = read_scene_classification(product, grid)
    if classes is None:
        raise ValueError(f"{product.product_id} has no scene classification")
    return CloudFlags(SCL_FLAGS[classes], OCCLUSION_KINDS)


def _finding(
    products: Sequence[Product], asked: str, choice: Choice, cloud_flags: CloudFlags
) -> CloudFinding:
    """What pair.json says of one group."""
    finding = CloudFinding(
        asked,
        choice.method,
        choice.reason,
        tuple(product.product_id for product in products),
        tuple(str(flag.name).lower() for flag in OCCLUSION_KINDS if flag in cloud_flags.known),
        cloud_flags.without,
    )
    if choice.method in (None, SCL):
        return finding
    sun = products[0].sun
    away = None if sun is None else reach(sun)
    return replace(
        finding,
        cloud_resolution_m=CLOUD_M,
        shadow_resolution_m=SHADOW_M,
        margin_m=MARGIN_M,
        sunward_m=None if away is None else round(away.farthest_m),
        sun=sun,
        highest_cloud_m=None if away is None else HIGHEST_CLOUD_M,
        cloud_heights_m=cloud_flags.heights_m,
        thresholds=_S2CLOUDLESS_THRESHOLDS if choice.method == S2CLOUDLESS else {},
    )


_S2CLOUDLESS_THRESHOLDS = {
    "probability": detector.THRESHOLD,
    "averaged_over_m": detector.AVERAGE_OVER * CLOUD_M,
    "grown_by_m": detector.GROWN_BY * CLOUD_M,
    "cirrus_b10": spectral.CIRRUS_ABOVE,
    "thin_red": spectral.THIN_BELOW,
}
