"""Findings: what each scenario does to innocent people, as small tables that are kept and pages made from them."""
