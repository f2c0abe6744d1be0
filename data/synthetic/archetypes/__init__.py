"""Innocent reasons to look unusual, a file each."""
