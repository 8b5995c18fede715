"""The label of a pair: exact area shares, hard label, boundary buffer, small objects."""
