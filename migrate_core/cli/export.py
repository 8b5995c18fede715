"""`export` and `convert`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..background.export import convert_document, convert_product, export_dataset, export_document
from ..export.destination.address import resolve_destination
from ..export.formats.registry import FORMATS
from ..export.request import ExportRequest
from ..export.run import preview
from ..export.selection.choice import ACCEPTED, INCLUDES
from ..export.selection.preview import preview_document
from ..job_requests import ConvertProduct
from ..session import Session
from .console import emit, json_option, say
from .export_choice import curation, options_of_choice, show_preview, split_options
from .export_options import about_dataset, chip_options, options_of_samples, pixel_options


@click.command()
@click.argument("destination", metavar="DEST", type=click.Path())
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
    "--looked-at-only",
    is_flag=True,
    help="Leave out what a rule or a model alone has decided, and nobody looked at.",
)
@click.option(
    "--zip", "archive", is_flag=True, help="Also write it as DEST.zip, which needs as much space."
)
@click.option(
    "--dry-run", is_flag=True, help="Write nothing; say what would go out, in which split."
)
@options_of_choice
@options_of_samples
@json_option
@click.pass_obj
def export(
    session: Session,
    /,
    destination: str,
    formats: tuple[str, ...],
    include: str,
    as_json: bool,
    **given: Any,
) -> None:
    """Write the dataset into the folder DEST, with manifest, card and plots.

    DEST can be s3://BUCKET/PREFIX.
    """
    folder, sent_to = resolve_destination(destination, session.workspace)
    request = ExportRequest(
        folder,
        include,
        given["archive"],
        formats,
        given["looked_at_only"],
        pixel_options(given),
        chip_options(given),
        about_dataset(given),
        splits=split_options(given),
        curation=curation(given),
        sent_to=sent_to,
    )
    if given["dry_run"]:
        found = preview(session, request, similar=True)
        emit(preview_document(found), as_json, lambda: show_preview(found))
        return
    dataset = export_dataset(session, request)
    count = len(dataset.pair_ids)
    pairs = f"{count} {'pair is' if count == 1 else 'pairs are'}"
    text = f"{pairs} in {request.sent_to or dataset.path}."

    def show() -> None:
        say(text)
        for sentence in dataset.split_check.sentences if dataset.split_check else ():
            click.echo(sentence)

    emit(export_document(request, dataset), as_json, show)


@click.command()
@click.argument("product", type=click.Path(exists=True, path_type=Path))
@click.argument("destination", metavar="DEST.tif", type=click.Path(dir_okay=False, path_type=Path))
@json_option
@click.pass_obj
def convert(session: Session, product: Path, destination: Path, as_json: bool) -> None:
    """Write a whole product as one COG at 10 m with all bands, reflectance * 10000."""
    request = ConvertProduct(product, destination)
    converted = convert_product(session, request)
    without = f" without {', '.join(converted.missing)}" if converted.missing else ""
    warnings = "".join(
        f" Its offset is doubtful: {warning}." for warning in converted.offset_warnings
    )
    text = f"{converted.product_id} is in {destination}{without}.{warnings}"
    emit(convert_document(request, converted), as_json, lambda: say(text))
