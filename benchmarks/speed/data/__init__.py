"""Products, masks and workspaces that contestants are given."""
