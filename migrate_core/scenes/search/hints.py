"""What can be tried for a mask where no scene that is known would do, whatever the limits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from ...model import Acquired, SceneQuery
from .acquisitions import Acquisition
from .ranking import Measurement

# A scene that shows less than half of a mask is no help, whether it ends there or is clouded.
LEAST_COVERAGE, MOST_CLOUD_PERCENT = 0.5, 50.0
# From this day on L2A products are made of the whole world; of before, services have some of them.
# https://sentiwiki.copernicus.eu/web/s2-products
_L2A_EVERYWHERE = date(2018, 12, 13)
# What was measured over one mask, by the ids of the scenes of an acquisition.
Measured = Mapping[tuple[str, ...], Measurement]


@dataclass(frozen=True)
class Nearby:
    """A mask's date, what was searched for, and the overpasses within `reach_days` of that date.

    `measured` is what is known of the clouds over the mask.
    """

    acquired: Acquired
    query: SceneQuery
    reach_days: int
    found: Sequence[Acquisition]
    measured: Measured

    @property
    def best_coverage(self) -> float:
        """The largest share of the mask, 0…1, that an overpass shows."""
        return max((one.coverage for one in self.found), default=0.0)


def hints(near: Nearby) -> Iterable[str]:
    """What can be tried, the most promising first."""
    if near.found and near.best_coverage < LEAST_COVERAGE:
        tiles = sorted({one.scene.tile for one in near.found if one.scene.tile})
        yield f"get the products of the tiles beside {', '.join(tiles)}, too"
    elif not all(ids_of(one) in near.measured for one in near.found):
        yield "measure the clouds over the mask, since the cloud of a whole scene may mislead"
    yield f"look farther than {near.reach_days} days, such as {2 * near.reach_days}"
    if near.query.level == "L2A" and near.acquired.first_day < _L2A_EVERYWHERE:
        yield "look for L1C, since services lack some L2A products of before December 2018"


def missing(near: Nearby) -> str:
    """What the overpasses that are near are like."""
    within = f"within {near.reach_days} days"
    if not near.found:
        return f"the sources that were asked have no {near.query.level} scene of it {within}"
    if near.best_coverage < LEAST_COVERAGE:
        return f"no scene {within} shows more than {100 * near.best_coverage:.0f} % of it"
    return f"all scenes {within} that show it have more than {MOST_CLOUD_PERCENT:g} % cloud"


def ids_of(found: Acquisition) -> tuple[str, ...]:
    """The ids of an acquisition's scenes, as measurements know them."""
    return (found.scene.scene_id, *(scene.scene_id for scene in found.completed_by))
