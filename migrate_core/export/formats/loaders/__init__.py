"""Modules that are copied into datasets as they are, and load them without this program."""
