"""The format `coco`: images and the outlines of connected pixels of each class."""
