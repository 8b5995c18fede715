"""Export as jobs: datasets, their preview, and whole products."""

from __future__ import annotations

from typing import Any

from ..export import run
from ..export.dataset import Dataset
from ..export.request import ExportRequest
from ..export.selection.preview import preview_document
from ..export.splits.earlier import check_document
from ..job_requests import ConvertProduct, PreviewExport
from ..jobs.background import working
from ..products.product import Product
from ..session import Session
from ..store.serialize import to_json


def export_dataset(session: Session, request: ExportRequest) -> Dataset:
    """Write the dataset; see `export.run.export`."""
    with working(session.store, "export") as job:
        dataset = run.export(session, request)
        job.answer(export_document(request, dataset))
    return dataset


def export_document(request: ExportRequest, dataset: Dataset) -> dict[str, Any]:
    """What `export --json` prints."""
    document: dict[str, Any] = {
        "path": request.sent_to or str(dataset.path),
        "formats": list(request.formats),
        "pairs": list(dataset.pair_ids),
        "samples": dict(dataset.samples),
    }
    if dataset.split_check is not None:
        document["split_check"] = check_document(dataset.split_check)
    if dataset.archive is not None:
        document["zip"] = str(dataset.archive)
    return document


def preview_export(session: Session, request: PreviewExport) -> None:
    """Find out what an export would write; the answer has the request, to be told from others."""
    with working(session.store, "preview") as job:
        found = run.preview(session, request.wanted, similar=request.similar)
        job.answer({"request": to_json(request.wanted), "preview": preview_document(found)})


def convert_product(session: Session, request: ConvertProduct) -> Product:
    """Write a whole product as one GeoTIFF; see `export.run.convert`."""
    with working(session.store, "convert") as job:
        product = run.convert(session, request.product, request.destination)
        job.answer(convert_document(request, product))
    return product


def convert_document(request: ConvertProduct, product: Product) -> dict[str, Any]:
    """What `convert --json` prints."""
    return {
        "product_id": product.product_id,
        "file": str(request.destination),
        "bands": [band.name for band in product.bands],
        "missing_bands": list(product.missing),
        "offsets_from": product.offset_origin,
        "offset_warnings": list(product.offset_warnings),
    }
