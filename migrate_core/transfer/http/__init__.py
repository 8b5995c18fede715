"""HTTP as every service here needs it: one client, its limits, its retries."""
