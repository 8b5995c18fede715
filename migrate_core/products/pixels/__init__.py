"""Reading windows of pixels: bands, classes, cloud masks, quicklooks."""
