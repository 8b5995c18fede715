"""A simulation of automatic acceptance."""
