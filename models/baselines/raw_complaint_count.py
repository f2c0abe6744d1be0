"""Who has the most complaints? The oldest way of all, and a strong one."""

from __future__ import annotations

from models.baseline import RawCount

BASELINE = RawCount("complaints", concern="standards")
