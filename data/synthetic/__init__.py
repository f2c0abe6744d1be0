"""The synthetic force: worlds, their layers, and the row-level truth about them."""
