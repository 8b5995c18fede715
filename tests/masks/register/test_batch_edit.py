"""One edit for many masks: what it would change, and what it does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from migrate_core.errors import WrongUseError
from migrate_core.masks.options import AddOptions
from migrate_core.masks.register.batch_edit import (
    CRS_CHANGE,
    DATE_CHANGE,
    IMAGE_CHANGE,
    NAMES_CHANGE,
    NODATA_CHANGE,
    BatchEdit,
    EditEffect,
    effect_of,
    effect_of_each,
)
from migrate_core.masks.register.edit import MaskEdit
from migrate_core.masks.run import add, edit_many
from migrate_core.model import Acquired, Mask
from migrate_core.session import Session
from migrate_core.settings import Settings
from migrate_core.store.masks import MaskFilter, mask_ids_of
from tests.support.builders import labels, north_up, write_raster

PIXELS = labels("0012", "0112", "2222")
DAY = Acquired.parse("2020-02-03")


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """Three masks: complete, undated without CRS, and a PNG that is nowhere."""
    opened = Session(Settings(workspace=tmp_path / "workspace"))
    folder = tmp_path / "m"
    write_raster(folder / "a_20200203.tif", PIXELS)
    write_raster(folder / "b.tif", PIXELS, crs=None, transform=north_up())
    write_raster(folder / "c_20200101.png", PIXELS, crs=None)
    add(opened, [folder], AddOptions(sensor="aerial"))
    yield opened
    opened.store.engine.dispose()


def by_name(session: Session) -> dict[str, Mask]:
    return {mask.name[0]: mask for mask in session.store.masks()}


def effect(session: Session, edit: BatchEdit) -> EditEffect:
    return effect_of(session.store, mask_ids_of(session.store, MaskFilter()), edit)


def done(session: Session, edit: BatchEdit) -> dict[str, Mask]:
    edit_many(session, effect(session, edit), edit)
    return by_name(session)


def names(session: Session, found: EditEffect, what: str) -> str:
    ids = {mask.mask_id: name for name, mask in by_name(session).items()}
    return "".join(sorted(ids[mask_id] for mask_id in found.changed.get(what, ())))


def test_what_would_change_is_known_by_field_and_nothing_is_written(session: Session) -> None:
    before = by_name(session)
    change = MaskEdit(acquired=DAY, crs="EPSG:32631", class_names={"1": "mine", "7": "none"})
    found = effect(session, BatchEdit(change, nodata=(2.0,)))
    assert names(session, found, DATE_CHANGE) == "bc"
    assert names(session, found, CRS_CHANGE) == "b"
    assert names(session, found, NAMES_CHANGE) == "abc"
    assert names(session, found, NODATA_CHANGE) == "abc"
    assert str(found) == "3 masks changed: date of 2, CRS of 1, class names of 3, no data of 3"
    (problem,) = found.problems
    assert problem.item == "c_20200101.png"
    assert "no transform" in problem.message
    assert by_name(session) == before


def test_what_would_change_is_known_where_each_mask_has_an_edit_of_its_own(
    session: Session,
) -> None:
    a, b = by_name(session)["a"], by_name(session)["b"]
    found = effect_of_each(
        [(a, MaskEdit(class_names={"1": "mine"})), (b, MaskEdit(DAY, crs="EPSG:32631"))]
    )
    assert names(session, found, NAMES_CHANGE) == "a"
    assert names(session, found, DATE_CHANGE) == names(session, found, CRS_CHANGE) == "b"
    assert found.with_other_pixels == {b.mask_id}


def test_names_alone_leave_pairs_as_they_are(session: Session) -> None:
    found = effect(session, BatchEdit(MaskEdit(class_names={"1": "mine"})))
    assert len(found.mask_ids) == 3
    assert not found.with_other_pixels
    found = effect(session, BatchEdit(MaskEdit(acquired=DAY)))
    assert len(found.with_other_pixels) == 2


def test_an_edit_is_made_and_what_it_does_not_name_stays(session: Session) -> None:
    before = by_name(session)
    change = MaskEdit(acquired=DAY, crs="EPSG:32631", class_names={"1": "mine"})
    after = done(session, BatchEdit(change, nodata=(2.0,)))
    assert {mask.acquired for mask in after.values()} == {DAY}
    assert after["b"].georeference.crs == "EPSG:32631"
    assert after["a"].georeference == before["a"].georeference
    assert {(mask.classes.names or {})["1"] for mask in after.values()} == {"mine"}
    assert after["a"].classes.stored == {"0": 0, "1": 1}
    assert {mask.source.sensor for mask in after.values()} == {"aerial"}
    assert list(after["b"].problems) == []
    assert list(after["c"].problems) == ["georeference"]


def test_images_are_found_by_name_and_georeference_what_has_no_place(
    session: Session, tmp_path: Path
) -> None:
    images = tmp_path / "images"
    write_raster(images / "c_20200101.tif", PIXELS)
    write_raster(images / "other.tif", PIXELS)
    edit = BatchEdit(image=images)
    found = effect(session, edit)
    assert names(session, found, IMAGE_CHANGE) == "c"
    assert found.images is not None
    assert str(found.images) == ("1 paired, 2 masks without a source image, 1 image fits no mask")
    after = done(session, edit)
    assert after["c"].source.path == str(images / "c_20200101.tif")
    assert after["c"].problem is None
    assert after["a"].source.path is None
    # Told again, nothing is left to do.
    assert not effect(session, edit).mask_ids


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (BatchEdit(), "fill in a field"),
        (BatchEdit(MaskEdit(crs="EPSG:1")), "no CRS that is known"),
        (BatchEdit(image=Path("/no/such")), "no such image or folder"),
    ],
)
def test_what_can_not_be_done_is_refused(session: Session, edit: BatchEdit, reason: str) -> None:
    with pytest.raises(WrongUseError, match=reason):
        effect(session, edit)
