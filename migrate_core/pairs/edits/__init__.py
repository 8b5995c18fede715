"""Repairs of made pairs: areas that are ignored, labels that are moved, and taking them back."""
