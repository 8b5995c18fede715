"""`local:PATH`: folders of SAFE products, static STAC catalogues, and what is broken in them."""

import json
import shutil
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from migrate_core.errors import SourceError, WrongUseError
from migrate_core.scenes.access.opening import open_scene
from migrate_core.scenes.sources import open_source
from migrate_core.scenes.sources.local import LocalSource
from migrate_core.scenes.sources.protocol import SceneRequest
from tests.support.builders import (
    Safe,
    stac_item,
    write_catalogue,
    write_item,
    write_metadata,
    write_safe,
    zipped,
)
from tests.support.product_forms import flattened, neighbours, write_aws, write_old

A = Safe(sensed="20200121T104351")
B = Safe(sensed="20200126T104351", mission="S2B")
HERE = A.lonlat().bounds
ALL = SceneRequest(HERE, date(2015, 1, 1), date(2030, 1, 1), "L2A")


def ids(folder: Path, request: SceneRequest = ALL) -> list[str]:
    return sorted(scene.scene_id for scene in LocalSource(folder).search(request).scenes)


def catalogue(folder: Path, *safes: Safe) -> Path:
    """A static catalogue of items; returns its folder."""
    items = [stac_item(safe) for safe in safes]
    for item in items:
        write_item(folder, item)
    write_catalogue(folder, *(f"./{item['id']}/{item['id']}.json" for item in items))
    return folder


# products


def test_each_granule_of_an_old_product_is_a_scene_that_opens_as_itself(tmp_path: Path) -> None:
    granules = neighbours()
    write_old(tmp_path / "old", granules)
    west, south, east, north = granules[0].lonlat().union(granules[1].lonlat()).bounds
    request = SceneRequest((west, south, east, north), ALL.first_day, ALL.last_day, "L1C")
    scenes = LocalSource(tmp_path).search(request).scenes
    assert [scene.tile for scene in scenes] == ["31TDG", "31TEG"]
    assert len({scene.scene_id for scene in scenes}) == 2
    for scene, safe in zip(scenes, granules, strict=True):
        product = open_scene(scene)
        assert (product.product_id, product.grid) == (scene.scene_id, safe.grid)
    # Where only one of them lies, only that one is offered.
    inside = granules[1].lonlat().buffer(-1e-4).bounds
    (only,) = LocalSource(tmp_path).search(replace(request, bounds=inside)).scenes
    assert only.tile == "31TEG"


def test_products_of_every_layout_are_found_beside_one_another(tmp_path: Path) -> None:
    write_metadata(tmp_path, A)
    write_aws(tmp_path / "aws" / "2020", B)
    stray = Safe(sensed="20200131T104351")
    lost = write_safe(tmp_path, Safe(sensed="20200205T104351"))
    (lost / "MTD_MSIL2A.xml").unlink()
    lost.rename(lost.with_suffix(""))
    flattened(write_safe(tmp_path / "temporary", stray), tmp_path)
    shutil.rmtree(tmp_path / "temporary")
    assert ids(tmp_path) == sorted(
        [A.product_id, B.product_id, lost.stem, f"T31TDG_{stray.sensed}"]
    )


def test_a_folder_or_zip_that_is_only_called_like_a_product_is_a_problem(tmp_path: Path) -> None:
    write_metadata(tmp_path, A)
    (tmp_path / f"{B.product_id}.SAFE").mkdir()
    with zipfile.ZipFile(tmp_path / f"{B.product_id}.zip", "w") as archive:
        archive.writestr("readme.txt", "")
    result = LocalSource(tmp_path).search(ALL)
    assert len(result.scenes) == 1
    assert {problem.item for problem in result.problems} == {
        f"{B.product_id}.SAFE",
        f"{B.product_id}.zip",
    }


# SAFE


def test_folders_and_zips_are_found_at_any_depth(tmp_path: Path) -> None:
    write_metadata(tmp_path / "2020", A)
    zipped(write_metadata(tmp_path / "2020" / "01", B))
    (tmp_path / "notes.txt").touch()
    assert ids(tmp_path) == [A.product_id, B.product_id]


def test_a_scene_is_described_by_its_metadata(tmp_path: Path) -> None:
    folder = write_metadata(tmp_path, Safe(baseline="04.00", cloud_percent=12.5))
    (scene,) = LocalSource(tmp_path).search(ALL).scenes
    assert scene.source == f"local:{tmp_path}"
    assert Path(scene.href) == folder
    assert (scene.level, scene.tile, scene.baseline) == ("L2A", "31TDG", "04.00")
    assert scene.cloud_percent == 12.5
    assert scene.sensed_at.isoformat() == "2020-01-21T10:43:51.024000+00:00"


