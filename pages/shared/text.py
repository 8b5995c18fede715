"""Text of others as it is, where Streamlit expects Markdown: messages, labels, help, tables.

Whatever a person, a file or a service has named goes through one of these.
"""

from __future__ import annotations

from migrate_core.escaping import markdown_code as code
from migrate_core.escaping import markdown_text as plain

__all__ = ["code", "plain"]
