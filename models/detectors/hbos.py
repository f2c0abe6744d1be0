"""Are many of an officer's values, each by itself, rare among peers?"""

from __future__ import annotations

from models.pattern import Pattern

DETECTOR = Pattern("pyod.models.hbos.HBOS", {"n_bins": 20}, root=True, ranks_only=True)
