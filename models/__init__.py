"""What counts as unusual: one rule or detector a file, their calibration and selection."""
