"""Review: decisions about pairs, and what they add up to."""
