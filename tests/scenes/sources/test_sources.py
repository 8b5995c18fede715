"""A source says itself what it is, so that nobody asks by its name."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrate_core.errors import WrongUseError
from migrate_core.scenes.sources import (
    KINDS,
    SERVICES,
    Fetchers,
    local_source,
    open_source,
    source_of,
)
from migrate_core.settings import ServiceSettings
from tests.support.transfer import a_product_store


@pytest.mark.parametrize(
    ("spec", "is_local", "needs_fetching", "signs", "ways"),
    [
        ("local:/data", True, False, False, ["window"]),
        ("cdse", False, True, False, ["window", "bands", "product"]),
        ("cdse-stac", False, False, False, ["window"]),
        ("earth-search", False, False, False, ["window"]),
        ("planetary-computer", False, False, True, ["window"]),
        ("stac:https://host/v1#s2", False, False, False, ["window"]),
        ("dhus:https://host/dhus", False, True, False, ["product"]),
        ("of an older version", False, False, False, ["window"]),
    ],
)
def test_a_source_says_how_its_pixels_are_had(
    spec: str, is_local: bool, needs_fetching: bool, signs: bool, ways: list[str], tmp_path: Path
) -> None:
    source = source_of(spec)
    assert source.spec == spec
    assert (source.is_local, source.needs_fetching) == (is_local, needs_fetching)
    assert source.signs_addresses == signs
    assert [way.access for way in source.ways("L2A")] == ways
    fetchers = Fetchers(ServiceSettings(), a_product_store(tmp_path))
    assert (fetchers.of(spec) is not None) == needs_fetching
    assert fetchers.of(spec) is fetchers.of(spec)


def test_the_services_that_pages_offer_have_titles_and_can_be_opened() -> None:
    assert SERVICES == {
        "cdse": "Copernicus Data Space",
        "cdse-stac": "Copernicus Data Space, STAC",
        "earth-search": "Earth Search (AWS)",
        "planetary-computer": "Planetary Computer",
    }
    for spec in SERVICES:
        assert open_source(spec).spec == spec
        assert not open_source(spec).is_local


def test_the_copernicus_data_space_alone_has_a_quota() -> None:
    limits = {spec: source_of(spec).limits for spec in SERVICES}
    assert [spec for spec, found in limits.items() if found] == ["cdse"]
    assert limits["cdse"] is not None
    assert limits["cdse"].quota is not None


def test_what_users_are_told_of_sources() -> None:
    assert KINDS == (
        "local:PATH, cdse, cdse-stac, earth-search, planetary-computer, stac:URL#COLLECTION, "
        "dhus:URL"
    )
    assert local_source(Path("/data")) == "local:/data"


@pytest.mark.parametrize("spec", ["landsat", "local:", "dhus:host", "CDSE", ""])
def test_what_is_no_source_is_described_but_not_opened(spec: str) -> None:
    with pytest.raises(WrongUseError, match="not a scene source"):
        source_of(spec).open()
    with pytest.raises(WrongUseError, match="known are"):
        open_source(spec)
