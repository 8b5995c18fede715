"""When a source image was taken: names, patterns, metadata beside it, sensors."""
