"""The tables of the review beside its logs: batches, leases, attention checks, settings."""
