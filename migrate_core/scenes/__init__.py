"""Scenes: searching sources, ranking candidates for each mask, choosing among them."""
