"""Where a dataset goes: a folder, a zip, an object store."""
