"""Ours, by hand, and the article's way: what each takes, as a table of ratios."""
