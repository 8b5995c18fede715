"""What a run of pairs is asked for."""

from __future__ import annotations

from dataclasses import dataclass, field

from ...model import PairParameters
from ...settings import MAX_PAIR_PIXELS, AssessmentSettings, ServiceSettings


@dataclass(frozen=True)
class RunOptions:
    """What to make, and who works at it.

    `access` is how pixels at a service are fetched, one of settings.ACCESSES; `wait_s` for how
    many seconds a run waits for what long-term archives have been ordered to bring. `keep_offsets`
    leaves a pair of the same scenes the offset that a person set for it. `assess` are the
    thresholds of suggestions: pairs assessed by others are assessed again. No pair of more than
    `max_pair_pixels` pixels of 10 m is begun.

    `masks` are mask ids, and `states` those of the present pair of a mask, that a run is limited
    to; None is no limit. `leave_out_unusable` makes no pair of a scene that isn't usable by the
    limits of the search, but for one that a person chose or that was begun before. `workers` None
    is one a core; `scheduler` is the address of a Dask scheduler to work on instead.
    """

    workers: int | None = None
    scheduler: str | None = None
    parameters: PairParameters = field(default_factory=PairParameters)
    masks: frozenset[str] | None = None
    states: frozenset[str] | None = None
    services: ServiceSettings = field(default_factory=ServiceSettings)
    access: str = "auto"
    wait_s: float = 0.0
    keep_offsets: bool = False
    thresholds: AssessmentSettings = field(default_factory=AssessmentSettings)
    max_pair_pixels: int = MAX_PAIR_PIXELS
    leave_out_unusable: bool = False

    @property
    def partial(self) -> bool:
        """Whether pairs of other masks are none of this run's business."""
        return self.masks is not None or self.states is not None
