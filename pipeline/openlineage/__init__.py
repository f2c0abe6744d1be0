"""Lineage as OpenLineage events: which columns a run's columns come from, read off the statements that ran."""
