"""`python -m migrate_core`."""

if __name__ == "__main__":
    # Not at the top: workers begin by importing this module, and need no command line.
    from .cli import cli
    from .cli.console import unfailing_stderr

    unfailing_stderr()
    cli(prog_name="python -m migrate_core")
