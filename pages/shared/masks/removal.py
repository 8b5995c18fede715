"""Taking masks off the list: one, the marked ones, or all that the list shows."""

from __future__ import annotations

import streamlit as st

from migrate_core.errors import MigrateError
from migrate_core.model import Mask
from migrate_core.review.set_aside import SetAside, present_decisions
from migrate_core.text import _
from pages.shared.background import pressed
from pages.shared.frame import Page
from pages.shared.masks.marks import mark_none, scope_of_list
from pages.shared.polling import rerun_page
from pages.shared.state import choose_mask, selection
from pages.shared.text import counted, message_of

# Why masks could not be taken off the list, to be said once.
_NOT_REMOVED = "masks_not_removed"


def removal(page: Page) -> None:
    """Take the marked masks, or all of the list, off it, after asking."""
    if trouble := st.session_state.pop(_NOT_REMOVED, ""):
        st.error(message_of(trouble))
    scope = scope_of_list(page)
    if scope.count and pressed(
        st.button,
        _("Remove {masks} from the list …").format(masks=scope.noun),
        "masks_remove_all",
        icon=":material/delete:",
        type="tertiary",
    ):
        _confirm_removal(page, scope.ids(page))


def _confirm_removal(page: Page, mask_ids: list[str]) -> None:
    # Made when it is opened, since its title is in the language of the tab.
    st.dialog(_("Remove masks from the list?"))(_removal_dialog)(page, mask_ids)


def _removal_dialog(page: Page, mask_ids: list[str]) -> None:
    try:
        _ask_removal(page, mask_ids)
    except MigrateError as err:
        st.error(message_of(err))


def _ask_removal(page: Page, mask_ids: list[str]) -> None:
    several = len(mask_ids) > 1
    many = counted(len(mask_ids), "mask") if several else _("This mask")
    decided = SetAside.of(present_decisions(page.store, mask_ids).values())
    st.write(
        _(
            "{many} will no longer be searched for, made into pairs or exported. The "
            "files stay where they are, and so do decisions: add a mask again and "
            "its pairs can be made again."
        ).format(many=many)
    )
    if decided.total:
        st.warning(
            _("This sets aside the decisions about {decided}.").format(decided=decided),
            icon=":material/history:",
        )
    yes, no = st.columns(2)
    if yes.button(
        _("Remove"),
        key="masks_remove_yes",
        type="primary",
        width="stretch",
        on_click=_remove,
        args=(page, mask_ids),
    ):
        rerun_page()
    if pressed(no.button, _("Keep"), "masks_remove_no", width="stretch"):
        rerun_page()


def _remove(page: Page, mask_ids: list[str]) -> None:
    try:
        page.store.remove_masks(mask_ids)
    except MigrateError as err:
        st.session_state[_NOT_REMOVED] = str(err)
        return
    mark_none()
    if selection().mask_id in mask_ids:
        choose_mask(None)


def remove_one(page: Page, mask: Mask) -> None:
    """The button that takes one mask off the list, after asking."""
    key = f"masks_remove_{mask.mask_id}"
    if pressed(st.button, _("Remove …"), key, icon=":material/delete:"):
        _confirm_removal(page, [mask.mask_id])
