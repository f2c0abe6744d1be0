"""Days known by month or year: recognised, never known too early, never a gap."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from data.contract import CONTRACT
from data.date_precision import coarse_columns
from data.sample_records import arrow_table, complete_rows
from data.store import Store
from features.gaps.source_gaps import examine
from pipeline.load_report import LoadReport
from pipeline.loading import load_records


def cases(days: list[str], **given: Any) -> list[dict[str, Any]]:
    rows = [{"complaint_id": n, "received_on": day, "known_on": day, **given} for n, day in enumerate(days, start=1)]
    return complete_rows({"complaint": rows})["complaint"]


def load(store: Store, rows: list[dict[str, Any]]) -> LoadReport:
    officers = arrow_table(CONTRACT["officer"], complete_rows({"officer": [{"joined_on": "2000-01-01"}]})["officer"])
    complaints = arrow_table(CONTRACT["complaint"], rows)
    return load_records({"officer": officers, "complaint": complaints}, store=store, check="constraints")


def months(day: int, *, each: int = 1, years: int = 4) -> list[str]:
    return [f"{2012 + n // 12}-{n % 12 + 1:02}-{day:02}" for n in range(12 * years) for _ in range(each)]


@pytest.mark.parametrize(("day", "precision"), [(1, "month"), (15, "month"), (14, None)])
def test_days_that_are_all_firsts_or_all_15ths_are_months(day: int, precision: str | None) -> None:
    with Store(threads=1) as store:
        assert load(store, cases(months(day))).coarse.get(("complaint", "received_on")) == precision
        assert dict(coarse_columns(store)).get(("complaint", "received_on")) == precision


def test_new_years_days_of_many_years_are_years() -> None:
    with Store(threads=1) as store:
        report = load(store, cases([f"{1980 + n}-01-01" for n in range(35)]))
    assert report.coarse[("complaint", "received_on")] == "year"


def test_few_rows_are_taken_at_their_word() -> None:
    with Store(threads=1) as store:
        assert load(store, cases(months(1)[:12])).coarse == {}


def test_those_who_join_on_a_first_join_on_a_day() -> None:
    joined = [{"officer_id": n, "joined_on": day} for n, day in enumerate(months(1), start=1)]
    with Store(threads=1) as store:
        officers = arrow_table(CONTRACT["officer"], complete_rows({"officer": joined})["officer"])
        assert load_records({"officer": officers}, store=store, check="constraints").coarse == {}


def test_what_is_known_by_month_is_known_from_its_last_day_on() -> None:
    with Store(threads=1) as store:
        load(store, cases(months(15)))
        known = store.rows("SELECT received_on, known_on FROM loaded.complaint ORDER BY received_on LIMIT 2")
    assert known == [(date(2012, 1, 15), date(2012, 1, 31)), (date(2012, 2, 15), date(2012, 2, 29))]


def test_a_day_within_the_month_of_another_is_not_before_it() -> None:
    rows = cases(months(15), occurred_on=None)
    rows[0]["occurred_on"] = date(2012, 1, 20)  # after the 15th that stands for January
    rows[1]["occurred_on"] = date(2012, 3, 1)  # after February
    with Store(threads=1) as store:
        report = load(store, rows)
    assert report.violations == {("complaint", "order(occurred_on, received_on)"): 1}


def test_rows_by_month_make_no_gap_and_a_month_without_rows_does() -> None:
    days = months(15, each=200)
    with Store(threads=1) as store:
        load(store, cases(days))
        assert examine(store, as_ofs=[date(2016, 1, 1)]).gaps == ()
    silent = [day for day in days if not day.startswith("2015-04")]
    with Store(threads=1) as store:
        load(store, cases(silent))
        (gap,) = examine(store, as_ofs=[date(2016, 1, 1)]).gaps
    # It is known at a month's end only, and so counted in periods of 28 days, of which one lies within April.
    assert gap.table == "complaint"
    assert date(2015, 4, 1) <= gap.first < gap.last <= date(2015, 4, 30)


def test_what_it_costs_is_said() -> None:
    with Store(threads=1) as store:
        notes = load(store, cases(months(15))).notes
    assert any("complaint.received_on is known by month" in n and "up to 1 rows" in n for n in notes)
    assert any("complaint.known_on is known by month" in n and "last day of its month" in n for n in notes)
