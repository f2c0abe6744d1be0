"""Does an officer lie outside the small spheres in which peers gather?"""

from __future__ import annotations

from models.pattern import Pattern

DETECTOR = Pattern("pyod.models.inne.INNE", {"n_estimators": 100, "max_samples": 64})
