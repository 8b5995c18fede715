"""By which method clouds are assessed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from migrate_core.errors import ProductError
from migrate_core.pairs.clouds import detector
from migrate_core.pairs.clouds.methods import Choice, choose
from migrate_core.products.opening import open_product
from migrate_core.products.product import CloudMask, Product
from tests.support.pairs import Safe, write_safe

MASK = CloudMask(polygons=lambda: b"")


@pytest.fixture(scope="module")
def l1c(tmp_path_factory: pytest.TempPathFactory) -> Product:
    safe = Safe(level="L1C", baseline="0208", size=12)
    product = open_product(write_safe(tmp_path_factory.mktemp("l1c"), safe))
    return replace(product, cloud_mask=MASK)


@pytest.fixture(scope="module")
def l2a(tmp_path_factory: pytest.TempPathFactory) -> Product:
    product = open_product(write_safe(tmp_path_factory.mktemp("l2a"), Safe(size=12)))
    return replace(product, cloud_mask=None)


def without(product: Product, name: str) -> Product:
    return replace(product, bands=tuple(band for band in product.bands if band.name != name))


def test_each_level_has_its_first_choice(l1c: Product, l2a: Product) -> None:
    assert choose(l1c, "auto") == Choice("s2cloudless")
    assert choose(l2a, "auto") == Choice("scl")


@pytest.mark.parametrize("asked", ["s2cloudless", "product"])
def test_what_is_asked_for_is_used(l1c: Product, asked: str) -> None:
    assert choose(l1c, asked) == Choice(asked)


def test_without_one_of_its_bands_s2cloudless_gives_way_to_the_products_mask(l1c: Product) -> None:
    found = choose(without(l1c, "B10"), "auto")
    assert found.method == "product"
    assert found.reason is not None
    assert "B10" in found.reason
    # It doesn't need this one.
    assert choose(without(l1c, "B06"), "auto") == Choice("s2cloudless")


def test_without_the_package_the_products_mask_is_used(
    l1c: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> None:
        raise ImportError("No module named 's2cloudless'")

    monkeypatch.setattr(detector, "_package", missing)
    found = choose(l1c, "auto")
    assert found.method == "product"
    assert "pip install s2cloudless" in str(found.reason)
    with pytest.raises(ProductError, match=r"pip install s2cloudless.*--clouds product"):
        choose(l1c, "s2cloudless")


def test_where_nothing_can_be_used_clouds_are_not_known_and_it_is_said_why(l1c: Product) -> None:
    bare = replace(without(l1c, "B01"), cloud_mask=None)
    found = choose(bare, "auto")
    assert found.method is None
    assert "B01" in str(found.reason)
    assert "no cloud mask" in str(found.reason)


def test_l2a_without_a_scene_classification_goes_by_its_mask(l2a: Product) -> None:
    bare = replace(l2a, scene_classification=None, cloud_mask=MASK)
    assert choose(bare, "auto").method == "product"


@pytest.mark.parametrize(
    ("level", "asked", "words"),
    [
        ("L1C", "scl", "no scene classification.*--clouds s2cloudless or --clouds product"),
        ("L2A", "s2cloudless", "top-of-atmosphere.*--clouds scl or --clouds auto"),
        ("L2A", "product", "no cloud mask.*--clouds scl"),
    ],
)
def test_what_a_product_does_not_allow_is_refused_with_what_it_does(
    l1c: Product, l2a: Product, level: str, asked: str, words: str
) -> None:
    product = l1c if level == "L1C" else l2a
    with pytest.raises(ProductError, match=words) as caught:
        choose(product, asked)
    assert product.product_id in str(caught.value)
