"""Text of others as it is, where Streamlit expects Markdown; and numbers in the cells of tables.

Whatever a person, a file or a service has named goes through one of these.
"""

from __future__ import annotations

from migrate_core.escaping import markdown_code as code
from migrate_core.escaping import markdown_text as plain
from migrate_core.text import counted
from pages.shared.language.messages import message_text

__all__ = [
    "AREA_COLUMN", "COUNT_COLUMN", "DATE_FIELD", "PERCENT_COLUMN",
    "code", "counted", "message_of", "plain",
]  # fmt: skip

# Formats of columns, which show numbers as `migrate_core.text` writes them.
PERCENT_COLUMN = "%.1f %%"
COUNT_COLUMN, AREA_COLUMN = "%,d", "%,.2f"
# Form of a field for a date, which is that of `migrate_core.text`.
DATE_FIELD = "YYYY-MM-DD"


def message_of(found: object) -> str:
    """An error, or a message that is stored in English, in the language of the tab."""
    return plain(message_text(found))
