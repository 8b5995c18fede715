"""The source image of a mask on the grid of its pair, and its occlusion."""
