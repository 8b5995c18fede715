"""Text of others as it is, where Markdown is expected."""

from __future__ import annotations


def plain(text: str) -> str:
    """Text that Markdown leaves alone."""
    return "".join(f"\\{sign}" if sign in "\\`*_[]<>#:$~" else sign for sign in text)
