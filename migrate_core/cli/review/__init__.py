"""`review …`."""
