"""Ways to do the same; each runs in a process of its own and answers with digests."""
