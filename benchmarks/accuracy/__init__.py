"""How right pixels and labels are, measured on cases whose truth is known.

`python -m benchmarks.accuracy docs/accuracy.md` (or `make accuracy`) writes the table.
"""
