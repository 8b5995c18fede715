"""The log: one rotating file in the workspace, written by all its processes, without secrets."""

import logging

# Where nothing is configured, as in the app's own process, nothing goes to stderr either.
logging.getLogger("migrate_core").addHandler(logging.NullHandler())
