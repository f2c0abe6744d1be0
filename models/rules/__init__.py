"""Contradiction rules, a file each."""
