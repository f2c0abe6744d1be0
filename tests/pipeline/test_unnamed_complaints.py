"""Complaints whose officer nobody knows stay as rows: they count for a stated team and in totals, for no person."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pyarrow as pa
import pytest

from data.contract import CONTRACT
from data.optional_columns import filled_columns, present_in
from data.sample_records import arrow_table, complete_rows
from data.store import Store
from features.engine import computable, compute, compute_all
from features.gaps.volumes import volumes
from features.indicators import indicators
from pipeline.loading import load_records

AS_OF = date(2026, 1, 1)
NAMES = ("complaints", "team_complaints", "team_unnamed_complaints", "member_days", "days_served")


def records(*complaints: Mapping[str, Any]) -> dict[str, pa.Table]:
    rows = complete_rows(
        {
            "officer": [{"officer_id": n, "joined_on": "2010-01-01"} for n in (1, 2)],
            "unit": [{"unit_id": n, "kind": "team"} for n in (1, 2)],
            "posting": [{"officer_id": n, "unit_id": n, "started_on": "2010-01-01"} for n in (1, 2)],
            "complaint": [{"complaint_id": n, "received_on": "2025-06-01"} | dict(c) for n, c in enumerate(complaints)],
        }
    )
    return {name: arrow_table(CONTRACT[name], of) for name, of in rows.items()}


def values(tables: Mapping[str, pa.Table], kind: Any) -> dict[tuple[int, str], float]:
    with Store(threads=1) as store:
        report = load_records(tables, store=store, check="constraints")
        assert {c.table: c.quarantined for c in report.counts}["complaint"] == 0
        chosen = [indicators()[name] for name in NAMES]
        table = compute(store, chosen, kind=kind, as_of=AS_OF).to_arrow().to_pylist()
    subject = f"{kind}_id"
    return {(row[subject], row["indicator"]): row["value"] for row in table if row["window_days"] == 365}


def test_a_complaint_against_nobody_known_counts_for_the_team_it_states_and_for_no_person() -> None:
    tables = records({"officer_id": None, "unit_id": 2}, {"officer_id": None}, {"officer_id": 1})
    teams, officers = values(tables, "unit"), values(tables, "officer")
    assert [teams[n, "team_unnamed_complaints"] for n in (1, 2)] == [0, 1]
    assert [teams[n, "team_complaints"] for n in (1, 2)] == [1, 0]
    assert [officers[n, "complaints"] for n in (1, 2)] == [1, 0]


def test_it_counts_in_totals() -> None:
    with Store(threads=1) as store:
        load_records(
            records({"officer_id": None, "unit_id": 2}, {"officer_id": None}), store=store, check="constraints"
        )
        whole = volumes(store, CONTRACT["complaint"], first=AS_OF, last=AS_OF)[None]
    assert whole.rows.sum() == 2


@pytest.mark.parametrize("given", ["null", "no column"])
def test_where_no_complaint_states_a_team_nothing_is_computed_of_it(given: str) -> None:
    tables = records({"officer_id": 1}, {"officer_id": None})
    if given == "no column":
        tables["complaint"] = tables["complaint"].drop_columns(["unit_id"])
    with Store(threads=1) as store:
        load_records(tables, store=store, check="constraints")
        assert filled_columns(store) == {}
        _, skipped = computable([indicators()[name] for name in NAMES], present_in(store))
    assert {one.indicator: one.absent for one in skipped} == {"team_unnamed_complaints": ("complaint.unit_id",)}
    assert "team_unnamed_complaints" not in {name for _, name in values(tables, "unit")}


def test_a_complaint_known_only_later_does_not_make_the_column_filled_before() -> None:
    tables = records(
        {"officer_id": None, "unit_id": 2, "received_on": "2026-02-01", "known_on": "2026-02-03"}, {"officer_id": 1}
    )
    chosen = [indicators()[name] for name in NAMES]
    with Store(threads=1) as store:
        load_records(tables, store=store, check="constraints")
        assert filled_columns(store) == {"complaint.unit_id": date(2026, 2, 3)}
        days = [AS_OF, date(2026, 2, 3), date(2026, 2, 4)]
        values_of = compute_all(store, chosen, kinds=["unit"], as_ofs=days)
    named = ["team_unnamed_complaints" in {name for name, _ in values_of[day, "unit"].cells} for day in days]
    assert named == [False, False, True]


def test_a_team_that_is_not_there_costs_the_row() -> None:
    with Store(threads=1) as store:
        report = load_records(records({"officer_id": None, "unit_id": 9}), store=store, check="constraints")
    assert {c.table: c.quarantined for c in report.counts}["complaint"] == 1
