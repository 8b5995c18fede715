"""What the XML metadata of products say, and what is known where they are missing."""
