"""The log: one rotating file in the workspace, written by all its processes, without secrets."""
