"""Measurements of the review, written into docs/review.md."""
