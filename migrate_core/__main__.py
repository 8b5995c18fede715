"""`python -m migrate_core`, and the script `migrate-labels`."""


def main(prog_name: str = "migrate-labels") -> None:
    """Run the command line; `prog_name` is what its help calls it."""
    # Not at the top: workers begin by importing this module, and need no command line.
    try:
        from .jobs.start import leave_boto3_out

        leave_boto3_out()
        from .cli import cli
        from .cli.console import unfailing_stderr
    except KeyboardInterrupt:
        # In the words of a command that is interrupted later.
        raise SystemExit("\nAborted!") from None

    unfailing_stderr()
    cli(prog_name=prog_name)


if __name__ == "__main__":
    main("python -m migrate_core")
