"""Checking records against the contract: rows that violate a constraint, counted by SQL and by Great Expectations."""
