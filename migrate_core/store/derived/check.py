"""Whether what is stored beside the log of decisions is what the log adds up to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .standings import differing, rebuild

if TYPE_CHECKING:
    from ..base import Store


def check_standings(store: Store, *, mend: bool = False) -> list[str]:
    """The pairs, by id, whose stored standing isn't what their log of decisions adds up to.

    With `mend`, all standings are written anew by the log, within the same transaction.
    """
    with store.engine.begin() as connection:
        wrong = differing(connection)
        if mend and wrong:
            rebuild(connection)
    return wrong
