"""Null distributions: what is ordinary among peers, fitted so that the unusual few do not hide themselves."""
