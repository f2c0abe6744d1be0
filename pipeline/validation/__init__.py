"""Checking records against the contract: the rows that break a rule, found by SQL and by Great Expectations alike."""
