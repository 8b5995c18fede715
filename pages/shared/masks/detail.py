"""One mask: what it looks like, its classes with their areas, and how to mend its problems."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry
from streamlit.delta_generator import DeltaGenerator

from migrate_core.errors import MigrateError
from migrate_core.grid import Bounds
from migrate_core.masks.checks import CONTENT, DATE, FILE, GEOREFERENCE
from migrate_core.masks.dates.names import parse_date
from migrate_core.masks.raster.value_notes import declared_only
from migrate_core.masks.register.edit import CRS_FIELD, MaskEdit, edited, store_edits
from migrate_core.masks.summary import pixel_size, thumbnail
from migrate_core.masks.transformation import transformation
from migrate_core.model import BACKGROUND, IGNORE, LONLAT, Mask
from migrate_core.pairs.view.drawing import Colour, class_colour, class_colours
from migrate_core.store.masks import MaskFilter, masks_of, names_and_dates
from migrate_core.text import NOT_KNOWN, _, format_date
from pages.shared.background import pressed
from pages.shared.frame import Page
from pages.shared.language.messages import message_text
from pages.shared.masks.classes import BACKGROUND_COLOUR, class_table
from pages.shared.masks.removal import remove_one
from pages.shared.masks.values import doubtful_values, no_data_form
from pages.shared.polling import rerun_page
from pages.shared.text import message_of, plain

_WRONG_TAG = ", or read it again if what the file declares as no data is a class"
_NO_DATA = (0, 0, 0, 0)


def mask_detail(page: Page, mask: Mask) -> None:
    """Name, problem with its remedy, thumbnail with legend, and facts."""
    st.markdown(f"**{plain(mask.name)}**")
    _problems(page, mask)
    doubtful_values(page, mask)
    _picture(mask)
    _details(mask)
    left, right = st.columns(2)
    with left.popover(_("Class names"), icon=":material/label:", disabled=not mask.classes.stored):
        _class_names(page, mask)
    if mask.vector is None:
        with right.popover(_("No data"), icon=":material/hide_source:"):
            no_data_form(page, mask)
    remove_one(page, mask)


def _problems(page: Page, mask: Mask) -> None:
    """What is wrong, and what mends it, here where that is possible."""
    if mask.problem is None:
        st.badge(_("ready"), icon=":material/check:", color="blue")
        return
    remedies = [_remedy(mask, topic, text) for topic, text in mask.problems.items()]
    st.warning(plain(" ".join(remedies) or message_text(mask.problem)), icon=":material/build:")
    if DATE in mask.problems:
        _mend_date(page, mask)
    if GEOREFERENCE in mask.problems and _takes_crs(mask):
        _mend_crs(page, mask)
    only_background = CONTENT in mask.problems and mask.classes.stored is not None
    keep = _("Keep it as a negative example")
    if only_background and pressed(st.button, keep, f"masks_keep_empty_{mask.mask_id}"):
        _apply(page, mask, MaskEdit(empty_allowed=True))


def _remedy(mask: Mask, topic: str, text: str) -> str:
    """A problem in the words of this page: what was found, and what to do here."""
    problem = message_text(text)
    found = problem.split(". ")[0].rstrip(".") + "."
    if topic == DATE:
        advice = _("Give it here, or for many masks by a file-name pattern below.")
        return f"{found} {advice}"
    if topic == GEOREFERENCE and mask.georeference.crs and _takes_crs(mask):
        advice = _("Give another CRS than {crs} here.").format(crs=mask.georeference.crs)
        return f"{found} {advice}"
    if topic == GEOREFERENCE and _takes_crs(mask):
        advice = _("Give it here if you know it, or add the mask again with its source image.")
        return f"{found} {advice}"
    if topic == GEOREFERENCE:
        advice = _("Add the mask again with the georeferenced image it was drawn on.")
        return f"{found} {advice}"
    if topic == CONTENT:
        keep = _(", or keep it if it is meant so") if mask.classes.stored is not None else ""
        again = _(_WRONG_TAG) * bool(declared_only(mask))
        return f"{found} {_('Remove it from the list')}{keep}{again}."
    if topic == FILE:
        return problem
    return f"{found} {_('Add the mask again with the right source image.')}"


def _takes_crs(mask: Mask) -> bool:
    """Whether a CRS from a person georeferences the mask: its file has none, but a transform."""
    return mask.georeference.transform is not None and (
        mask.georeference.crs is None or CRS_FIELD in mask.user_set
    )


def _mend_date(page: Page, mask: Mask) -> None:
    with st.form(f"masks_mend_date_{mask.mask_id}", border=False):
        left, right = st.columns([3, 1], vertical_alignment="bottom")
        text = left.text_input(_("Date of its source image (UTC)"), placeholder="2020-02-02")
        if _save(right, f"masks_save_date_{mask.mask_id}") and text:
            try:
                change = MaskEdit(acquired=parse_date(text))
            except MigrateError as err:
                st.error(message_of(err))
            else:
                _apply(page, mask, change)


def _mend_crs(page: Page, mask: Mask) -> None:
    with st.form(f"masks_mend_crs_{mask.mask_id}", border=False):
        left, right = st.columns([3, 1], vertical_alignment="bottom")
        text = left.text_input(_("CRS of the mask"), placeholder=_("EPSG:32631"))
        if _save(right, f"masks_save_crs_{mask.mask_id}") and text:
            _apply(page, mask, MaskEdit(crs=text))


def _save(column: DeltaGenerator, key: str) -> bool:
    return pressed(column.form_submit_button, _("Save"), key, width="stretch")


def _apply(page: Page, mask: Mask, change: MaskEdit) -> None:
    """Change the mask and show it; what can't be taken is reported."""
    try:
        store_edits(page.store, [(mask, edited(mask, change))])
    except MigrateError as err:
        st.error(message_of(err))
    else:
        rerun_page()


