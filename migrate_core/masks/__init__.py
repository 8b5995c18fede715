"""Masks: label rasters with their georeference, date, classes and source image."""
