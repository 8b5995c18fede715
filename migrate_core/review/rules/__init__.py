"""Rules: a filter and a verdict that decide about many pairs, and the random audit of that."""
