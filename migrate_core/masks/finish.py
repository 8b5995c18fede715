"""Finishing what a command that died has left of adding masks."""

from __future__ import annotations

from ..errors import JobRunningError
from ..session import Session
from ..store.masks import any_pending


def finish(session: Session) -> None:
    """Read the pixels of masks of which only the header is known: a command died over them.

    While another process does that, work goes on with the masks that are read.
    """
    if not any_pending(session.store):
        return
    # Hardly ever needed, and reading pixels is slow to import.
    from .register.rasters import read_pending

    try:
        with session.tracked("masks") as progress:
            read_pending(session.store, progress)
    except JobRunningError:
        session.say("Masks are being added by another command; those not read yet are left out.")
