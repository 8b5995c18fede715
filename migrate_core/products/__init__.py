"""What a Sentinel-2 product is: layout, metadata, offsets, and reading windows of its pixels."""
