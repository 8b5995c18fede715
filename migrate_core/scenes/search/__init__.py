"""Searching and ranking: requests, acquisitions, order of candidates, advice."""
