"""Which bands the parts of a pair have in common, and whether some may be missing."""

import pytest

from migrate_core.errors import ProductError
from migrate_core.pairs.image.bands import alike
from migrate_core.products.product import BandFile, Product, missing_bands
from tests.support.builders import BANDS_L2A, RESOLUTION, Safe


def product(*without: str) -> Product:
    there = [band for band in BANDS_L2A if band not in without]
    files = tuple(BandFile(band, f"/{band}.jp2", RESOLUTION[band], "JP2OpenJPEG") for band in there)
    missing = missing_bands("L2A", there)
    return Product("X", "L2A", "02.14", Safe().grid, files, None, {}, "", missing=missing)


def test_complete_products_stay_as_they_are() -> None:
    assert alike([product(), product()], allow_missing=False) == [product(), product()]


@pytest.mark.parametrize(
    ("without", "words"),
    [(("B8A",), "the band B8A is missing"), (("B02", "B11"), "the bands B02, B11 are missing")],
)
def test_missing_bands_are_named_with_the_way_to_do_without(
    without: tuple[str, ...], words: str
) -> None:
    with pytest.raises(ProductError, match=f"^X: {words}.*--allow-missing-bands"):
        alike([product(), product(*without)], allow_missing=False)


def test_parts_are_reduced_to_what_all_of_them_have() -> None:
    found = alike([product("B04"), product("B12")], allow_missing=True)
    for part in found:
        assert part.missing == ("B04", "B12")
        assert [band.name for band in part.bands] == [
            band for band in BANDS_L2A if band not in ("B04", "B12")
        ]


def test_parts_without_a_common_band_are_no_pair() -> None:
    others = tuple(band for band in BANDS_L2A if band != "B01")
    with pytest.raises(ProductError, match="no band in common"):
        alike([product("B01"), product(*others)], allow_missing=True)
