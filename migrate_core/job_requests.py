"""What is asked for of work in the background: values that are stored in a job's row."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from .export.request import ExportRequest
from .masks.options import AddOptions
from .masks.register.batch_edit import BatchEdit
from .pairs.run.options import RunOptions
from .scenes.groups import SomeMasks
from .settings import RankingSettings
from .store.last_search import SearchParameters
from .store.masks import MaskFilter


@dataclass(frozen=True)
class AddMasks:
    """Files and folders to register; `left_out` notes what of an upload didn't come along."""

    paths: tuple[Path, ...]
    options: AddOptions = field(default_factory=AddOptions)
    left_out: Path | None = None


@dataclass(frozen=True)
class RedateMasks:
    """Dates to be set by a pattern of names, for the masks of a list or the undated among them."""

    pattern: str
    wanted: MaskFilter = field(default_factory=MaskFilter)
    undated_only: bool = False


@dataclass(frozen=True)
class EditMasks:
    """An edit of many masks: those of `mask_ids`, or all of a list where that is None.

    Without `set_aside` none that may set decisions aside.
    """

    edit: BatchEdit
    wanted: MaskFilter = field(default_factory=MaskFilter)
    mask_ids: tuple[str, ...] | None = None
    set_aside: bool = False


@dataclass(frozen=True)
class MakeDemo:
    """The synthetic example."""


@dataclass(frozen=True)
class SearchScenes:
    """A search; `refresh` asks services for what is known already, too; `only` for some masks."""

    parameters: SearchParameters
    refresh: bool = False
    only: SomeMasks | None = None


@dataclass(frozen=True)
class RankScenes:
    """The candidates that are there, to be put in order by other limits and weights."""

    ranking: RankingSettings


@dataclass(frozen=True)
class TrySources:
    """Sources whose connections are to be tried, as SOURCE arguments."""

    specs: tuple[str, ...]


@dataclass(frozen=True)
class MakePairs:
    """Pairs to make; without `set_aside` none that sets decisions aside.

    What `options` hold of the settings doesn't travel: it is that of the process that makes them.
    """

    options: RunOptions
    set_aside: bool = False


@dataclass(frozen=True)
class PreviewExport:
    """An export that is to be looked at before it is made; `similar` looks at images, too."""

    wanted: ExportRequest
    similar: bool = False


@dataclass(frozen=True)
class ConvertProduct:
    """A whole product that becomes one GeoTIFF."""

    product: Path
    destination: Path


@dataclass(frozen=True)
class MixInChecks:
    """Attention checks for this share 0…1 of the pairs."""

    share: float


@dataclass(frozen=True)
class LearnTriage:
    """What persons decided is to be learnt from."""


@dataclass(frozen=True)
class AcceptAutomatically:
    """What the triage's model may accept is to be accepted."""
