"""Statistical detectors, a file each."""
