"""The format `stac`: a static catalogue that any client of STAC opens."""