def test_the_path_may_be_a_product_itself(tmp_path: Path) -> None:
    folder = write_metadata(tmp_path, A)
    assert ids(folder) == [A.product_id]
    assert ids(zipped(folder)) == [A.product_id]


def test_a_damaged_product_is_a_problem_and_the_others_are_found(tmp_path: Path) -> None:
    write_metadata(tmp_path, A)
    (write_metadata(tmp_path, B) / "MTD_MSIL2A.xml").write_text("<broken")
    (tmp_path / "half.zip").write_bytes(b"PK\x03\x04 cut short")
    result = LocalSource(tmp_path).search(ALL)
    assert [scene.scene_id for scene in result.scenes] == [A.product_id]
    assert {problem.item for problem in result.problems} == {f"{B.product_id}.SAFE", "half.zip"}
    assert all(problem.item in problem.message for problem in result.problems)


def test_a_zip_with_damaged_metadata_is_a_problem_too(tmp_path: Path) -> None:
    write_metadata(tmp_path, A)
    archive = zipped(write_metadata(tmp_path / "zips", B))
    content = bytearray(archive.read_bytes())
    name = b"MTD_MSIL2A.xml"
    start = content.index(name) + len(name)
    content[start + 30 : start + 60] = b"\xff" * 30
    archive.write_bytes(content)
    result = LocalSource(tmp_path).search(ALL)
    assert [scene.scene_id for scene in result.scenes] == [A.product_id]
    assert [problem.item for problem in result.problems] == [archive.name]


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        (SceneRequest(HERE, date(2020, 1, 21), date(2020, 1, 25), "L2A"), [A]),
        (SceneRequest(HERE, date(2020, 1, 22), date(2020, 1, 26), "L2A"), [B]),
        (SceneRequest(HERE, date(2020, 1, 21), date(2020, 1, 26), "L2A"), [A, B]),
        (SceneRequest(HERE, date(2020, 1, 22), date(2020, 1, 25), "L2A"), []),
        (SceneRequest(HERE, date(2020, 1, 21), date(2020, 1, 26), "L1C"), []),
        (SceneRequest((20, 42, 21, 43), date(2020, 1, 21), date(2020, 1, 26), "L2A"), []),
    ],
    ids=["first", "last", "both", "between", "level", "place"],
)
def test_only_what_fits_the_request_is_offered(
    tmp_path: Path, request_: SceneRequest, expected: list[Safe]
) -> None:
    for safe in (A, B):
        write_metadata(tmp_path, safe)
    assert ids(tmp_path, request_) == [safe.product_id for safe in expected]


# STAC


def test_a_static_catalogue_is_followed_to_its_items(tmp_path: Path) -> None:
    folder = catalogue(tmp_path / "stac", A, B)
    assert ids(folder) == [A.product_id, B.product_id]
    assert ids(folder / "catalog.json") == [A.product_id, B.product_id]
    (item, _) = LocalSource(folder).search(ALL).scenes
    assert Path(item.href).is_file()
    assert item.href.endswith("_0_L2A.json")


def test_collections_below_a_catalogue_are_followed(tmp_path: Path) -> None:
    catalogue(tmp_path / "2020", A)
    (tmp_path / "2020" / "catalog.json").rename(tmp_path / "2020" / "collection.json")
    write_catalogue(tmp_path, "./2020/collection.json", rel="child")
    assert ids(tmp_path) == [A.product_id]
    assert ids(tmp_path / "2020") == [A.product_id]


def test_a_catalogue_that_leads_back_to_itself_ends(tmp_path: Path) -> None:
    item = stac_item(A)
    path = write_item(tmp_path, item).relative_to(tmp_path).as_posix()
    write_catalogue(tmp_path, "./other.json", "./catalog.json", path, path, rel="child")
    write_catalogue(tmp_path, "./catalog.json", rel="child", name="other")
    assert ids(tmp_path) == [A.product_id]


def test_links_that_leave_the_disk_are_not_followed(tmp_path: Path) -> None:
    path = write_item(tmp_path, stac_item(A)).relative_to(tmp_path).as_posix()
    write_catalogue(tmp_path, "https://example.org/item.json", "s3://b/item.json", path)
    result = LocalSource(tmp_path).search(ALL)
    assert [scene.scene_id for scene in result.scenes] == [A.product_id]
    assert result.problems == ()


