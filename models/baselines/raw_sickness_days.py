"""Who has been away with psychological sickness longest?"""

from __future__ import annotations

from models.baseline import RawCount

BASELINE = RawCount("psychological_sickness_days", concern="welfare")
