"""Masks made of polygons: reading vector files, areas of interest, classes, dates, features."""
