"""Masks page by page: quick questions to the store, however many masks there are."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from ..errors import WrongUseError
from ..grid import Bounds
from ..model import BACKGROUND, Mask
from ..states import MaskState, PairState
from .base import Store
from .derived.matching import in_parts
from .derived.revisions import Part, kept
from .mask_documents import mask_from
from .tables import masks, pairs

# Which masks a list shows.
READY, PROBLEM = MaskState.READY.value, MaskState.PROBLEM.value
ALL, UNDATED, WITHOUT_IMAGE = "all", "undated", "without image"
SHOWN = (ALL, READY, PROBLEM, UNDATED, WITHOUT_IMAGE)


@dataclass(frozen=True)
class MaskFilter:
    """What a list of masks shows: `show` is one of the constants above; `name` a part of names."""

    show: str = ALL
    name: str = ""


@dataclass(frozen=True)
class MaskLocation:
    """A mask on a map: `outline` is its footprint with the detail of a small map, lon/lat.

    `label` is the stored value and the name of the class that most of its pixels have that have
    one, None where it has none or that isn't known.
    """

    mask_id: str
    name: str
    state: str
    acquired: str | None
    outline: BaseGeometry
    label: tuple[int, str] | None = None


@dataclass(frozen=True)
class MaskCluster:
    """Masks that lie near each other: how many, and their mean position (lon, lat) in degrees.

    `mask_id` and `name` are those of one of them; `bounds` hold the middles of all: west, south,
    east, north in degrees. `cell` is the number of their column and row of cells.
    """

    mask_id: str
    count: int
    problems: int
    centre: tuple[float, float]
    name: str
    bounds: Bounds
    cell: tuple[int, int]


@dataclass(frozen=True)
class Listed:
    """What tells a mask from others: its id, its file with the part of it, and what is in that."""

    mask_id: str
    path: str
    part: str | None
    sha256: str | None


def count_masks(store: Store, wanted: MaskFilter) -> int:
    """How many masks fit `wanted`; lists without a name are counted anew when masks changed."""
    if not wanted.name:
        return list_counts(store)[wanted.show]
    return int(_scalars(store, _listed(wanted, sa.func.count()))[0])


def list_counts(store: Store) -> dict[str, int]:
    """How many masks each of the lists has, by `SHOWN`."""

    def count() -> dict[str, int]:
        counts = [_listed(MaskFilter(show), sa.func.count()).scalar_subquery() for show in SHOWN]
        with store.engine.connect() as connection:
            return dict(zip(SHOWN, connection.execute(sa.select(*counts)).one(), strict=True))

    return kept(store, "lists of masks", count, (Part.MASKS,))


def list_masks(store: Store, wanted: MaskFilter, first: int, count: int) -> list[Mask]:
    """`count` of the masks that fit, by name, from number `first` on."""
    query = _ordered(_listed(wanted, masks.c.document)).limit(count).offset(first)
    return [mask_from(document) for document in _scalars(store, query)]


def find_mask(store: Store, mask_id: str) -> Mask | None:
    """One mask, or None when there is no such mask."""
    found = _scalars(store, sa.select(masks.c.document).where(masks.c.mask_id == mask_id))
    return mask_from(found[0]) if found else None


def unknown_mask(mask_id: str) -> WrongUseError:
    """What to raise for an id that no mask has."""
    return WrongUseError(f"{mask_id!r} is no mask; `masks list` shows their ids.")


def listed_masks(store: Store) -> list[Listed]:
    """Of all masks what tells them apart."""
    path, part, sha256 = (masks.c.document[name].as_string() for name in ("path", "part", "sha256"))
    with store.engine.connect() as connection:
        rows = connection.execute(sa.select(masks.c.mask_id, path, part, sha256))
        return [Listed(*row) for row in rows]


def masks_with_pairs(store: Store, states: Collection[str] = (PairState.DONE,)) -> frozenset[str]:
    """The ids of the masks of which a pair was made, or is in one of these states."""
    found = sa.select(pairs.c.mask_id).where(pairs.c.state.in_(states))
    return frozenset(_scalars(store, found.distinct()))


def shared_names(store: Store, names: Iterable[str] | None = None) -> frozenset[str]:
    """Those of some names of masks, or of all, that several masks have."""
    query = sa.select(masks.c.name).group_by(masks.c.name).having(sa.func.count() > 1)
    parts = in_parts(query, masks.c.name, None if names is None else dict.fromkeys(names))
    return frozenset(name for part in parts for name in _scalars(store, part))


def name_apart(mask: Mask, shared: Collection[str]) -> str:
    """The name of a mask, with the folders it lies in where the name is among the `shared`."""
    if mask.name not in shared:
        return mask.name
    return f"{mask.name} (in {'/'.join(Path(mask.path).parent.parts[-2:])})"


def known_classes(store: Store) -> dict[str, int]:
    """The named classes of vector masks so far and the values they are stored as."""
    classes, form = (masks.c.document[name] for name in ("classes", "vector"))
    vectors = form["features"].as_string().is_not(None)
    named = sa.select(classes.as_string()).where(vectors)
    found: dict[str, int] = {}
    for text in _scalars(store, named.distinct()):
        found |= json.loads(text or "{}") or {}
    return found


_WAITING = masks.c.pending.is_(True)


def pending_masks(store: Store) -> list[Mask]:
    """The masks of which only the header was read so far, by name."""
    query = _ordered(sa.select(masks.c.document).where(_WAITING))
    return [mask_from(document) for document in _scalars(store, query)]


def any_pending(store: Store) -> bool:
    """Whether there are masks of which only the header was read so far."""
    return bool(_scalars(store, sa.select(masks.c.mask_id).where(_WAITING).limit(1)))


def index_of(store: Store, wanted: MaskFilter, mask_id: str) -> int | None:
    """The number of a mask in `list_masks`, from 0; None when it isn't in it."""
    names = _scalars(store, _listed(wanted, masks.c.name).where(masks.c.mask_id == mask_id))
    if not names:
        return None
    before = sa.tuple_(masks.c.name, masks.c.mask_id) < sa.tuple_(
        sa.literal(names[0]), sa.literal(mask_id)
    )
    return int(_scalars(store, _listed(wanted, sa.func.count()).where(before))[0])


