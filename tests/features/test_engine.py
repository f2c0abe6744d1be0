"""The engine: many windows and as-of dates in one pass, equal to asking for each alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from data.sample_records import complete_rows, load_rows
from data.store import Store
from data.vocabulary import SUBJECT_KINDS, SubjectKind
from features.compile.dialect import expression_sql
from features.compile.plain_query import evidence_query, plain_query
from features.compile.scan import scans
from features.compile.scan_query import scan_query
from features.engine import compute, compute_all
from features.expression import col, fields
from features.indicator import Indicator, NoExposure
from features.indicators import indicators
from features.table import NO_EXPOSURE, OK, TOO_FEW, FeatureTable
from features.windows.timeline import timeline
from tests import small_force

MONTH_ENDS = [date(2025, m, 1) for m in range(1, 13)]


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with Store(threads=2) as opened:
        load_rows(opened, small_force.rows())
        yield opened


@pytest.fixture(scope="module")
def tables(store: Store) -> dict[tuple[date, SubjectKind], FeatureTable]:
    return compute_all(store, list(indicators().values()), kinds=SUBJECT_KINDS, as_ofs=MONTH_ENDS)


@pytest.mark.parametrize(
    ("days", "enough"),
    [
        # Before any row, soon after the first, in the middle of them, and near the end.
        pytest.param([MONTH_ENDS[n] for n in (0, 6, 8, 11)], 5_000, id="four"),
        pytest.param(MONTH_ENDS, 10_000, id="all", marks=pytest.mark.nightly),
    ],
)
def test_twelve_month_ends_at_once_equal_the_plain_query_for_each(
    store: Store, tables: dict[tuple[date, SubjectKind], FeatureTable], days: list[date], enough: int
) -> None:
    compared = 0
    for (day, _), table in tables.items():
        if day not in days:
            continue
        for (name, window), cells in table.cells.items():
            indicator = indicators()[name]
            if indicator.aggregate == "formula":
                continue
            rows = store.rows(
                f"SELECT subject_id, {name}__{window}, {name}__{window}__n FROM ({plain_query(indicator, day)})"
            )
            plain = {subject: (value, n) for subject, value, n in rows}
            missing = 0 if indicator.missing == "zero" else None
            for at, subject in enumerate(table.ids.tolist()):
                value, n = plain.get(subject, (None, 0))
                number = None if np.isnan(cells.value[at]) else int(cells.value[at])
                assert (number, int(cells.n_rows[at])) == (missing if value is None else value, n), (name, day, subject)
                compared += n > 0
    assert compared > enough


def test_a_date_alone_gives_what_it_gives_among_others(
    store: Store, tables: dict[tuple[date, SubjectKind], FeatureTable]
) -> None:
    for kind in SUBJECT_KINDS:
        alone = compute(store, list(indicators().values()), kind=kind, as_of=MONTH_ENDS[8])
        assert alone.to_arrow().equals(tables[MONTH_ENDS[8], kind].to_arrow())


def test_each_table_is_read_in_few_scans(store: Store) -> None:
    plain = [i for i in indicators().values() if i.table == "shift" and i.subject == "officer" and not i.relations]
    before = len(store.steps)
    compute_all(store, plain, kinds=["officer"], as_ofs=MONTH_ENDS)
    features = [s for s in store.steps[before:] if "/features/" in s.name]
    assert len(plain) > 1
    assert len(features) == 1


def little(indicator: Indicator, rows: dict[str, list[dict[str, object]]], as_ofs: list[date]) -> list[float]:
    records = {"officer": [{"officer_id": 1}], **rows}
    with Store(threads=1) as store:
        load_rows(store, complete_rows(records))
        tables = compute_all(store, [indicator], kinds=["officer"], as_ofs=as_ofs)
    (window,) = indicator.windows
    return [float(tables[day, "officer"].cells[indicator.name, window].value[0]) for day in as_ofs]


COUNT = Indicator(
    question="How many?", table="expense", aggregate="count", exposure=NoExposure("a test"), windows=(31,), name="n"
)
MONTHS = [date(2026, m, 1) for m in (1, 2, 3)]


def test_a_row_known_late_counts_from_the_first_date_after_it_was_known() -> None:
    row = {"incurred_on": "2025-12-20", "known_on": "2026-01-15"}
    late = little(replace(COUNT, windows=(365,)), {"expense": [row]}, MONTHS)
    assert late == [0, 1, 1]


def test_a_row_leaves_the_window_after_its_last_day() -> None:
    row = {"incurred_on": "2026-01-01"}
    assert little(
        COUNT, {"expense": [row]}, [date(2026, 1, 1), date(2026, 1, 2), date(2026, 2, 1), date(2026, 2, 2)]
    ) == [
        0,
        1,
        1,
        0,
    ]


def test_an_outcome_counts_as_open_until_the_day_it_was_learnt() -> None:
    open_cases = Indicator(
        question="How many are open?",
        table="conduct_case",
        aggregate="count",
        where=col.closed_on.is_null(),
        exposure=NoExposure("a test"),
        windows=(1000,),
        name="open_cases",
    )
    rows = [{"opened_on": "2025-06-01", "closed_on": "2026-01-31", "outcome": "no_case"}, {"opened_on": "2026-02-02"}]
    assert little(open_cases, {"conduct_case": rows}, MONTHS) == [1, 0, 1]


def test_different_values_are_told_apart_across_slots() -> None:
    people = Indicator(
        question="How many people?",
        table="system_access",
        aggregate="distinct",
        value=col.subject_id,
        exposure=NoExposure("a test"),
        windows=(60,),
        name="people",
    )
    rows = [
        {"subject_id": person, "accessed_at": f"{day} 10:00"}
        for person, day in (
            (7, "2025-11-10"),
            (7, "2025-12-10"),
            (7, "2026-01-10"),
            (8, "2026-01-10"),
            (8, "2026-01-10"),
        )
    ]
    assert little(people, {"system_access": rows}, MONTHS) == [1, 2, 2]


def test_a_value_with_too_little_or_no_exposure_says_so() -> None:
    officers = [1, 2, 3]
    rows = complete_rows(
        {
            "officer": [{"officer_id": o} for o in officers],
            "shift": [{"officer_id": 1, "starts_at": f"2025-12-{d:02d} 07:00"} for d in range(1, 20)]
            + [{"officer_id": 2, "starts_at": "2025-12-01 07:00"}],
            "assault": [{"officer_id": o, "occurred_at": "2025-12-01 07:00"} for o in officers],
        }
    )
    with Store(threads=1) as store:
        load_rows(store, rows)
        pair = [indicators()["assaults_suffered"], indicators()["shifts_worked"]]
        cells = compute(store, pair, kind="officer", as_of=date(2026, 1, 1)).cells["assaults_suffered", 90]
    assert cells.status.tolist() == [OK, TOO_FEW, NO_EXPOSURE]
    assert cells.exposure.tolist() == [19, 1, 0]


def test_no_window_cuts_a_slot_in_two() -> None:
    line = timeline(MONTH_ENDS, (30, 90, 365))
    for day in MONTH_ENDS:
        for window in (30, 90, 365):
            low, high = line.slots(day, window)
            assert line.edges[low] == day - timedelta(days=window)
            assert line.edges[high] == day


@pytest.mark.parametrize("name", ["joint_attendances", "off_duty_lookups"])
def test_a_condition_narrows_what_is_read_unless_it_compares_rows_of_two_tables(name: str) -> None:
    """The database may join two tables by whatever compares them outside an aggregate, and never come back."""
    indicator = indicators()[name]
    assert indicator.where is not None
    condition = expression_sql(indicator.where)
    (scan,) = scans([indicator])
    query = scan_query(scan, timeline(MONTH_ENDS, indicator.windows))
    compares = any(len(path) > 1 for path in fields(indicator.where))
    assert (f"CASE WHEN {condition}" in query) is compares
    assert (f" AND {condition}" in query) is not compares


def test_every_indicator_is_named_in_the_one_query_that_computes_it() -> None:
    """`opencse sql RUN INDICATOR` finds it by that name."""
    with_rows = [i for i in indicators().values() if i.aggregate != "formula"]
    queries = [
        scan_query(scan, timeline(MONTH_ENDS, scan.windows))
        for kind in SUBJECT_KINDS
        for scan in scans([i for i in with_rows if i.subject == kind])
    ]
    assert [i.name for i in with_rows if sum(f" {i.name}__n" in query for query in queries) != 1] == []


def test_related_rows_are_cited_where_a_table_has_a_column_called_as_the_subject_is() -> None:
    """A look-up's `subject_id` is whom it was about; the subject of the indicator is the officer."""
    repeats = indicators()["repeat_lookups"]
    rows = [
        {"access_id": n, "officer_id": officer, "subject_id": 4, "system": "crime", "accessed_at": f"2025-12-{n} 21:00"}
        for n, officer in ((10, 1), (11, 1), (12, 2))
    ]
    with Store(threads=1) as store:
        load_rows(store, complete_rows({"officer": [{"officer_id": 1}, {"officer_id": 2}], "system_access": rows}))
        evidence = store.rows(evidence_query(repeats, date(2026, 1, 1), 90, [1, 2]))
    assert evidence == [(1, "system_access", 10, True), (1, "system_access", 11, True)]
