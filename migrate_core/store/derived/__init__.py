"""What follows from other rows and is kept beside them, to be counted and listed quickly."""
