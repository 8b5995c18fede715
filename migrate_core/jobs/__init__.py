"""Background work: claiming and watching jobs, and the pool of worker processes."""
