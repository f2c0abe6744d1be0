"""Mappings: a page that says how files of any layout become the contract's tables, and none of which is code."""
