"""The use cases of the last stage: write the dataset, or a whole product as one file."""

from __future__ import annotations

from pathlib import Path

from ..pairs.convert import convert_product
from ..products.product import Product
from ..session import Session
from .dataset import Dataset, export_dataset
from .destination.object_store import object_store_of
from .request import ExportRequest
from .selection.preview import Preview
from .selection.preview import preview as preview_of_export


def export(session: Session, request: ExportRequest) -> Dataset:
    """Write the dataset, or bring one that is there up to date; see `dataset.export_dataset`.

    Raises WrongUseError when the folder holds something else, ExportError when nothing would go
    out, DiskError, JobRunningError when another process exports, JobCancelledError, and
    CredentialsError or TransferError where it can't be sent to an object store.
    """
    request.check()
    target = object_store_of(request, session.settings.services) if request.sent_to else None
    with session.tracked("export") as progress:
        return export_dataset(session.store, session.workspace, request, progress, target)


def preview(session: Session, request: ExportRequest, *, similar: bool = False) -> Preview:
    """What `export` would write, by the same rules; `similar` also looks for odd pairs.

    Raises WrongUseError for what can't be done.
    """
    request.check()
    return preview_of_export(session.store, session.workspace, request, look_for_similar=similar)


def convert(session: Session, product: Path, destination: Path) -> Product:
    """Write a whole product as one COG at 10 m, all bands, reflectance * 10000."""
    with session.tracked("convert") as progress:
        return convert_product(product, destination, session.settings.resampling, progress)
