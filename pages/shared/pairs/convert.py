"""Converting a whole product to one GeoTIFF: the second part of the page Pairs."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from migrate_core.errors import WrongUseError
from migrate_core.job_requests import ConvertProduct
from migrate_core.jobs.background import answer
from migrate_core.products.opening import open_product
from migrate_core.store.selected import products_in_use
from migrate_core.text import _
from pages.shared.background import (
    POLL_S,
    format_size,
    how_it_ended,
    is_busy,
    note_press,
    path_of,
    start,
    trouble,
    was_pressed,
    watch,
)
from pages.shared.frame import Page
from pages.shared.polling import polled
from pages.shared.text import message_of, plain

KIND = "convert"
_OFFERED = 200


@polled(lambda page: is_busy(page, KIND), POLL_S)
def convert_panel(page: Page) -> None:
    """The form, the progress of the conversion, and where its result lies."""
    busy = is_busy(page, KIND)
    product = st.selectbox(
        _("Product"),
        products_in_use(page.store, _OFFERED),
        index=None,
        placeholder=_(
            "Choose one of the selected scenes, or write the path of a SAFE folder or zip"
        ),
        accept_new_options=True,
        key="convert_product",
        persist_state="session",
        help=_("On the machine where the app runs."),
    )
    destination = st.text_input(
        _("Save as"),
        placeholder=_("{converted}/<product>.tif").format(converted=page.workspace.converted),
        key="convert_destination",
        persist_state="session",
        help=_(
            "Path of the GeoTIFF; a relative one lies in the workspace. A full product needs up "
            "to 5 GB while it is converted and 3 GB after."
        ),
    )
    st.button(
        _("Convert"),
        key="convert_start",
        icon=":material/transform:",
        disabled=busy or not product,
        on_click=note_press,
        args=(KIND,),
    )
    if was_pressed(KIND) and product:
        start(page, KIND, lambda: _request(page, product, destination))
    trouble(KIND)
    if busy:
        watch(page, KIND, _("Converting"))
        return
    how_it_ended(page, KIND)
    _result(page)


def _request(page: Page, product: str, destination: str) -> ConvertProduct:
    """What is to be converted, when the product can be opened. Raises MigrateError."""
    source = path_of(product, page.workspace.root)
    opened = open_product(str(source))
    default = page.workspace.converted / f"{opened.product_id.removesuffix('.SAFE')}.tif"
    target = path_of(destination, page.workspace.root) if destination.strip() else default
    if target.is_dir():
        raise WrongUseError(
            _("{target} is a folder; name a file, such as {example}.").format(
                target=target, example=target / default.name
            )
        )
    if target.suffix.lower() not in (".tif", ".tiff"):
        raise WrongUseError(
            _("{target}: the result is a GeoTIFF, so its name must end in .tif.").format(
                target=target
            )
        )
    return ConvertProduct(source, target)


def _result(page: Page) -> None:
    """The file that the last conversion wrote."""
    found = answer(page.store, KIND)
    if found is None or not Path(found["file"]).is_file():
        return
    path = Path(found["file"])
    st.success(
        _("{product} is converted ({size}).").format(
            product=plain(found["product_id"]), size=format_size(path)
        )
    )
    st.code(str(path), language=None)
    st.caption(
        _(
            "Cloud-optimised GeoTIFF at 10 m, uint16, reflectance = value / 10000, 0 = no data. "
            "Bands: {bands}. Offsets: {offsets}."
        ).format(bands=plain(", ".join(found["bands"])), offsets=message_of(found["offsets_from"]))
    )
    if found.get("missing_bands"):
        missing = plain(", ".join(found["missing_bands"]))
        st.warning(_("The product lacks {bands}.").format(bands=missing))
    for warning in found.get("offset_warnings", ()):
        st.warning(
            _("The radiometric offset is doubtful: {warning}.").format(warning=message_of(warning))
        )
