"""Triage: a small model of a team's decisions, and what may be accepted by it."""
