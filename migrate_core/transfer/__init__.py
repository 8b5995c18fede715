"""How bytes come from services: HTTP, tokens, resumable checked downloads, quotas, a cache."""
