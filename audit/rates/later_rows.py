"""What outcomes are, and of whom the records of the months after an as-of date tell one.

An outcome whose day nobody wrote down after the as-of date is not one that nobody had: it is not computed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from data.arrays import Ids
from data.constraints import LOADED
from data.store import Store, literal

AT_LEAST: Final = 3
"""How many complaint cases or incidents with force make an outcome unless another number is asked for."""

FINDINGS: Final = "'reflective_practice', 'written_warning', 'final_warning', 'dismissed'"
"""The outcomes of a conduct case that say something was later."""


@dataclass(frozen=True)
class OutcomePart:
    """Rows of one table that tell an outcome: the column with its day, a condition, and what is counted if not rows."""

    table: str
    day: str
    where: str = "true"
    counted: str = ""


@dataclass(frozen=True)
class LaterOutcome:
    """An outcome: what it is in words, with `{k}` for how many, and where it is read."""

    says: str
    parts: tuple[OutcomePart, ...]

    @property
    def counts(self) -> bool:
        """Whether it is one by its number."""
        return any(part.counted for part in self.parts)


_EXERTED: Final = "(tactic IS NULL OR tactic <> 'compliant_handcuffs')"
_INCIDENT: Final = "coalesce('incident ' || incident_id, 'report ' || force_id)"

OUTCOMES: Final[Mapping[str, LaterOutcome]] = {
    "complaint_cases": LaterOutcome(
        "{k} or more complaint cases received", (OutcomePart("complaint", "received_on", counted="complaint_id"),)
    ),
    "force_incidents": LaterOutcome(
        "force beyond compliant handcuffing reported at {k} or more incidents",
        (OutcomePart("use_of_force", "used_at", _EXERTED, counted=_INCIDENT),),
    ),
    "conduct_case": LaterOutcome("a conduct case opened", (OutcomePart("conduct_case", "opened_on"),)),
    "misconduct_finding": LaterOutcome(
        "a conduct case closed with a finding, or a complaint finalised with a case to answer",
        (
            OutcomePart("conduct_case", "closed_on", f"outcome IN ({FINDINGS})"),
            OutcomePart("complaint", "finalised_on", "outcome = 'case_to_answer'"),
        ),
    ),
    "left": LaterOutcome("left the force", (OutcomePart("officer", "left_on"),)),
}
"""The outcomes by name."""

TABLES: Final = frozenset(part.table for outcome in OUTCOMES.values() for part in outcome.parts)
"""The tables that outcomes are read from."""


def later_of(
    store: Store, *, as_of: date, until: date, present: AbstractSet[str], at_least: int = AT_LEAST
) -> dict[str, Ids]:
    """Return, for each outcome that can be read, the officers of whom it was recorded from `as_of` up to `until`.

    Rows that name no officer tell of nobody.
    """
    officers = {}
    for name, outcome in OUTCOMES.items():
        parts = [part for part in outcome.parts if _is_read(store, part, as_of, present)]
        if parts:
            queries = " UNION ALL ".join(_officers(part, as_of, until, at_least) for part in parts)
            ids = store.rows(f"SELECT DISTINCT officer_id FROM ({queries}) ORDER BY 1")
            officers[name] = np.array([i for (i,) in ids], dtype=np.int64)
    return officers


def _officers(part: OutcomePart, as_of: date, until: date, at_least: int) -> str:
    enough = f" GROUP BY officer_id HAVING count(DISTINCT {part.counted}) >= {int(at_least)}" if part.counted else ""
    return (
        f"SELECT officer_id FROM {LOADED}.{part.table} WHERE officer_id IS NOT NULL AND {part.where} "
        f"AND {part.day} >= DATE {literal(str(as_of))} AND {part.day} < DATE {literal(str(until))}{enough}"
    )


def _last_day(store: Store, part: OutcomePart) -> date | None:
    day: date | None = store.value(f"SELECT CAST(max({part.day}) AS DATE) FROM {LOADED}.{part.table}")
    return day


def _is_read(store: Store, part: OutcomePart, as_of: date, present: AbstractSet[str]) -> bool:
    last = _last_day(store, part) if part.table in present else None
    return last is not None and last >= as_of


def uncomputed(store: Store, *, as_of: date, present: AbstractSet[str]) -> Iterator[str]:
    """Yield why an outcome is not computed as of a date, for each of which no row tells."""
    for name, outcome in OUTCOMES.items():
        if not any(_is_read(store, part, as_of, present) for part in outcome.parts):
            reasons = "; ".join(_reason(store, part, as_of, present) for part in outcome.parts)
            yield f"{name} as of {as_of} is not computed, because {reasons}."


def _reason(store: Store, part: OutcomePart, as_of: date, present: AbstractSet[str]) -> str:
    if part.table not in present:
        return f"there is no table {part.table}"
    last = _last_day(store, part)
    if last is None:
        return f"no row of {part.table} has a {part.day}"
    return f"no {part.day} of {part.table} lies on or after it (the last is {last})"
