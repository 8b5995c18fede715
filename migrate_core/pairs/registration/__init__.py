"""How far a mask has to be moved to lie where Sentinel-2 shows its objects."""
