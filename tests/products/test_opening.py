"""From a scene's address to its product."""

from pathlib import Path

import pytest

from migrate_core.errors import ProductError
from migrate_core.products.opening import open_product
from tests.support.builders import BANDS_L2A, Safe, write_safe, write_stac, zipped


def test_a_folder_a_zip_and_an_item_of_one_scene_are_one_product(tmp_path: Path) -> None:
    safe = Safe()
    folder = write_safe(tmp_path, safe)
    places = [folder, write_stac(tmp_path, safe)]
    products = [open_product(str(place)) for place in places]
    products.append(open_product(str(zipped(folder))))
    for product in products:
        assert product.product_id == safe.product_id
        assert product.grid == safe.grid
        assert tuple(band.name for band in product.bands) == BANDS_L2A
    assert [product.bands[0].driver for product in products] == [
        "JP2OpenJPEG",
        "GTiff",
        "JP2OpenJPEG",
    ]


@pytest.mark.parametrize("name", ["gone.SAFE", "gone.zip", "gone.json", "gone.geojson"])
def test_what_is_gone_is_a_product_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(ProductError, match=name.replace(".", r"\.")):
        open_product(str(tmp_path / name))
