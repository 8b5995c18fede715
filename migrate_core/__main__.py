"""`python -m migrate_core`."""

if __name__ == "__main__":
    # Not at the top: workers begin by importing this module, and need no command line.
    from .cli import cli

    cli(prog_name="python -m migrate_core")
