"""`export` and `convert`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..export import run
from ..export.dataset import FORMATS, ExportRequest
from ..export.selection import ACCEPTED, INCLUDES
from ..session import Session
from .console import emit, json_option, say


@click.command()
@click.argument("destination", metavar="DEST", type=click.Path(path_type=Path))
@click.option(
    "--format",
    "formats",
    multiple=True,
    type=click.Choice(FORMATS),
    default=FORMATS[:1],
    show_default=True,
    help="Form of the rasters; can be repeated.",
)
@click.option(
    "--include",
    type=click.Choice(INCLUDES),
    default=ACCEPTED,
    show_default=True,
    help="undecided: accepted and undecided pairs; all: unsure ones, too. Rejected and superseded "
    "pairs never go out.",
)
@click.option(
    "--zip", "archive", is_flag=True, help="Also write it as DEST.zip, which needs as much space."
)
@json_option
@click.pass_obj
def export(
    session: Session,
    destination: Path,
    formats: tuple[str, ...],
    include: str,
    archive: bool,
    as_json: bool,
) -> None:
    """Write the dataset into the folder DEST, with manifest, card and plots."""
    dataset = run.export(session, ExportRequest(destination, include, archive))
    document: dict[str, Any] = {
        "path": str(dataset.path),
        "formats": list(formats),
        "pairs": list(dataset.pair_ids),
    }
    if dataset.archive is not None:
        document["zip"] = str(dataset.archive)
    emit(document, as_json, lambda: say(f"{len(dataset.pair_ids)} pairs are in {dataset.path}."))


@click.command()
@click.argument("product", type=click.Path(exists=True, path_type=Path))
@click.argument("destination", metavar="DEST.tif", type=click.Path(dir_okay=False, path_type=Path))
@json_option
@click.pass_obj
def convert(session: Session, product: Path, destination: Path, as_json: bool) -> None:
    """Write a whole product as one COG at 10 m with all bands, reflectance * 10000."""
    converted = run.convert(session, product, destination)
    document = {
        "product_id": converted.product_id,
        "file": str(destination),
        "bands": [band.name for band in converted.bands],
        "missing_bands": list(converted.missing),
        "offsets_from": converted.offset_origin,
        "offset_warnings": list(converted.offset_warnings),
    }
    without = f" without {', '.join(converted.missing)}" if converted.missing else ""
    warnings = "".join(
        f" Its offset is doubtful: {warning}." for warning in converted.offset_warnings
    )
    text = f"{converted.product_id} is in {destination}{without}.{warnings}"
    emit(document, as_json, lambda: say(text))
