"""The radiometric offset: who is used, and what dark pixels say of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from numpy.typing import NDArray

from migrate_core.products.offsets import (
    DARK_BANDS,
    ITEM_SAYS_NOTHING,
    OffsetSource,
    ask_pixels,
    by_metadata,
    raster_offset,
    resolve_offset,
)
from migrate_core.products.opening import open_product
from migrate_core.products.pixels.reading import DigitalNumbers
from migrate_core.products.stac.item import describe_item, reduced
from tests.support.bands import read_bands
from tests.support.builders import BANDS_L2A, Safe, stac_item

BANDS = ("B02", "B03", "B04")
FLAG = "earthsearch:boa_offset_applied"


def item(
    flag: bool | None = None, offset: float | None = None, form: str = "1.0"
) -> dict[str, Any]:
    scaled = {} if offset is None else {"scale": 0.0001, "offset": offset}
    prefixed = {f"raster:{name}": value for name, value in scaled.items()}
    asset: dict[str, Any] = {
        "1.0": {"raster:bands": [scaled]},
        "1.1": {"bands": [prefixed]},
        "1.1 on the asset": {"bands": [{"name": "x"}], **prefixed},
    }[form]
    return {
        "properties": {} if flag is None else {FLAG: flag},
        "assets": {band: {"href": "x", **asset} for band in BANDS},
    }


def metadata(offset: int | None) -> OffsetSource:
    if offset is None:
        return OffsetSource({}, "no BOA_ADD_OFFSET in the product's metadata: 0")
    return OffsetSource(dict.fromkeys(BANDS, offset), "BOA_ADD_OFFSET in the product's metadata")


# documents


# What is used by what else than an item's own offset and flag: nothing known, before 04.00,
# since; "?" is a warning.
OLD, NEW, UNKNOWN = ("02.14", "03.01"), ("04.00", "05.11"), ("", "99.99", "00.01")
DECISIONS = [
    # flag, raster: old, new, unknown
    (None, None, "0", "-1000", "0?"),
    (None, 0.0, "0", "0", "0"),
    (None, -0.1, "-1000", "-1000", "-1000"),
    (True, None, "0", "0", "0"),
    (True, 0.0, "0", "0", "0"),
    (True, -0.1, "0?", "0?", "0?"),
    (False, None, "0", "-1000", "0?"),
    (False, 0.0, "0", "0?", "0"),
    (False, -0.1, "-1000", "-1000", "-1000"),
]
# The same with the product's own metadata, that have no offset or have it.
DECISIONS_WITH_NONE = [
    (None, None, "0", "0?", "0"),
    (None, 0.0, "0", "0?", "0"),
    (None, -0.1, "0?", "0?", "0?"),
    (True, None, "0", "0?", "0"),
    (True, 0.0, "0", "0?", "0"),
    (True, -0.1, "0?", "0?", "0?"),
    (False, None, "0", "0?", "0"),
    (False, 0.0, "0", "0?", "0"),
    (False, -0.1, "0?", "0?", "0?"),
]
DECISIONS_WITH_OFFSET = [
    (None, None, "-1000", "-1000", "-1000"),
    (None, 0.0, "-1000?", "-1000?", "-1000?"),
    (None, -0.1, "-1000", "-1000", "-1000"),
    (True, None, "-1000?", "-1000?", "-1000?"),
    (True, 0.0, "-1000?", "-1000?", "-1000?"),
    (True, -0.1, "-1000?", "-1000?", "-1000?"),
    (False, None, "-1000", "-1000", "-1000"),
    (False, 0.0, "-1000?", "-1000?", "-1000?"),
    (False, -0.1, "-1000", "-1000", "-1000"),
]
EVERY = [
    (stated, flag, raster, baseline, expected)
    for stated, table in (
        (None, DECISIONS),
        (metadata(None), DECISIONS_WITH_NONE),
        (metadata(-1000), DECISIONS_WITH_OFFSET),
    )
    for flag, raster, *row in table
    for baselines, expected in zip((OLD, NEW, UNKNOWN), row, strict=True)
    for baseline in baselines
]


@pytest.mark.parametrize("form", ["1.0", "1.1", "1.1 on the asset"])
@pytest.mark.parametrize(("stated", "flag", "raster", "baseline", "expected"), EVERY)
def test_the_whole_decision(
    stated: OffsetSource | None,
    flag: bool | None,
    raster: float | None,
    baseline: str,
    expected: str,
    form: str,
) -> None:
    decision = resolve_offset(BANDS, item(flag, raster, form), baseline, stated)
    (offset,) = set(decision.offsets.values())
    assert f"{offset}{'?' * bool(decision.warnings)}" == expected
    assert set(decision.offsets) == set(BANDS)


def test_every_combination_is_decided() -> None:
    combinations = {(flag, raster) for flag, raster, *_ in DECISIONS}
    assert len(combinations) == 3 * 3 == len(DECISIONS)
    assert len(EVERY) == 3 * 9 * 7


@pytest.mark.parametrize(
    ("stated", "flag", "raster", "baseline", "origin"),
    [
        (metadata(-1000), True, 0, "05.11", "BOA_ADD_OFFSET in the product's metadata"),
        (metadata(None), True, 0, "05.11", "no BOA_ADD_OFFSET"),
        (None, True, -0.1, "05.11", "boa_offset_applied is true"),
        (None, False, -0.1, "02.14", "raster extension"),
        (None, False, None, "05.11", "baseline 05.11"),
        (None, None, None, "", "baseline (unknown)"),
        (None, None, None, "99.99", "baseline 99.99"),
    ],
)
def test_it_is_said_who_was_believed(
    stated: OffsetSource | None, flag: bool | None, raster: float | None, baseline: str, origin: str
) -> None:
    assert origin in resolve_offset(BANDS, item(flag, raster), baseline, stated).origin


@pytest.mark.parametrize("flag", ["true", 1, None, [], {}])
def test_a_garbled_flag_says_nothing(flag: Any) -> None:
    found = item(None, None)
    found["properties"][FLAG] = flag
    assert resolve_offset(BANDS, found, "99.99").warnings == (ITEM_SAYS_NOTHING,)


@pytest.mark.parametrize("baseline", ["N9999", "99.99", "", None, "unknown", 4.0, "N0001", "0.01"])
def test_an_item_without_an_official_baseline_is_doubted(baseline: Any) -> None:
    described = stac_item(Safe(), **{"s2:processing_baseline": baseline, FLAG: None})
    described["properties"]["s2:product_uri"] = None
    scene = describe_item(described)
    decision = resolve_offset(BANDS_L2A, reduced(described), scene.baseline)
    assert set(decision.offsets.values()) == {0}
    assert decision.warnings == (ITEM_SAYS_NOTHING,)


def test_an_offset_that_is_stated_of_some_bands_holds_for_all_with_a_doubt() -> None:
    stated = OffsetSource({"B02": -1000, "B03": -1000}, "BOA_ADD_OFFSET in MTD_MSIL2A.xml")
    decision = by_metadata(BANDS, "99.99", stated)
    assert decision.offsets == dict.fromkeys(BANDS, -1000)
    (warning,) = decision.warnings
    assert "but not for B04, where -1000 was used" in warning
    found = item(None, -0.1)
    del found["assets"]["B02"]["raster:bands"]
    (warning,) = resolve_offset(BANDS, found, "05.11").warnings
    assert "but not for B02" in warning


def test_bands_may_differ_and_those_that_say_nothing_follow_the_others() -> None:
    found = item(None, -0.1)
    found["assets"]["B03"]["raster:bands"] = [{"scale": 0.0001, "offset": 0}]
    del found["assets"]["B04"]["raster:bands"]
    assert resolve_offset(BANDS, found, "").offsets == {"B02": -1000, "B03": 0, "B04": -1000}


@pytest.mark.parametrize(
    ("asset", "offset"),
    [
        ({"raster:bands": [{"scale": 0.0001, "offset": -0.1}]}, -1000),
        ({"raster:scale": 0.0001, "raster:offset": -0.1}, -1000),
        ({"bands": [{"raster:scale": 0.0001, "raster:offset": -0.1}]}, -1000),
        ({"bands": [{"name": "B02"}], "raster:scale": 0.0001, "raster:offset": 0}, 0),
        ({"raster:bands": [{"offset": -0.1}]}, None),
        ({"raster:bands": [{"scale": 0, "offset": -0.1}]}, None),
        ({"raster:bands": [{"scale": "x", "offset": -0.1}]}, None),
        ({"raster:bands": []}, None),
        ({"raster:bands": None, "bands": "x"}, None),
        ({}, None),
    ],
)
def test_the_raster_extension_is_read_in_either_version(
    asset: dict[str, Any], offset: int | None
) -> None:
    assert raster_offset(asset) == offset


# pixels: typical surface reflectances * 10000 of B02, B03, B04, B12

WATER = (350, 400, 250, 60)
FOREST = (250, 450, 300, 900)
SHADOW = (150, 180, 150, 120)
FIELD = (500, 800, 700, 2200)
DESERT = (1200, 2100, 3000, 4300)
CLOUD = (5500, 5400, 5300, 3500)
SNOW = (8500, 8400, 8200, 700)


def ground(
    *surfaces: tuple[tuple[int, int, int, int], int], noise: int = 40
) -> dict[str, NDArray[np.uint16]]:
    """Digital numbers without an offset: so many pixels of each surface, with some noise."""
    random = np.random.default_rng(7)
    pixels = {}
    for number, band in enumerate(DARK_BANDS):
        values = np.concatenate([np.full(count, surface[number]) for surface, count in surfaces])
        pixels[band] = (values + random.normal(0, noise, values.size)).clip(1).astype(np.uint16)
    return pixels


def with_offset(pixels: dict[str, NDArray[np.uint16]]) -> dict[str, NDArray[np.uint16]]:
    return {band: values + np.uint16(1000) for band, values in pixels.items()}


DARK_SCENES = {
    "water": ground((WATER, 1000)),
    "forest": ground((FOREST, 1000)),
    "a little water among fields": ground((FIELD, 900), (WATER, 100)),
    "cloud shadow": ground((CLOUD, 900), (SHADOW, 100)),
    "snow and forest": ground((SNOW, 500), (FOREST, 500)),
}


@pytest.mark.parametrize("name", DARK_SCENES)
def test_dark_surfaces_tell_whether_the_offset_is_in_the_pixels(name: str) -> None:
    assert ask_pixels(DARK_SCENES[name]).in_pixels is False
    assert ask_pixels(with_offset(DARK_SCENES[name])).in_pixels is True


def test_dark_pixels_of_l1c_never_say_that_the_offset_is_in_them() -> None:
    # Open country under a hazy cloud mask: the air alone lifts blue and green to 0.12.
    assert ask_pixels(with_offset(DARK_SCENES["water"]), "L1C").in_pixels is None
    assert ask_pixels(DARK_SCENES["water"], "L1C").in_pixels is False


@pytest.mark.parametrize("surface", [DESERT, CLOUD], ids=["desert", "cloud"])
def test_bright_surfaces_tell_nothing(surface: tuple[int, int, int, int]) -> None:
    assert ask_pixels(ground((surface, 1000))).in_pixels is None
    assert ask_pixels(with_offset(ground((surface, 1000)))).in_pixels is None


@pytest.mark.parametrize("name", DARK_SCENES)
@pytest.mark.parametrize("correction", [100, 200])
def test_reflectance_that_was_corrected_too_much_does_not_hide_an_offset(
    name: str, correction: int
) -> None:
    # Shadow and water down to a reflectance of -0.02.
    pixels = {band: values - np.uint16(correction) for band, values in _shifted(name).items()}
    assert ask_pixels(pixels).in_pixels is not False


def _shifted(name: str) -> dict[str, NDArray[np.uint16]]:
    return with_offset(DARK_SCENES[name])


def test_only_an_offset_of_0_is_shown_to_be_right() -> None:
    plain, shifted = ask_pixels(DARK_SCENES["water"]), ask_pixels(with_offset(DARK_SCENES["water"]))
    assert plain.settles(dict.fromkeys(BANDS, 0))
    assert not plain.settles(dict.fromkeys(BANDS, -1000))
    assert not plain.settles({"B02": 0, "B03": -1000})
    for offset in (0, -1000):
        assert not shifted.settles(dict.fromkeys(BANDS, offset))
        assert not ask_pixels(ground((CLOUD, 1000))).settles(dict.fromkeys(BANDS, offset))


def test_too_few_pixels_or_bands_tell_nothing() -> None:
    assert ask_pixels(ground((WATER, 199))).in_pixels is None
    without = {band: values for band, values in ground((WATER, 500)).items() if band != "B12"}
    assert ask_pixels(without).in_pixels is None
    assert ask_pixels({}).in_pixels is None


def test_no_data_and_saturated_pixels_do_not_count() -> None:
    pixels = with_offset(ground((WATER, 1000)))
    for values in pixels.values():
        values[:300] = 0
        values[300:400] = 65535
    assert ask_pixels(pixels).in_pixels is True


def test_a_wrong_belief_is_contradicted_in_words_and_a_right_one_is_not() -> None:
    plain, shifted = ask_pixels(DARK_SCENES["water"]), ask_pixels(with_offset(DARK_SCENES["water"]))
    assert plain.contradicts(0) is None
    assert shifted.contradicts(-1000) is None
    assert "pile up above 1000 (B02 " in str(shifted.contradicts(0))
    assert "darker" in str(plain.contradicts(-1000))
    for offset in (0, -1000):
        assert ask_pixels(ground((CLOUD, 1000))).contradicts(offset) is None


# real pixels


def test_real_pixels_tell_in_every_clear_window(require_data: Callable[[str], Path]) -> None:
    """Windows of 50 x 50 pixels over a reservoir and its hills on eleven dates."""
    reported = 0
    for folder in sorted(require_data("boadella").glob("stac/S2*")):
        bands = {band: rasterio.open(folder / f"{band}.tif").read(1) for band in DARK_BANDS}
        for row in range(0, 340, 50):
            for column in range(0, 340, 50):
                pixels = {
                    band: values[row : row + 50, column : column + 50]
                    if band != "B12"
                    else values[row // 2 : row // 2 + 25, column // 2 : column // 2 + 25]
                    for band, values in bands.items()
                }
                assert ask_pixels(pixels).in_pixels is not True, (folder.name, row, column)
                assert ask_pixels(with_offset(pixels)).in_pixels is not False
                reported += ask_pixels(pixels).in_pixels is False
    assert reported > 400


def real_windows(folder: Path) -> Iterator[tuple[int, dict[str, NDArray[np.uint16]]]]:
    """Windows of 50 x 50 pixels of SAFE products, with the offset that their metadata state."""
    for path in sorted(folder.glob("*.zip")):
        product = open_product(str(path))
        numbers: DigitalNumbers = {}
        read_bands(product, product.grid, "nearest", numbers)
        for row in range(0, product.grid.height - 49, 50):
            for column in range(0, product.grid.width - 49, 50):
                yield (
                    product.offsets["B04"],
                    {
                        band: (
                            numbers[band][row : row + 50, column : column + 50]
                            if band != "B12"
                            else numbers[band][
                                row // 2 : row // 2 + 25, column // 2 : column // 2 + 25
                            ]
                        )
                        for band in DARK_BANDS
                    },
                )


def test_no_window_of_real_products_settles_an_offset_wrongly(
    require_data: Callable[[str], Path],
) -> None:
    """Baselines 02.14, 03.01 and 04.00, as they are and with the offset put in or taken out."""
    counts: Counter[tuple[bool, bool | None]] = Counter()
    for offset, pixels in real_windows(require_data("boadella/safe")):
        if offset == 0:
            without, shifted = pixels, with_offset(pixels)
        else:
            shifted = pixels
            without = {band: (dn - 1000).clip(1) for band, dn in pixels.items() if (dn > 0).all()}
        for in_pixels, values in ((False, without), (True, shifted)):
            evidence = ask_pixels(values)
            counts[in_pixels, evidence.in_pixels] += 1
            believed = dict.fromkeys(DARK_BANDS, 0)
            assert not (in_pixels and evidence.settles(believed))
            assert in_pixels or not evidence.contradicts(0)
    assert counts[False, False] > 300
    assert counts[False, True] == 0
    assert counts[True, False] == 0
    assert counts[True, True] > 250


def test_all_bands_of_a_product_are_believed_alike() -> None:
    assert set(resolve_offset(BANDS_L2A, {}, "05.00").offsets) == set(BANDS_L2A)
