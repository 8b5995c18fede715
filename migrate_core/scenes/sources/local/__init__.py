"""`local:PATH`: folders and static catalogues on this machine's disks."""

from .source import PREFIX, Local, LocalSource

__all__ = ["PREFIX", "Local", "LocalSource"]
