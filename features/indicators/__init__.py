"""The indicators, a file each; the folder is scanned, nothing is registered twice."""
