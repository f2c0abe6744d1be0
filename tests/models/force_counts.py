"""Counts of rules for a force made up in memory, and the officers they belong to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

import numpy as np
import pyarrow as pa

from data.arrays import Ids, Integers
from features.table import FeatureTable
from models.contradictions.rule import Rule
from pipeline.rule_counts import RuleCounts

AS_OF: Final = date(2026, 6, 1)
COUNTED: Final = ("hits", "judged", "cannot_say", "hit_days", "judged_days", "set_aside")


def officers_alike(ids: Ids, *, roles: Sequence[str] = ("response",), areas: int = 1) -> FeatureTable:
    """Officers in service, their roles and areas by turns."""
    n = len(ids)
    subjects = pa.table(
        {
            "subject_id": ids,
            "role": [roles[at % len(roles)] for at in range(n)],
            "rank": ["constable"] * n,
            "team_id": pa.array([at // 10 for at in range(n)], pa.int64()),
            "area_id": pa.array([at % areas for at in range(n)], pa.int64()),
        }
    )
    return FeatureTable("officer", AS_OF, subjects, {})


def counts_of(rule: Rule, hit_days: Integers, judged_days: Integers) -> RuleCounts:
    """Counts with one claim a day, for officers 1, 2, ..."""
    zero = np.zeros(len(hit_days), dtype=np.int64)
    ids = np.arange(1, len(hit_days) + 1)
    return RuleCounts(rule, AS_OF, ids, hit_days, judged_days, zero, hit_days, judged_days, zero)