@pytest.mark.parametrize("content", [None, "", "no json", "[]", '{"type": "Feature"}'])
def test_a_broken_item_is_a_problem_and_the_others_are_found(
    tmp_path: Path, content: str | None
) -> None:
    folder = catalogue(tmp_path, A, B)
    broken = next(folder.glob("S2B*/*.json"))
    if content is None:
        broken.unlink()
    else:
        broken.write_text(content)
    result = LocalSource(folder).search(ALL)
    assert [scene.scene_id for scene in result.scenes] == [A.product_id]
    assert [problem.item for problem in result.problems] == [broken.name]


@pytest.mark.parametrize(
    "change",
    [{"geometry": None}, {"properties": None}, {"properties": {}}, {"geometry": {"type": "X"}}],
    ids=str,
)
def test_an_item_with_parts_of_null_is_a_problem_and_the_others_are_found(
    tmp_path: Path, change: dict[str, object]
) -> None:
    folder = catalogue(tmp_path, A, B)
    path = next(folder.glob("S2B*/*.json"))
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    result = LocalSource(folder).search(ALL)
    assert [scene.scene_id for scene in result.scenes] == [A.product_id]
    assert [problem.item for problem in result.problems] == [path.name]


@pytest.mark.parametrize("links", [None, "item.json", [None], [{"rel": "item"}]], ids=str)
def test_a_catalogue_with_garbled_links_is_no_crash(tmp_path: Path, links: object) -> None:
    (tmp_path / "stac").mkdir()
    (tmp_path / "stac" / "catalog.json").write_text(
        json.dumps({"type": "Catalog", "id": "x", "links": links})
    )
    write_metadata(tmp_path / "safe", A)
    assert ids(tmp_path) == [A.product_id]


# nothing


def test_a_folder_that_is_not_there_is_a_source_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="there is no such folder"):
        LocalSource(tmp_path / "none").search(ALL)


def test_a_folder_without_products_is_a_source_error(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(SourceError, match="no Sentinel-2 product was found"):
        LocalSource(tmp_path).search(ALL)


def test_a_folder_with_products_of_another_time_is_just_empty(tmp_path: Path) -> None:
    write_metadata(tmp_path, A)
    request = SceneRequest(HERE, date(2019, 1, 1), date(2019, 2, 1), "L2A")
    assert LocalSource(tmp_path).search(request).scenes == ()


# naming a source


def test_a_local_source_means_the_same_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "safe").mkdir()
    monkeypatch.chdir(tmp_path)
    assert open_source("local:safe").spec == f"local:{tmp_path / 'safe'}"
    assert open_source(f"local:{tmp_path}/a:b").spec == f"local:{tmp_path}/a:b"


@pytest.mark.parametrize("spec", ["", "local", "local:", "ftp:host", "/data/safe"])
def test_what_is_no_source_is_refused_with_the_known_ones(spec: str) -> None:
    with pytest.raises(WrongUseError, match="is not a scene source") as caught:
        open_source(spec)
    assert "local:PATH" in str(caught.value)
    assert repr(spec) in str(caught.value)


# real data


def test_the_real_products_of_boadella_are_found_as_safe_and_as_stac(
    require_data: Callable[[str], Path],
) -> None:
    folder = require_data("boadella")
    everywhere = SceneRequest((2.7, 42.2, 2.9, 42.4), date(2015, 1, 1), date(2030, 1, 1), "L2A")
    found = {
        form: {
            scene.scene_id: (scene.tile, scene.baseline, scene.sensed_at.replace(microsecond=0))
            for scene in LocalSource(folder / form).search(everywhere).scenes
        }
        for form in ("safe", "stac")
    }
    assert len(found["safe"]) == 8
    assert len(found["stac"]) == 11
    assert found["safe"].items() <= found["stac"].items()


def test_real_metadata_of_a_tile_are_found_in_their_archive_layout(
    require_data: Callable[[str], Path],
) -> None:
    folder = require_data("safe_metadata_T31UFS")
    request = SceneRequest((4.5, 50.8, 4.6, 50.9), date(2015, 1, 1), date(2030, 1, 1), "L1C")
    result = LocalSource(folder).search(request)
    assert len(result.scenes) == 5
    assert {scene.tile for scene in result.scenes} == {"31UFS"}
    assert result.problems == ()
