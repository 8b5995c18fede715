"""`python -m migrate_core`."""

from .cli import cli
from .cli.console import unfailing_stderr

if __name__ == "__main__":
    unfailing_stderr()
    cli(prog_name="python -m migrate_core")
