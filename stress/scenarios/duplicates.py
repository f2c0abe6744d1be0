"""Rows are recorded twice, under a new number and a few days later."""

from __future__ import annotations

import numpy as np

from stress.draft import Draft
from stress.scenario import Scenario

TABLES = ("complaint", "conduct_case", "use_of_force", "stop_search", "system_access", "roster_edit", "expense")


def record_twice(draft: Draft, dose: float) -> None:
    """Record a share of each table's rows again."""
    for table in TABLES:
        if table not in draft:
            continue
        level = draft.rng.random(draft.size(table))
        later = draft.rng.integers(0, 20, draft.size(table))
        rows = np.flatnonzero(level < dose)
        draft.copy(table, rows, known_on=draft.column(table, "known_on")[rows] + later[rows])


SCENARIO = Scenario(
    question="What if rows are recorded twice under new numbers?",
    modelled_on="duplicate complaints (a statutory ground for taking no action, IPCC Focus 2014) and records kept twice"
    " while systems are migrated. The share is an assumption.",
    expects="little, because duplicates fall on everybody alike; people with few rows gain most in proportion",
    dose="share of rows that are recorded twice",
    doses=(0.05, 0.2, 0.5),
    tables=TABLES,
    records=record_twice,
)
