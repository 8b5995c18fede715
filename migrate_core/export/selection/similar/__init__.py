"""Pairs that are nearly the same, and pairs that look unlike all others."""
