"""Settings of a stress plan that are cheap to run, for tests of how plans are run and not of what they find."""

from __future__ import annotations

from typing import Final

LIGHT_SET: Final = """
[sets.default]
features.indicators = ["complaints", "unlinked_lookups", "assaults_suffered"]
models.detectors = ["peer_rate"]
models.rules = ["undeclared_interest"]
"""
