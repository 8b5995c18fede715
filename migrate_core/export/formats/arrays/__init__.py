"""Formats that hold samples as arrays, many in a file: Parquet, tar and Zarr."""
