"""Is the whole pattern of an officer's records easy to tell apart from that of peers?"""

from __future__ import annotations

from models.pattern import Pattern

DETECTOR = Pattern("pyod.models.iforest.IForest", {"n_estimators": 200})
