"""Stress tests: what happens to flags, and to innocent people, when records go wrong in ways that records do."""
