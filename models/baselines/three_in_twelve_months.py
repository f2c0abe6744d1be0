"""Who has three complaints or more in twelve months? The usual threshold of early-intervention systems."""

from __future__ import annotations

from models.baseline import RawCount

BASELINE = RawCount("complaints", concern="standards", at_least=3)
