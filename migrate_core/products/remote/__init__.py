"""Bands at a service by ranges of bytes: known headers, merged requests, many at a time."""
