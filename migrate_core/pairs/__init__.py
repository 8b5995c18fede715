"""Pairs: a mask put on the Sentinel-2 grid beside the image, with what occludes the ground."""
