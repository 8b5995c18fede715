"""Migrate segmentation labels drawn on another satellite's images to Sentinel-2."""

__version__ = "0.1.0"
