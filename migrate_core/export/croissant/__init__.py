"""What every format of a dataset has beside it: a table of its samples, and GeoCroissant."""
