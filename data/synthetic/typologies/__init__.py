"""Patterns of concern that can be planted in a synthetic world, a file each."""
