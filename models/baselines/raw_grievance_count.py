"""In which team did the most grievances arise?"""

from __future__ import annotations

from models.baseline import RawCount

BASELINE = RawCount("grievances", concern="culture", kind="unit")
