"""Export: the curated dataset, its manifest, and the card that says what is in it."""
