"""The use cases: labels go out to be edited, or are drawn on, and become a version of the mask."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from shapely.geometry.base import BaseGeometry

from ...errors import WrongUseError
from ...jobs.background import busy_error, now_utc, running_job
from ...model import IGNORE, LabelVersion, Mask, VectorForm
from ...session import Session
from ...states import VersionKind
from ...store.base import Store
from ...store.mask_versions import (
    VersionEntry,
    replace_version,
    version_before,
    version_in_force,
    version_log,
)
from ...store.masks import find_mask, unknown_mask
from ..checks import CONTENT, with_problems
from ..files.isolation import read_isolated
from ..finish import finish
from ..raster.identity import combined_digest, mask_identity
from ..vectors.build import features_file
from ..vectors.features import Features, write_features
from .drawing import Operation, drawn_areas, features_of
from .edited import edited_features
from .geopackage import LABELS, read_geopackage, write_geopackage
from .label_areas import label_areas

# Why decisions are set aside, as the beginning of a sentence.
SET_ASIDE = "the mask has other labels now"


@dataclass(frozen=True)
class RelabelRequest:
    """An edited GeoPackage for a mask; `layer` has the labels, `reviewer` is who edited them.

    `allow_empty` lets through a layer in which nothing is drawn: all of the area is background.
    """

    mask_id: str
    file: Path
    reviewer: str
    layer: str = LABELS
    allow_empty: bool = False


@dataclass(frozen=True)
class DrawRequest:
    """What was drawn on the labels of a mask, in its CRS, by whom; `sha256` is its digest."""

    mask_id: str
    operations: tuple[Operation, ...]
    sha256: str
    reviewer: str


@dataclass(frozen=True, eq=False)
class _NewLabels:
    """Labels that are to be in force, and where they are from: see `LabelVersion`."""

    features: Features
    area: BaseGeometry
    file: str | None
    sha256: str
    reviewer: str


@dataclass(frozen=True)
class Relabelled:
    """The mask in force now, the one that was before, and what is to be said.

    Both are the same where nothing was changed.
    """

    mask: Mask
    before: Mask
    notes: tuple[str, ...] = ()


def save_labels(session: Session, mask_id: str, file: Path) -> Mask:
    """Write the labels in force of a mask to a GeoPackage. Raises WrongUseError, MaskError."""
    mask = _mask(session, mask_id)
    write_geopackage(file, mask, label_areas(mask))
    return mask


def relabel(session: Session, request: RelabelRequest) -> Relabelled:
    """Make what was edited a new version of a mask, in force in place of the present one.

    Name, date, source image, classes with their values, area and footprint stay; so do candidates
    and the chosen one. Raises WrongUseError, MaskError that says what can't be taken,
    JobRunningError while masks are added or pairs made.
    """
    before = _mask(session, request.mask_id)
    with _changing(session) as progress:
        going_on = partial(progress, 0, 1)
        file, layer = request.file, request.layer
        edited = read_isolated(file.name, going_on, read_geopackage, file, layer)
        areas = label_areas(before)
        features, notes = edited_features(
            before, areas, file, edited, allow_empty=request.allow_empty or before.empty_allowed
        )
        labels = _NewLabels(features, areas.area, file.name, edited.sha256, request.reviewer)
        after = _put_in_force(session, before, labels)
        progress(1, 1)
    if after is before:
        notes = (*notes, f"{before.name}: its labels are these already; nothing was changed.")
    return Relabelled(after, before, notes)


def redraw(session: Session, request: DrawRequest) -> Relabelled:
    """Make what was drawn a new version of a mask, as `relabel` does with what was edited.

    Operations that change nothing make no version. Raises WrongUseError, MaskError that says what
    can't be drawn, JobRunningError while masks are added or pairs made.
    """
    before = _mask(session, request.mask_id)
    with _changing(session) as progress:
        areas = label_areas(before)
        drawn = drawn_areas(areas, request.operations, before.georeference.crs or "")
        if drawn.same_as(areas):
            return Relabelled(before, before, (f"{before.name}: nothing was changed.",))
        labels = _NewLabels(features_of(drawn), areas.area, None, request.sha256, request.reviewer)
        after = _put_in_force(session, before, labels)
        progress(1, 1)
    return Relabelled(after, before)


def version_made(session: Session, mask_id: str, sha256: str) -> Mask | None:
    """The version in force, when it was made of this one by what has that digest."""
    present = version_in_force(session.store, mask_id)
    mask = find_mask(session.store, present) if present else None
    if mask is None or mask.version is None:
        return None
    made = (mask.version.edited_from, mask.version.sha256)
    return mask if made == (mask_id, sha256) else None


def _put_in_force(session: Session, before: Mask, labels: _NewLabels) -> Mask:
    """The new version of a mask; the mask as it is when its labels are these already."""
    crs = before.georeference.crs or ""
    digest = before.sha256 or before.mask_id
    target = features_file(session.workspace.features, digest, crs, labels.features)
    form = VectorForm(str(target), labels.area)
    if before.version is not None and before.form == form:
        return before
    write_features(target, labels.features, crs)
    version = LabelVersion(
        _next_number(session.store, before),
        before.mask_id,
        labels.file,
        labels.sha256,
        labels.reviewer,
        now_utc(),
    )
    after = replace(_version_of(before, form), version=version)
    if not (labels.features.values != IGNORE).any():
        after = replace(after, empty_allowed=True)
    replace_version(session.store, _entry(before, after, version), before, after)
    return after


def undo(session: Session, mask_id: str, reviewer: str) -> Relabelled:
    """Bring the labels back that were in force before the newest edit; the log keeps both.

    What was given since for date and source image holds. Raises WrongUseError when there is no
    edit, JobRunningError while masks are added or pairs made.
    """
    before = _mask(session, mask_id)
    with _changing(session):
        earlier = version_before(session.store, before.mask_id) if before.version else None
        if earlier is None:
            raise WrongUseError(f"{mask_id}: its labels are those of its file; no edit to undo.")
        after = replace(
            earlier,
            path=before.path,
            acquired=before.acquired,
            source=replace(before.source, valid_from=earlier.source.valid_from),
            user_set=before.user_set,
        )
        entry = VersionEntry(
            VersionKind.UNDO,
            before.key,
            before.mask_id,
            after.mask_id,
            None,
            None,
            reviewer,
            now_utc(),
        )
        replace_version(session.store, entry, before, after)
    return Relabelled(after, before)


@contextmanager
def _changing(session: Session) -> Iterator[Callable[[int, int], None]]:
    """Let nobody else change masks, and refuse while pairs are made, of labels about to go.

    Raises JobRunningError.
    """
    with session.tracked("masks") as progress:
        if (job := running_job(session.store, "pairs", now_utc())) is not None:
            raise busy_error(job)
        yield progress


def _mask(session: Session, mask_id: str) -> Mask:
    """A mask whose pixels are read. Raises WrongUseError when it isn't in force."""
    finish(session)
    found = find_mask(session.store, mask_id)
    if found is not None:
        return found
    if (present := version_in_force(session.store, mask_id)) is not None:
        raise WrongUseError(f"{mask_id} isn't in force any more, but {present} in its place.")
    raise unknown_mask(mask_id)


def _next_number(store: Store, before: Mask) -> int:
    """One more than all versions so far, also those that were undone."""
    edits = [one for one in version_log(store, before.key) if one.kind == VersionKind.EDIT]
    return 1 + max(len(edits) + 1, before.version.number if before.version else 1)


def _version_of(before: Mask, form: VectorForm) -> Mask:
    """The mask with other labels, which are polygons, under an id of its own.

    It keeps the grid of a raster, on which images and UDMs without a georeference lie.
    """
    digest = combined_digest(before.mask_id, Path(form.features).name)
    problems = {topic: text for topic, text in before.problems.items() if topic != CONTENT}
    mask = replace(
        before,
        mask_id=mask_identity(Path(before.path).stem, digest, before.part),
        form=form,
        # What these count, and whose no-data hold, are pixels of the file.
        classes=replace(before.classes, pixels=None, no_data=None, doubtful=None),
        source=replace(before.source, valid_from=None),
    )
    return with_problems(mask, problems)


def _entry(before: Mask, after: Mask, version: LabelVersion) -> VersionEntry:
    return VersionEntry(
        VersionKind.EDIT,
        before.key,
        before.mask_id,
        after.mask_id,
        version.file,
        version.sha256,
        version.reviewer,
        version.made_at,
    )
