"""The forms in which a dataset is written, each a module of its own."""
