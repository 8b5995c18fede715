"""Products that STAC items describe."""
