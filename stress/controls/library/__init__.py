"""Negative controls, one a file: each declares CONTROL, and says what must hold where nothing is to be found."""
