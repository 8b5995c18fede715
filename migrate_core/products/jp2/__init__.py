"""Windows of JPEG 2000 files: only the tiles under them are read, and only their area decoded."""
