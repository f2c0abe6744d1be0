"""A small force for tests of the whole pipeline: every table that the thin models read, in plain view.

160 officers in 16 teams over 200 days, with a few patterns planted by hand. It is no substitute for the synthetic
force: it exists so that tests of the machinery are quick and do not change when the force does.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from data.contract import CONTRACT
from data.sample_records import arrow_table, complete_rows

START = date(2025, 6, 1)
DAYS = 200
AS_OF = START + timedelta(days=DAYS)
OFFICERS = 160
TEAMS = 16
Row = dict[str, Any]


def _at(day: int, hour: float) -> datetime:
    return datetime(START.year, START.month, START.day) + timedelta(days=day, hours=hour)  # noqa: DTZ001


def _people() -> dict[str, list[Row]]:
    units: list[Row] = [{"unit_id": 100, "kind": "force"}, {"unit_id": 101, "kind": "borough", "parent_unit_id": 100}]
    units += [{"unit_id": t, "kind": "team", "parent_unit_id": 101} for t in range(1, TEAMS + 1)]
    people, postings = [], []
    for o in range(1, OFFICERS + 1):
        people.append({"officer_id": o, "joined_on": "2015-01-01"})
        team = (o - 1) % TEAMS + 1
        postings.append(
            {"officer_id": o, "unit_id": team, "rank": "constable", "role": "response", "started_on": "2020-01-01"}
        )
    return {"unit": units, "officer": people, "posting": postings}


def _work(rng: np.random.Generator) -> dict[str, list[Row]]:
    apart = np.random.default_rng(2)
    shifts: list[Row] = []
    entries: list[Row] = []
    edits: list[Row] = []
    for o in range(1, OFFICERS + 1):
        office = o % 2 == 0
        for day in range(o % 2, DAYS, 2):
            # Officer 7 keeps putting himself down for paid work on rest days.
            gains = rng.random() < (0.6 if o == 7 else 0.02)
            shifts.append(
                {
                    "officer_id": o,
                    "place": "office" if office else "field",
                    "starts_at": _at(day, 9),
                    "ends_at": _at(day, 17),
                    "overtime_minutes": int(rng.integers(0, 40)),
                    "overtime_reason": "cancelled_rest_day" if gains else None,
                }
            )
            # Officer 8 claims office days and is not there on two fifths of them; the others are not on one in fifty.
            # Three quarters of the office people draw apart, so that the draws of everything else stay as they were.
            if office and (rng if o % 8 == 0 else apart).random() < (0.6 if o == 8 else 0.98):
                entries.append({"officer_id": o, "site": "HQ", "entered_at": _at(day, 8.8)})
            if gains:
                edits.append(
                    {
                        "shift_id": len(shifts),
                        "officer_id": o,
                        "editor_id": o,
                        "edited_at": _at(day, 4),
                        "minutes_gained": 30,
                        "field": "duty",
                    }
                )
    return {"shift": shifts, "site_entry": entries, "roster_edit": edits}


def _events(rng: np.random.Generator) -> dict[str, list[Row]]:
    incidents, attendances, force, lookups, complaints = [], [], [], [], []
    for n in range(1, 1200):
        day = int(rng.integers(0, DAYS - 1))
        incidents.append(
            {"incident_id": n, "unit_id": 101, "severity": int(rng.integers(1, 6)), "opened_at": _at(day, 12)}
        )
        for o in rng.choice(OFFICERS, size=2, replace=False).tolist():
            attendances.append({"incident_id": n, "officer_id": o + 1, "known_on": START + timedelta(days=day)})
            if rng.random() < 0.1:
                force.append({"officer_id": o + 1, "incident_id": n, "tactic": "unarmed", "used_at": _at(day, 12.5)})
    for o in range(1, OFFICERS + 1):
        for _ in range(30):
            linked = rng.random() > (0.8 if o == 9 else 0.1)
            lookups.append(
                {
                    "officer_id": o,
                    "system": "crime",
                    # Officer 9 looks the same three people up again and again.
                    "subject_id": int(rng.integers(1, 4 if o == 9 and not linked else 500)),
                    "incident_id": int(rng.integers(1, 1200)) if linked else None,
                    "accessed_at": _at(int(rng.integers(0, DAYS - 1)), 14),
                }
            )
        for _ in range(int(rng.poisson(rng.gamma(1.2, 0.3)))):
            received = START + timedelta(days=int(rng.integers(0, DAYS - 1)))
            complaints.append({"officer_id": o, "complaint_id": len(complaints) + 1, "received_on": received})
    return {
        "incident": incidents,
        "attendance": attendances,
        "use_of_force": force,
        "system_access": lookups,
        "complaint": complaints,
    }


def _matters(rng: np.random.Generator) -> dict[str, list[Row]]:
    absences: list[Row] = []
    for o in range(1, OFFICERS + 1):
        for _ in range(int(rng.poisson(0.6))):
            began = START + timedelta(days=int(rng.integers(0, DAYS - 20)))
            ended = began + timedelta(days=int(rng.integers(0, 10)))
            absences.append(
                {
                    "officer_id": o,
                    "kind": "sickness",
                    "psychological": bool(rng.random() < 0.3),
                    "started_on": began,
                    "ended_on": ended,
                }
            )
    grievances = [
        {"unit_id": 3 if n < 9 else int(rng.integers(1, TEAMS + 1)), "raised_on": START + timedelta(days=n * 5)}
        for n in range(25)
    ]
    registered = [
        {"officer_id": o, "kind": "company", "valid_from": "2025-01-01", "match_score": 0.95} for o in (5, 6, 11)
    ]
    declared = [
        {"officer_id": o, "kind": "company", "valid_from": "2025-01-01", "declared_on": "2025-01-01"} for o in (5, 6)
    ]
    return {"absence": absences, "grievance": grievances, "external_register": registered, "declaration": declared}


def rows(seed: int = 1) -> dict[str, list[Row]]:
    """The small force's complete rows, by table."""
    rng = np.random.default_rng(seed)
    return complete_rows(_people() | _work(rng) | _events(rng) | _matters(rng))


def write(folder: Path, tables: dict[str, list[Row]]) -> Path:
    """Write complete rows as a records folder."""
    folder.mkdir(parents=True)
    for name, given in tables.items():
        pq.write_table(arrow_table(CONTRACT[name], given), folder / f"{name}.parquet")
    return folder
