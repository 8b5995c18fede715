"""Reaching scenes where they lie: opening, credentials, connections, kept responses."""
