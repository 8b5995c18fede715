"""Train, validation and test, and the check that nothing leaks between them."""
