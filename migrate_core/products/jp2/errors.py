"""Why a window isn't read here; the caller then reads it through GDAL."""


class UnsuitableError(Exception):
    """The file, or what was found in it, is of a kind that this package doesn't read."""
