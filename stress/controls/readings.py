"""Readings as rows of a table of stress results, and back: so that a plan's controls are pooled over its seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from stress.controls.control import Reading

BASIS = "control"
"""The basis, scope and breakdown under which controls stand in results."""

FOUND, ALLOWED, REAL = "found", "allowed", "real"
"""The rows of one reading, told apart by `group`: how many were found, allowed for, and counted in the real result."""


def rows_of(readings: Mapping[str, Sequence[Reading]]) -> pd.DataFrame:
    """Return up to three rows for each reading: `count` of `n`, by `group`; `name` is the control's."""
    rows = []
    for control, control_readings in sorted(readings.items()):
        for r in control_readings:
            parts = [(FOUND, r.count, r.n), (ALLOWED, r.allowed, r.n), (REAL, r.real, r.real_n)]
            rows += [_row(control, r, group, count, n) for group, count, n in parts if count is not None]
    return pd.DataFrame(rows)


def _row(control: str, reading: Reading, group: str, count: float, n: float | None) -> dict[str, object]:
    return {
        "subject_kind": reading.subject_kind,
        "concern": reading.concern,
        "basis": BASIS,
        "scope": BASIS,
        "name": control,
        "measure": reading.what,
        "by": BASIS,
        "group": group,
        "value": count / n if n else None,
        "low": None,
        "high": None,
        "count": count,
        "n": n,
        "status": "ok" if n else "undefined",
    }


def readings_of(results: pd.DataFrame) -> dict[str, list[Reading]]:
    """Return the readings in some rows of results, a control's name to those of all its cells."""
    # A cell counts each thing once, so that these keys hold the rows of one reading.
    keys = ["name", "cell", "measure", "subject_kind", "concern"]
    readings: dict[str, list[Reading]] = {}
    for (control, _, measure, kind, concern), rows in results[results["basis"] == BASIS].groupby(keys, sort=True):
        parts = {str(r["group"]): (float(r["count"]), float(r["n"])) for r in rows.to_dict("records")}
        count, n = parts[FOUND]
        real = parts.get(REAL)
        readings.setdefault(str(control), []).append(
            Reading(
                what=str(measure),
                subject_kind=str(kind),
                concern=str(concern),
                count=count,
                n=n,
                allowed=parts[ALLOWED][0] if ALLOWED in parts else None,
                real=None if real is None else real[0],
                real_n=None if real is None else real[1],
            )
        )
    return readings
