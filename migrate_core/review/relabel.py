"""The use case of drawing on the label of a pair: the mask gets a new version.

What is drawn comes in the CRS of the pair. Where the label was moved by registration or by a nudge,
the source image is shown moved with it: `shift_m` says how far, and what is drawn on either picture
goes back by that before it comes here. So a label that is moved meanwhile moves no drawing.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from pyproj import CRS
from shapely.errors import ShapelyError

from ..errors import WrongUseError
from ..grid import reproject_geometries
from ..masks.relabel.drawing import MoveCorner, Operation, Paint, RemoveCorner
from ..masks.relabel.versions import DrawRequest, redraw, version_made
from ..masks.vectors.formats.layer import GeometryArray
from ..masks.vectors.segments import densified
from ..model import BACKGROUND, Mask, Pair
from ..pairs.edits.applying import open_pair
from ..pairs.edits.effective import label_shift
from ..session import Session
from ..store.base import Store
from ..workspace import Workspace

_MOST_OPERATIONS = 400


@dataclass(frozen=True, eq=False)
class PairLabel:
    """The label of a pair that can be drawn on: its mask, and the CRS of the pair.

    `shift_m` is how far east and north of its place in the mask the pair shows it.
    """

    pair: Pair
    mask: Mask
    crs: str
    shift_m: tuple[float, float]

    def to_pair(self, geometries: GeometryArray) -> GeometryArray:
        """From the CRS of the mask to that of the pair, corner by corner; not shifted."""
        if self._same_crs:
            return geometries
        return reproject_geometries(geometries, self._mask_crs, self.crs)

    def _to_mask(self, geometry: shapely.Geometry) -> shapely.Geometry:
        """Edges that are straight in the CRS of the pair stay so. Raises WrongUseError."""
        found = np.array([geometry], dtype=object)
        if not self._same_crs:
            found = reproject_geometries(densified(found, self.crs), self.crs, self._mask_crs)
        if not np.isfinite(shapely.get_coordinates(found)).all():
            raise WrongUseError("What is drawn lies where the CRS of the mask has no place.")
        return found[0]

    @property
    def _mask_crs(self) -> str:
        return self.mask.georeference.crs or ""

    @property
    def _same_crs(self) -> bool:
        return CRS(self._mask_crs).equals(CRS(self.crs), ignore_axis_order=True)

    def operations(self, given: Any) -> tuple[Operation, ...]:
        """Operations of a JSON document, in the CRS of the mask.

        A list of `{kind: paint, value, ring}`, `{kind: move, at, to}` and `{kind: remove, at}`;
        places are easting and northing in the CRS of the pair. Raises WrongUseError.
        """
        if not isinstance(given, list):
            raise WrongUseError("Needed is a list of operations.")
        if len(given) > _MOST_OPERATIONS:
            raise WrongUseError(
                f"One version of a label takes at most {_MOST_OPERATIONS} steps. Save it, and go "
                "on with the pair that is made."
            )
        return tuple(self._operation(one) for one in given)

    def _operation(self, given: Any) -> Operation:
        try:
            if given["kind"] == "paint":
                return Paint(self._value(given["value"]), self._to_mask(_polygon(given["ring"])))
            at = self._to_mask(shapely.Point(_corners([given["at"]])[0]))
            if given["kind"] == "remove":
                return RemoveCorner(at)
            if given["kind"] == "move":
                return MoveCorner(at, self._to_mask(shapely.Point(_corners([given["to"]])[0])))
        except (KeyError, TypeError, ValueError, ShapelyError) as err:
            raise WrongUseError(
                f"This is no operation on a label: {given!r:.200} ({err})."
            ) from err
        raise WrongUseError(f"{given['kind']!r} is no operation; known are paint, move, remove.")

    def _value(self, value: Any) -> int:
        known = {BACKGROUND, *(self.mask.classes.stored or {}).values()}
        if value not in known:
            listed = ", ".join(map(str, sorted(known)))
            raise WrongUseError(f"{value!r} is no class of this mask; its values are {listed}.")
        return int(value)


def pair_label(store: Store, workspace: Workspace, pair_id: str) -> PairLabel:
    """The label of a present pair. Raises WrongUseError for another one, PairError."""
    opened = open_pair(store, workspace, pair_id)
    return PairLabel(opened.pair, opened.mask, opened.grid.crs, label_shift(opened.document))


def draw(session: Session, pair_id: str, given: Any, reviewer: str) -> Mask:
    """Put what was drawn on the label of a pair in force; the mask as it is then.

    `given` is a document as `PairLabel.operations` takes it. The same a second time changes
    nothing. Raises WrongUseError, PairError, MaskError, JobRunningError.
    """
    document = json.dumps([pair_id, given], sort_keys=True)
    digest = hashlib.sha256(document.encode()).hexdigest()
    pair = session.store.pair(pair_id)
    if pair is not None and (done := version_made(session, pair.mask_id, digest)) is not None:
        return done
    label = pair_label(session.store, session.workspace, pair_id)
    request = DrawRequest(label.mask.mask_id, label.operations(given), digest, reviewer)
    return redraw(session, request).mask


def _polygon(ring: Any) -> shapely.Polygon:
    corners = _corners(ring)
    if len(corners) < 3:
        raise WrongUseError("An area has at least three corners.")
    return shapely.Polygon(corners)


def _corners(given: Any) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Eastings and northings (n, 2)."""
    corners = np.array(given, dtype=np.float64)
    if corners.ndim != 2 or corners.shape[1] != 2 or not np.isfinite(corners).all():
        raise ValueError("needed are pairs of finite numbers")
    return corners
