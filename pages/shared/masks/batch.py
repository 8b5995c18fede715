"""One edit for many masks: asked for, looked at before it is made, and made as a job."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from migrate_core.errors import MigrateError
from migrate_core.job_requests import EditMasks
from migrate_core.masks.given import batch_edit
from migrate_core.masks.raster.no_data import NONE
from migrate_core.masks.register.batch_edit import BatchEdit, EditEffect, effect_of
from migrate_core.model import named_problem
from migrate_core.review.set_aside import SetAside, consequence_of_edit, set_aside_by_edit
from migrate_core.text import _
from pages.shared.background import is_busy, path_of, pressed, start
from pages.shared.frame import Page
from pages.shared.masks.add import KIND
from pages.shared.masks.marks import Scope, mark_none, scope_of_list
from pages.shared.masks.options import text_values
from pages.shared.masks.report import image_table
from pages.shared.text import counted, message_of

_SEEN = "masks_batch_seen"
# Counted up to have empty fields after an edit.
_ROUND = "masks_batch_round"
_EMPTY = {"as it is": None, "yes, as a negative example": True, "no": False}
# So many masks that can't take the edit are named.
_NAMED = 5


@dataclass(frozen=True)
class EditAhead:
    """What an edit of `of` masks would change, and which decisions it may set aside."""

    effect: EditEffect
    decided: SetAside
    of: int


@dataclass(frozen=True)
class _Seen:
    """An edit that a person has looked at: of which masks, and what it does."""

    scope: Scope
    edit: BatchEdit
    ahead: EditAhead


def edit_many(page: Page) -> None:
    """The fields, what they would change, and the button that applies them."""
    with st.expander(_("Edit many masks"), icon=":material/edit_note:", key="masks_batch"):
        scope = scope_of_list(page)
        if not scope.count:
            st.caption(_("The list is empty."))
            return
        which = (
            _("For **{masks}**.")
            if scope.mask_ids
            else _("For **{masks}**: all that the list shows. Mark rows to edit fewer.")
        )
        st.markdown(
            f"{which.format(masks=scope.noun)} {_('An empty field leaves things as they are.')}"
        )
        given = _fields(scope)
        if given is not None:
            _look(page, scope, given)
        seen: _Seen | None = st.session_state.get(_SEEN)
        if seen is not None and seen.scope == scope:
            ask_before_edit(
                seen.ahead,
                "masks_batch",
                lambda: _apply(page, seen),
                _leave,
                busy=is_busy(page, KIND),
            )


def _fields(scope: Scope) -> dict[str, Any] | None:
    """What is to be set, once it is to be looked at; None before."""
    number = st.session_state.setdefault(_ROUND, 0)
    with st.form(f"masks_batch_form_{number}", border=False):
        left, middle, right = st.columns(3)
        date = left.text_input(
            _("Date (UTC)"),
            key=f"masks_batch_date_{number}",
            placeholder="2020-02-02",
            help=_(
                "When the source image was taken: a day, a time (2020-02-02 10:15:32), or a "
                "period (2020-02-02/2020-02-10). Scenes are searched for again by it."
            ),
        )
        crs = middle.text_input(
            _("CRS"),
            key=f"masks_batch_crs_{number}",
            placeholder=_("EPSG:32631"),
            help=_(
                "For masks whose file has a transform but no CRS. A CRS that a file brings is "
                "mended in the file."
            ),
        )
        names = right.text_input(
            _("Class names"),
            key=f"masks_batch_names_{number}",
            placeholder=_("1 = mine, 2 = water"),
            help=_(
                "Names of values as they are in the file. `1 =` takes a name away; values that "
                "aren't named here keep theirs."
            ),
        )
        nodata = left.text_input(
            _("No data"),
            key=f"masks_batch_nodata_{number}",
            placeholder=_("as they are"),
            help=_(
                "Values that stand for no data, with commas between, such as -1, 255; or "
                "{none} when none does. The masks are read again, and their pairs are "
                "made again by the next run."
            ).format(none=NONE),
        )
        image = middle.text_input(
            _("Source image, or folder of them"),
            key=f"masks_batch_image_{number}",
            placeholder=_("/data/images"),
            help=_(
                "A path on the server. In a folder each mask finds its own image: of the same "
                "name without suffix, or but for an ending such as _mask, or of the same "
                "PlanetScope "
                "scene id."
            ),
        )
        empty = right.selectbox(
            _("May be without any label"),
            list(_EMPTY),
            format_func={choice: _(choice) for choice in _EMPTY}.__getitem__,
            key=f"masks_batch_empty_{number}",
            help=_(
                "A mask of background only is a problem unless it is meant as a negative example."
            ),
        )
        asked = pressed(
            st.form_submit_button,
            _("See what this changes in {masks}").format(masks=scope.noun),
            f"masks_batch_look_{number}",
            type="primary",
        )
    fields = {"date": date, "crs": crs, "class_names": names, "empty_allowed": _EMPTY[empty]}
    return {**fields, "nodata": text_values(nodata), "image": image.strip()} if asked else None


def _look(page: Page, scope: Scope, given: dict[str, Any]) -> None:
    """Find out what the edit would change."""
    st.session_state.pop(_SEEN, None)
    try:
        image = path_of(given["image"], Path.cwd()) if given["image"] else None
        edit = batch_edit({**given, "image": image})
        with st.spinner(_("Looking at what changes …")):
            effect = effect_of(page.store, scope.ids(page), edit)
            decided = set_aside_by_edit(page.store, effect)
    except MigrateError as err:
        st.error(message_of(err))
        return
    st.session_state[_SEEN] = _Seen(scope, edit, EditAhead(effect, decided, scope.count))


def ask_before_edit(
    ahead: EditAhead,
    key: str,
    apply: Callable[[], None],
    leave: Callable[[], None],
    *,
    busy: bool = False,
) -> None:
    """What an edit changes, and the buttons to `apply` or `leave` it, which are callbacks.

    Where decisions are touched it is applied after a yes only. Keys begin with `key`.
    """
    _show(ahead, key)
    agreed = True
    if ahead.decided.total:
        st.warning(message_of(consequence_of_edit(ahead.decided)), icon=":material/history:")
        # A yes is one to these changes, not to those that are asked about next.
        asked = hash((ahead.effect.mask_ids, str(ahead.effect), ahead.decided))
        yes_to_it = _("Go on, these decisions may be set aside")
        agreed = st.checkbox(yes_to_it, key=f"{key}_agreed_{asked}")
    if count := len(ahead.effect.mask_ids):
        yes, no, _rest = st.columns([2, 1, 3])
        yes.button(
            _("Change {masks}").format(masks=counted(count, "mask")),
            key=f"{key}_apply",
            type="primary",
            width="stretch",
            disabled=not agreed or busy,
            on_click=apply,
        )
        no.button(_("Don't"), key=f"{key}_no", width="stretch", on_click=leave)


def _show(ahead: EditAhead, key: str) -> None:
    """How many masks get what, which of them can't, and which image each would have."""
    effect = ahead.effect
    count = len(effect.mask_ids)
    same = ahead.of - count
    if count:
        parts = ", ".join(
            _("{what} of {count:,}").format(what=_(what), count=len(ids))
            for what, ids in effect.changed.items()
        )
        change = _("**{masks} would change**: {parts}.").format(
            masks=counted(count, "mask"), parts=parts
        )
    else:
        change = _("Nothing would change.")
    stay = _("{masks} would stay as it is.") if same == 1 else _("{masks} would stay as they are.")
    st.info(f"{change} {stay.format(masks=counted(same, 'mask'))}" if same else change)
    if effect.problems:
        named = effect.problems[:_NAMED]
        lines = "".join(f"\n- {message_of(named_problem(problem))}" for problem in named)
        more = len(effect.problems) - len(named)
        st.warning(
            _("{masks} can't take a part of it:{lines}").format(
                masks=counted(len(effect.problems), "mask"), lines=lines
            )
            + ("\n- " + _("… and {count:,} more").format(count=more)) * (more > 0)
        )
    if effect.images is not None:
        image_table(effect.images.limited(200), f"{key}_images")


def _apply(page: Page, seen: _Seen) -> None:
    """Start the edit; marks and fields are empty again then, since some masks get other ids."""
    _leave()
    st.session_state[_ROUND] += 1
    scope = seen.scope
    mark_none()
    request = EditMasks(seen.edit, scope.wanted, scope.mask_ids, set_aside=True)
    start(page, KIND, lambda: request)


def _leave() -> None:
    st.session_state.pop(_SEEN, None)
