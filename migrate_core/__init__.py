"""Migrate segmentation labels drawn on another satellite's images to Sentinel-2.

The five stages as functions, for notebooks and scripts; docs/notebook.md walks through them:

    import migrate_core

    ws = migrate_core.open_workspace("my_work")
    migrate_core.add_masks(ws, ["masks"], image="images")
    migrate_core.search_scenes(ws, ["local:scenes"], days=10)
    migrate_core.make_pairs(ws)
    for row in migrate_core.list_pairs(ws):
        migrate_core.decide(ws, row["pair_id"], "accept")
    migrate_core.export_dataset(ws, "dataset")

They stand in `migrate_core.notebook`, which is imported when the first of them is asked for, so
that the import of the package is cheap.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .notebook import (
        AboutDataset,
        Added,
        AddOptions,
        ChipOptions,
        Curation,
        Dataset,
        Demo,
        MigrateError,
        PairParameters,
        PixelOptions,
        Problem,
        Repaired,
        ReviewStatus,
        RunOptions,
        RunOutcome,
        SceneQuery,
        Session,
        SplitOptions,
        WrongUseError,
        add_masks,
        decide,
        edit_pair,
        export_dataset,
        list_masks,
        list_pairs,
        list_scenes,
        make_demo,
        make_pairs,
        open_workspace,
        search_scenes,
        select_scene,
        undo,
    )

__version__ = "0.1.0"

__all__ = [
    "AboutDataset",
    "AddOptions",
    "Added",
    "ChipOptions",
    "Curation",
    "Dataset",
    "Demo",
    "MigrateError",
    "PairParameters",
    "PixelOptions",
    "Problem",
    "Repaired",
    "ReviewStatus",
    "RunOptions",
    "RunOutcome",
    "SceneQuery",
    "Session",
    "SplitOptions",
    "WrongUseError",
    "__version__",
    "add_masks",
    "decide",
    "edit_pair",
    "export_dataset",
    "list_masks",
    "list_pairs",
    "list_scenes",
    "make_demo",
    "make_pairs",
    "open_workspace",
    "search_scenes",
    "select_scene",
    "undo",
]


if not TYPE_CHECKING:  # type checkers would take any name for one of the package's

    def __getattr__(name: str) -> Any:
        """What `__all__` names, when it is asked for (PEP 562)."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module("migrate_core.notebook"), name)


def __dir__() -> list[str]:
    """The functions, too, so that they are completed at a prompt."""
    return sorted({*globals(), *__all__})
