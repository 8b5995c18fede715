"""Several reviewers: double review, leases, and how far the team is."""
