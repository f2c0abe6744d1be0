"""Who is looked at on an as-of date, and where they stand."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from data.sample_records import complete_rows, load_rows
from data.store import Store
from data.vocabulary import SubjectKind
from features.subjects import COLUMNS, subjects

DAY = date(2026, 1, 1)
UNITS = [
    {"unit_id": 9, "kind": "borough"},
    {"unit_id": 1, "kind": "team", "parent_unit_id": 9},
    {"unit_id": 2, "kind": "team", "parent_unit_id": 9},
]
Rows = dict[str, list[dict[str, Any]]]


def standing(rows: Rows, *, kind: SubjectKind = "officer", as_of: date = DAY) -> list[dict[str, Any]]:
    with Store(threads=1) as store:
        load_rows(store, complete_rows(rows))
        table = subjects(store, kind=kind, as_of=as_of)
    assert table.column_names == COLUMNS
    return table.to_pylist()


@pytest.mark.parametrize(
    ("officer", "there"),
    [
        ({"joined_on": "2025-12-31"}, True),
        ({"joined_on": "2026-01-01"}, False),
        ({"joined_on": "2020-01-01", "left_on": "2025-12-31"}, False),
        ({"joined_on": "2020-01-01", "left_on": "2026-01-01"}, True),
        ({"joined_on": "2020-01-01", "left_on": "2026-06-01"}, True),
    ],
)
def test_officers_are_looked_at_while_in_service_as_far_as_is_known(officer: dict[str, Any], there: bool) -> None:
    assert bool(standing({"officer": [officer], "unit": UNITS, "posting": []})) is there


def posting(**given: Any) -> Rows:
    return {"officer": [{"officer_id": 1}], "unit": UNITS, "posting": [{"unit_id": 1, **given}]}


@pytest.mark.parametrize(
    ("given", "team"),
    [
        ({"started_on": "2020-01-01"}, 1),
        ({"started_on": "2026-01-01", "known_on": "2025-11-01"}, None),
        ({"started_on": "2025-12-01", "known_on": "2026-01-01"}, None),
        ({"started_on": "2020-01-01", "ended_on": "2025-12-31"}, None),
        ({"started_on": "2020-01-01", "ended_on": "2026-01-31"}, 1),
    ],
)
def test_a_posting_places_an_officer_while_it_lasts_as_far_as_is_known(given: dict[str, Any], team: int | None) -> None:
    (row,) = standing(posting(**given))
    assert (row["team_id"], row["area_id"]) == (team, 9 if team else None)


def test_of_overlapping_postings_the_one_begun_last_counts_and_then_the_higher_key() -> None:
    rows = posting(started_on="2020-01-01")
    rows["posting"] += [
        {"unit_id": 2, "started_on": "2024-01-01", "role": "custody"},
        {"unit_id": 1, "started_on": "2024-01-01", "role": "roads"},
        {"unit_id": 1, "started_on": "2026-02-01", "known_on": "2025-12-01", "role": "firearms"},
    ]
    (row,) = standing(rows)
    assert (row["posting_id"], row["role"], row["team_id"]) == (3, "roads", 1)


def test_an_officer_without_a_posting_is_still_looked_at() -> None:
    (row,) = standing({"officer": [{"officer_id": 4}], "unit": UNITS, "posting": []})
    assert (row["subject_id"], row["posting_id"], row["role"]) == (4, None, None)


def test_without_posting_records_nobodys_standing_is_known() -> None:
    assert [r["role"] for r in standing({"officer": [{"officer_id": 4}, {"officer_id": 2}]})] == [None, None]


def test_officers_come_in_the_order_of_their_ids() -> None:
    rows = standing({"officer": [{"officer_id": o} for o in (30, 4, 12)]})
    assert [r["subject_id"] for r in rows] == [4, 12, 30]


def test_a_team_is_looked_at_while_it_has_members_and_takes_their_commonest_role() -> None:
    rows: Rows = {
        "officer": [{"officer_id": o} for o in (1, 2, 3)],
        "unit": UNITS,
        "posting": [
            {"officer_id": o, "unit_id": 1, "role": role, "started_on": "2020-01-01"}
            for o, role in ((1, "custody"), (2, "response"), (3, "response"))
        ],
    }
    (team,) = standing(rows, kind="unit")
    assert (team["subject_id"], team["role"], team["area_id"]) == (1, "response", 9)


def test_a_tie_of_roles_goes_to_the_first_in_the_alphabet() -> None:
    rows: Rows = {
        "officer": [{"officer_id": o} for o in (1, 2)],
        "unit": UNITS,
        "posting": [
            {"officer_id": 1, "unit_id": 2, "role": "roads", "started_on": "2020-01-01"},
            {"officer_id": 2, "unit_id": 2, "role": "custody", "started_on": "2020-01-01"},
        ],
    }
    assert [t["role"] for t in standing(rows, kind="unit")] == ["custody"]


def test_a_member_who_left_no_longer_counts() -> None:
    rows: Rows = {
        "officer": [{"officer_id": 1, "left_on": "2025-06-01"}],
        "unit": UNITS,
        "posting": [{"unit_id": 1, "started_on": "2020-01-01"}],
    }
    assert standing(rows, kind="unit") == []


def test_without_postings_every_team_is_looked_at() -> None:
    assert [t["subject_id"] for t in standing({"unit": UNITS}, kind="unit")] == [1, 2]


@pytest.mark.parametrize("kind", ["officer", "unit"])
def test_without_the_records_that_name_them_there_is_nobody(kind: SubjectKind) -> None:
    assert standing({"shift": []}, kind=kind) == []


def complaint_known(day: str) -> Rows:
    return {"officer": [{"joined_on": None}], "complaint": [{"received_on": "2025-11-01", "known_on": day}]}


@pytest.mark.parametrize(("known_on", "there"), [("2025-12-31", True), ("2026-01-01", False)])
def test_an_officer_without_a_joining_day_is_there_from_the_first_row_that_names_them(
    known_on: str, there: bool
) -> None:
    assert bool(standing(complaint_known(known_on))) is there


def test_an_officer_whom_no_row_names_and_who_has_no_joining_day_is_not_there() -> None:
    assert standing({"officer": [{"joined_on": None}], "complaint": [{"officer_id": None}]}) == []


def test_a_team_has_members_whose_joining_day_is_not_recorded() -> None:
    rows = {**posting(started_on="2020-01-01"), "officer": [{"officer_id": 1, "joined_on": None}]}
    assert [row["team_id"] for row in standing(rows, kind="unit")] == [1]
