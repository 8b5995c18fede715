"""Labels that are taken out as polygons, edited, and taken back as a new version of the mask."""
