"""Which pairs go into a dataset, and what an export would take along."""