def _picture(mask: Mask) -> None:
    """The thumbnail, and the legend with area and share of each class."""
    if mask.classes.stored is None:
        return
    try:
        with st.spinner(_("Reading the mask …")):
            picture = _thumbnail(f"{mask.mask_id} {mask.form}", mask)
    except MigrateError as err:
        st.warning(message_of(err))
        return
    left, right = st.columns(2)
    alternative = _("The classes of {name}, in colours").format(name=mask.name)
    left.image(picture, width="stretch", alt=alternative)
    right.html(class_table(mask))


@st.cache_data(max_entries=200, show_spinner=False)
def _thumbnail(content: str, _mask: Mask) -> NDArray[np.uint8]:  # noqa: ARG001
    """The picture of a mask; `content`, its id and how it is read, is the key of the cache."""
    return _coloured(thumbnail(_mask), class_colours(_mask))


def _coloured(labels: NDArray[np.uint8], own: dict[int, Colour]) -> NDArray[np.uint8]:
    """Labels (height, width) as a picture (height, width, RGBA)."""
    table = np.zeros((256, 4), dtype=np.uint8)
    for value in range(1, IGNORE):
        table[value] = (*own.get(value, class_colour(value)), 255)
    table[BACKGROUND], table[IGNORE] = BACKGROUND_COLOUR, _NO_DATA
    picture: NDArray[np.uint8] = table[labels]
    return picture


def _details(mask: Mask) -> None:
    """Date, grid, georeference and files in a few lines."""
    date = mask.acquired.formatted if mask.acquired else _(NOT_KNOWN)
    lines = [_("**Date** {date}").format(date=date)]
    if mask.width and mask.height:
        size = pixel_size(mask)
        metres = _(" of {metres:.3g} m").format(metres=size) if size else ""
        lines.append(f"**{_('Pixels')}** {mask.width:,} × {mask.height:,}{metres}")
    if mask.georeference.crs:
        path = mask.georeference.origin
        origin = _(", from {file}").format(file=plain(Path(path).name)) if path else ""
        lines.append(f"**{_('CRS')}** {plain(mask.georeference.crs)}{origin}")
        if mask.extent is not None and (
            note := transformation(mask.georeference.crs, LONLAT, mask.extent).note
        ):
            lines.append(f":material/info: {message_of(note)}")
    if mask.extent is not None:
        west, south, east, north = _bounds(mask.extent)
        lines.append(
            _("**Extent** {south} to {north}, {west} to {east}").format(
                south=_degrees(south, "NS"),
                north=_degrees(north, "NS"),
                west=_degrees(west, "EW"),
                east=_degrees(east, "EW"),
            )
        )
    if (edit := mask.version) is not None:
        lines.append(
            _("**Label** version {number}, edited by {person} on {day} ({how})").format(
                number=edit.number,
                person=plain(edit.reviewer),
                day=format_date(edit.made_at),
                how=plain(edit.file) if edit.file else _("drawn in the review"),
            )
        )
    image = plain(Path(mask.source.path).name) if mask.source.path else _("none")
    lines += [f"**{_('Source image')}** {image}", f"**{_('File')}** {plain(mask.path)}"]
    st.caption("  \n".join(lines))


def _bounds(extent: BaseGeometry) -> Bounds:
    """West, south, east and north; west is the larger one across the 180° meridian."""
    west, south, east, north = extent.bounds
    if east - west < 360 or extent.geom_type == "Polygon":
        return west, south, east, north
    parts = [part.bounds for part in extent.geoms]
    return max(b[0] for b in parts), south, min(b[2] for b in parts), north


def _degrees(value: float, signs: str) -> str:
    return f"{abs(value):.4f}° {signs[0] if value >= 0 else signs[1]}"


def _class_names(page: Page, mask: Mask) -> None:
    """Names for the values of this mask, or of all masks at once."""
    known = mask.classes.names or {}
    with st.form(f"masks_names_{mask.mask_id}", border=False):
        names = {
            value: st.text_input(_("Value {value}").format(value=value), known.get(value, ""))
            for value in mask.classes.stored or {}
        }
        everywhere = st.checkbox(_("For all masks that have these values"))
        key = f"masks_save_names_{mask.mask_id}"
        if pressed(st.form_submit_button, _("Save names"), key, type="primary"):
            ids = [row[0] for row in names_and_dates(page.store, MaskFilter())]
            targets = masks_of(page.store, ids) if everywhere else iter([mask])
            change = MaskEdit(class_names=names)
            store_edits(page.store, [(item, edited(item, change)) for item in targets])
            rerun_page()
