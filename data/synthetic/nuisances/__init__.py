"""Nuisances, a file each: rows of ordinary life that a rule or an indicator looks for."""
