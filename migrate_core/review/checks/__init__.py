"""Attention checks: pairs that are known to be bad, mixed in to see whether they are noticed."""
