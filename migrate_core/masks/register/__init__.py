"""From files to masks in the store."""
