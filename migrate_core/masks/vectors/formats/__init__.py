"""One reader for each vector format, and the layer that each of them gives."""
