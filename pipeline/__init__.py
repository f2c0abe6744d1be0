"""The stages and the run: load, validate, featurise, detect, flag, seal."""
