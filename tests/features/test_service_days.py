"""Days served where no postings are recorded."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from data.sample_records import complete_rows, load_rows
from data.store import Store
from features.engine import computable, compute
from features.indicators import indicators

DAY = date(2026, 1, 1)
NAMES = ("complaints", "days_served", "force_by_days_served")


def days(rows: dict[str, list[dict[str, Any]]], *, window: int = 90) -> list[float]:
    with Store(threads=1) as store:
        load_rows(store, complete_rows(rows))
        table = compute(store, [indicators()[name] for name in NAMES], kind="officer", as_of=DAY)
        complaints = table.cells["complaints", window]
        assert complaints.exposure.tolist() == table.cells["days_served", window].value.tolist()
        return complaints.exposure.tolist()


@pytest.mark.parametrize(("joined_on", "served"), [("2025-12-02", 30), ("2000-01-01", 90), (None, 90)])
def test_without_postings_service_begins_with_joining_or_fills_the_window(joined_on: str | None, served: int) -> None:
    assert days({"officer": [{"joined_on": joined_on}], "complaint": [{"received_on": "2025-12-05"}]}) == [served]


def test_where_there_are_postings_they_are_what_counts() -> None:
    rows = {"officer": [{}], "posting": [{"started_on": "2025-12-22"}], "complaint": [{"received_on": "2025-12-25"}]}
    assert days(rows) == [10]


def test_force_on_days_served_is_left_to_those_who_have_no_tours() -> None:
    chosen = [indicators()["force_by_days_served"], indicators()["force_reports"]]
    without = computable(chosen, {"officer", "use_of_force"})
    assert [i.name for i in without[0]] == ["force_by_days_served", "force_reports"]
    with_tours = computable(chosen, {"officer", "use_of_force", "shift"})
    assert [i.name for i in with_tours[0]] == ["force_reports"]
    assert with_tours[1][0].needless == ("shift",)
