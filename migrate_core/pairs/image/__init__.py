"""The image of a pair: bands, mosaic of granules, radiometric offset."""