def mask_locations(
    store: Store, wanted: MaskFilter, count: int, area: Bounds | None = None
) -> list[MaskLocation]:
    """Where masks lie: the first `count` by name that fit and have an extent.

    `area` limits them to those whose middle is in it.
    """
    document = masks.c.document
    columns = (masks.c.mask_id, masks.c.name, masks.c.state, masks.c.acquired, masks.c.outline)
    tables = [document[name].as_string() for name in ("classes", "class_pixels", "class_names")]
    query = _ordered(_in_area(_listed(wanted, *columns, *tables), area)).limit(count)
    with store.engine.connect() as connection:
        rows = connection.execute(query.where(masks.c.lon.is_not(None))).all()
    return [
        MaskLocation(
            row.mask_id,
            row.name,
            row.state,
            row.acquired,
            shape(row.outline),
            _most_frequent(*map(_loaded, row[5:])),
        )
        for row in rows
    ]


def _loaded(text: str | None) -> dict[str, Any]:
    return json.loads(text) or {} if text else {}


def _most_frequent(
    stored: Mapping[str, int], pixels: Mapping[str, int], names: Mapping[str, str]
) -> tuple[int, str] | None:
    """The class with most pixels beside the background; of polygons, which have none, the first."""
    labelled = [value for value, number in stored.items() if number != BACKGROUND]
    if not labelled:
        return None
    value = max(labelled, key=lambda one: pixels.get(one, 0))
    return stored[value], names.get(value) or value


def mask_clusters(
    store: Store, wanted: MaskFilter, area: Bounds | None = None, cells: int = 16
) -> list[MaskCluster]:
    """All masks that fit and have an extent, counted in square cells, `cells` over the longer side.

    `area` limits them to those whose middle is in it. The database does the counting, and only when
    masks have changed, so that tens of thousands of masks are as quick as a few.
    """
    name = f"clusters {cells} {wanted} {area}"
    return kept(store, name, lambda: _mask_clusters(store, wanted, area, cells), (Part.MASKS,))


