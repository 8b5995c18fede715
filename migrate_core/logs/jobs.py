"""Begin and end of jobs and commands in the log."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from ..errors import JobCancelledError, MigrateError
from .context import about, ids_here

log = logging.getLogger(__name__)


@contextmanager
def logged(kind: str, job_id: str) -> Iterator[None]:
    """Log the begin and the end of a job, and name it in all records between.

    The command that the job is a part of stands beside its begin, where there is one.
    """
    began, command = time.monotonic(), ids_here().get("command", "called from Python")
    with about({"job": job_id}):
        log.info("Job `%s` begins: %s", kind, command)
        try:
            yield
        except (JobCancelledError, KeyboardInterrupt):
            log.info("Job `%s` was cancelled after %.1f s.", kind, time.monotonic() - began)
            raise
        except SystemExit:  # what went wrong was logged where it was found
            log.error("Job `%s` failed after %.1f s.", kind, time.monotonic() - began)
            raise
        except MigrateError as err:  # its cause, where it has one, was logged where it was met
            log.error("Job `%s` failed after %.1f s: %s", kind, time.monotonic() - began, err)
            raise
        except BaseException:
            log.exception("Job `%s` failed after %.1f s.", kind, time.monotonic() - began)
            raise
        log.info("Job `%s` ended after %.1f s.", kind, time.monotonic() - began)
