"""Text of others as it is, where Markdown is expected; and numbers in the cells of tables."""

from __future__ import annotations

# Formats of columns, which show numbers as `migrate_core.text` writes them.
PERCENT_COLUMN = "%.1f %%"
DAYS_COLUMN = "%+.1f"


def plain(text: str) -> str:
    """Text that Markdown leaves alone."""
    return "".join(f"\\{sign}" if sign in "\\`*_[]<>#:$~" else sign for sign in text)
