"""Running many pairs: planning, fetching ahead, workers."""
