"""Servers on loopback that stand in for services, with the faults that real ones have."""
