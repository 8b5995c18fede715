"""Clouds over each mask, measured before anything is fetched."""
