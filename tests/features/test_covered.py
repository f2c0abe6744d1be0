"""Where records begin within a window, what is counted and the opportunity for it come from the same days."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from data.sample_records import complete_rows, load_rows
from data.store import Store
from features.covered import covered_days
from features.engine import GAPLESS, compute
from features.gaps.sources import Sources, reach_from_json, reach_to_json
from features.indicators import indicators
from features.table import FeatureTable, from_arrow

DAY = date(2026, 1, 1)
PEOPLE = [{"officer_id": 1, "joined_on": "2010-01-01"}, {"officer_id": 2, "joined_on": "2025-09-23"}]
POSTINGS = [{"officer_id": 1, "started_on": "2010-01-01"}, {"officer_id": 2, "started_on": "2025-09-23"}]


def began(**days_ago: int) -> Sources:
    return Sources(reach={(DAY, table): DAY - timedelta(days=days) for table, days in days_ago.items()})


def table_of(rows: dict[str, list[dict[str, Any]]], names: tuple[str, ...], sources: Sources) -> FeatureTable:
    with Store(threads=1) as store:
        load_rows(store, complete_rows({"officer": PEOPLE} | rows))
        chosen = [indicators()[name] for name in names]
        return compute(store, chosen, kind="officer", as_of=DAY, sources=sources)


@pytest.mark.parametrize("postings", [POSTINGS, None])
def test_service_from_before_there_were_complaints_is_no_opportunity_for_one(postings: list[Any] | None) -> None:
    rows = {"complaint": [{"officer_id": 1, "received_on": "2025-11-05"}]}
    rows |= {} if postings is None else {"posting": postings}
    table = table_of(rows, ("complaints", "days_served"), began(complaint=400))
    complaints = table.cells["complaints", 1825]
    assert complaints.exposure.tolist() == [400, 100]
    assert complaints.value.tolist() == [1, 0]
    assert complaints.partial is not None
    assert complaints.partial.all()
    assert table.cells["complaints", 365].exposure.tolist() == [365, 100]
    assert table.cells["days_served", 1825].value[0] == 1825


def test_records_that_reach_back_change_nothing() -> None:
    rows = {"complaint": [{"officer_id": 1, "received_on": "2022-11-05"}], "posting": POSTINGS}
    names = ("complaints", "days_served")
    one, other = (
        table_of(rows, names, sources).cells["complaints", 1825] for sources in (began(complaint=1825), GAPLESS)
    )
    assert one.exposure.tolist() == other.exposure.tolist() == [1825, 100]


def test_what_happened_before_its_opportunity_was_recorded_does_not_count() -> None:
    tours = [
        {"officer_id": 1, "starts_at": f"2025-{month:02}-10T08:00:00", "ends_at": f"2025-{month:02}-10T16:00:00"}
        for month in (8, 9, 10, 11, 12)
    ]
    force = [{"officer_id": 1, "tactic": "baton", "used_at": f"2025-{month:02}-10T12:00:00"} for month in (5, 6, 12)]
    rows = {"shift": tours, "use_of_force": force, "posting": POSTINGS}
    names = ("force_reports", "shifts_worked")
    assert table_of(rows, names, GAPLESS).cells["force_reports", 365].value[0] == 3
    late = table_of(rows, names, began(shift=150, use_of_force=2000)).cells["force_reports", 365]
    assert (late.value[0], late.exposure[0]) == (1, 5)


def test_sources_that_begin_within_a_period_of_each_other_begin_together() -> None:
    """Where a source begins is known to a period of up to 28 days, so that less is no reason to count fewer rows."""
    assert began(shift=300, use_of_force=320).covered(DAY, 365, ["use_of_force"], ["shift"]) == 365
    assert began(shift=300, use_of_force=340).covered(DAY, 365, ["use_of_force"], ["shift"]) == 300
    assert began(shift=300).covered(DAY, 365, ["posting"], ["shift"]) == 300
    assert began(shift=300).covered(DAY, 90, ["posting"], ["shift"]) == 90


def test_values_over_covered_days_are_those_of_a_window_of_as_many_days() -> None:
    rows = {
        "complaint": [{"officer_id": 1, "received_on": str(DAY - timedelta(days=n))} for n in (3, 300, 700)],
        "posting": POSTINGS,
    }
    for days in (31, 250, 800):
        clipped = table_of(rows, ("complaints", "days_served"), began(complaint=days)).cells["complaints", 1825]
        with Store(threads=1) as store:
            load_rows(store, complete_rows({"officer": PEOPLE} | rows))
            served = replace(indicators()["days_served"], windows=(days,))
            plain = compute(store, [served], kind="officer", as_of=DAY).cells["days_served", days].value
        np.testing.assert_array_equal(clipped.exposure, plain)


def test_how_far_sources_reach_back_is_read_again_as_it_was_written() -> None:
    sources = began(complaint=400, shift=12)
    assert reach_from_json(reach_to_json(sources)) == sources.reach


def test_sources_that_begin_long_after_the_first_are_named() -> None:
    (note,) = began(shift=300, complaint=700, use_of_force=690).notes()
    assert note.startswith(f"Records of shift begin on {DAY - timedelta(days=300)}, 400 days after the first of all")
    assert began(shift=690, complaint=700).notes() == ()


def test_a_value_says_over_how_many_days_it_is_counted_and_says_so_again_when_it_is_read() -> None:
    rows = {"complaint": [{"officer_id": 1, "received_on": "2025-11-05"}], "posting": POSTINGS}
    names = ("complaints", "days_served")
    table = table_of(rows, names, began(complaint=400))
    assert {key: cells.days for key, cells in table.cells.items() if cells.days} == {("complaints", 1825): 400}
    chosen = [indicators()[name] for name in names]
    days = covered_days(chosen, as_of=DAY, sources=began(complaint=400))
    again = from_arrow(table.to_arrow(), table.subjects, kind="officer", as_of=DAY, days=days)
    assert {key: cells.days for key, cells in again.cells.items()} == {k: c.days for k, c in table.cells.items()}
