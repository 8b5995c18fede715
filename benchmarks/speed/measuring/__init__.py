"""What a contestant takes, measured from outside."""
