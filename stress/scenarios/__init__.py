"""The ways in which records go wrong, or are used wrongly: one scenario a file, each declaring SCENARIO."""
