"""Usual ways of finding unusual people, a file each: what detectors are measured against. They feed no flag."""