def _mask_clusters(
    store: Store, wanted: MaskFilter, area: Bounds | None, cells: int
) -> list[MaskCluster]:
    lon, lat = masks.c.lon, masks.c.lat
    sides = (sa.func.min(lon), sa.func.max(lon), sa.func.min(lat), sa.func.max(lat))
    with store.engine.connect() as connection:
        found = connection.execute(_in_area(_listed(wanted, *sides), area)).one()
        west, east, south, north = found
        if west is None:
            return []
        size = max((east - west) / cells, (north - south) / cells, 1e-9)
        # SQLite cuts the fraction off, PostgreSQL rounds; either way cells are of one size.
        cell = (sa.cast((lon - west) / size, sa.Integer), sa.cast((lat - south) / size, sa.Integer))
        problem = sa.case((masks.c.state == MaskState.PROBLEM, 1), else_=0)
        query = _listed(
            wanted,
            sa.func.min(masks.c.mask_id),
            sa.func.count(),
            sa.func.sum(problem),
            sa.func.avg(lon),
            sa.func.avg(lat),
            sa.func.min(masks.c.name),
            *sides,
            *cell,
        )
        here = _in_area(query, area).where(lon.is_not(None)).group_by(*cell)
        rows = connection.execute(here).all()
    return [_cluster(row) for row in rows]


def _cluster(row: sa.Row[Any]) -> MaskCluster:
    mask_id, count, problems, lon, lat, name, west, east, south, north, column, line = tuple(row)
    bounds = (west, south, east, north)
    return MaskCluster(mask_id, count, problems, (lon, lat), name, bounds, (column, line))


def _in_area(query: sa.Select[Any], area: Bounds | None) -> sa.Select[Any]:
    """Those of the masks whose middle is in the area (west, south, east, north)."""
    if area is None:
        return query
    west, south, east, north = area
    return query.where(masks.c.lon.between(west, east), masks.c.lat.between(south, north))


def names_and_dates(store: Store, wanted: MaskFilter) -> list[tuple[str, str, str | None]]:
    """(mask_id, file name, date) of all masks that fit, by name."""
    query = _ordered(_listed(wanted, masks.c.mask_id, masks.c.name, masks.c.acquired))
    with store.engine.connect() as connection:
        return [(row.mask_id, row.name, row.acquired) for row in connection.execute(query)]


def mask_ids_of(store: Store, wanted: MaskFilter) -> list[str]:
    """The ids of all masks that fit, by name."""
    return list(_scalars(store, _ordered(_listed(wanted, masks.c.mask_id))))


def masks_of(store: Store, mask_ids: Iterable[str]) -> Iterator[Mask]:
    """The masks of these ids that there are."""
    for part in in_parts(_ordered(sa.select(masks.c.document)), masks.c.mask_id, mask_ids):
        yield from (mask_from(document) for document in _scalars(store, part))


def used_images(store: Store) -> set[Path]:
    """The source images that masks are paired with."""
    query = sa.select(masks.c.image).where(masks.c.image.is_not(None)).distinct()

    def find() -> set[Path]:
        return {Path(image) for image in _scalars(store, query)}

    return kept(store, "used images", find, (Part.MASKS,))


def image_folders(store: Store) -> frozenset[Path]:
    """The folders of the source images that masks are paired with."""

    def find() -> frozenset[Path]:
        return frozenset(image.parent for image in used_images(store))

    return kept(store, "folders of images", find, (Part.MASKS,))


def _listed(wanted: MaskFilter, *columns: Any) -> sa.Select[Any]:
    """The masks that fit `wanted`."""
    query = sa.select(*columns).select_from(masks)
    if wanted.name:
        query = query.where(masks.c.name.icontains(wanted.name, autoescape=True))
    if wanted.show in (READY, PROBLEM):
        query = query.where(masks.c.state == wanted.show)
    if wanted.show == UNDATED:
        query = query.where(masks.c.acquired.is_(None))
    if wanted.show == WITHOUT_IMAGE:
        query = query.where(masks.c.image.is_(None))
    return query


def _ordered(query: sa.Select[Any]) -> sa.Select[Any]:
    return query.order_by(masks.c.name, masks.c.mask_id)


def _scalars(store: Store, query: sa.Select[Any]) -> list[Any]:
    with store.engine.connect() as connection:
        return list(connection.scalars(query))
