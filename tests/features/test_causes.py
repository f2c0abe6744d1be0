"""Causes count once: rows of a subject that agree in something are one, also through rows between them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.date_precision import EXACT, declare
from data.errors import DeclarationFaulty
from data.sample_records import complete_rows, load_rows
from data.store import Store
from features.compile.plain_query import evidence_query, plain_query
from features.engine import compute_all
from features.expression import Expression, col, or_else
from features.indicator import Indicator, NoExposure
from features.indicators import complete
from features.relation import Related
from features.twin import value
from features.windows.connected import NOTHING, connections
from tests.features.hard_indicators import HARD
from tests.features.little_worlds import AS_OFS, World, worlds

CAUSES = [i for group in HARD.values() for i in group if i.independent]
OTHERWISE = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with Store(threads=1) as opened:
        yield opened


def counted(*independent: Expression | tuple[Expression, ...], **more: Any) -> Indicator:
    return Indicator(
        name="causes",
        question="How many causes?",
        table="complaint",
        aggregate="count",
        independent=independent,
        exposure=NoExposure("a test"),
        windows=(30, 90),
        **more,
    )


def cells(store: Store, indicator: Indicator, rows: list[dict[str, Any]], as_of: date) -> dict[int, tuple[int, int]]:
    """The number of causes and of rows of officer 1 by window."""
    store.run("DROP SCHEMA IF EXISTS loaded CASCADE")
    officers = [{"officer_id": 1, "joined_on": date(2015, 1, 1)}]
    load_rows(store, complete_rows({"officer": officers, "complaint": rows}))
    table = compute_all(store, [indicator], kinds=["officer"], as_ofs=[as_of, date(2025, 1, 1)])[as_of, "officer"]
    return {window: (int(c.value[0]), int(c.n_rows[0])) for (_, window), c in table.cells.items()}


def complaint(received: str, *, case: int, by: int | None = None) -> dict[str, Any]:
    return {"officer_id": 1, "complaint_id": case, "complainant_id": by, "received_on": date.fromisoformat(received)}


groups = st.lists(st.integers(NOTHING, 6), min_size=12, max_size=12)


@settings(max_examples=60, deadline=None)
@given(ways=st.lists(groups, min_size=1, max_size=3))
def test_rows_are_connected_as_walking_from_row_to_row_connects_them(ways: list[list[int]]) -> None:
    walked: list[set[int]] = []
    for row in range(12):
        own = {row}
        for way in ways:
            own |= {other for other in range(12) if way[row] != NOTHING and way[other] == way[row]}
        for group in [g for g in walked if g & own]:
            walked.remove(group)
            own |= group
        walked.append(own)
    first = connections([np.array(way, dtype=np.intp) for way in ways], 12)
    assert {row: int(first[row]) for row in range(12)} == {row: min(g) for g in walked for row in g}


def test_a_chain_of_a_thousand_rows_is_one_cause() -> None:
    pairs, others = np.arange(1000) // 2, (np.arange(1000) + 1) // 2
    order = np.random.default_rng(5).permutation(1000)
    assert set(connections([pairs[order], others[order]], 1000).tolist()) == {0}


def test_a_cause_is_one_only_as_long_as_the_row_that_ties_it_is_inside_the_window(store: Store) -> None:
    rows = [
        complaint("2025-12-20", case=1, by=7),
        complaint("2025-11-20", case=1, by=8),  # within 90 days, and not within 30
        complaint("2025-12-10", case=2, by=8),
    ]
    by_both = counted(col.complaint_id, col.complainant_id)
    assert cells(store, by_both, rows, date(2026, 1, 1)) == {30: (2, 2), 90: (1, 3)}


def test_what_is_null_connects_nothing(store: Store) -> None:
    rows = [complaint("2025-12-20", case=1), complaint("2025-12-21", case=2), complaint("2025-12-22", case=3)]
    assert cells(store, counted(col.complainant_id), rows, date(2026, 1, 1))[30] == (3, 3)
    several = counted((col.complainant_id, col.category))
    assert cells(store, several, rows, date(2026, 1, 1))[30] == (3, 3)


def test_what_stands_in_for_a_null_connects_rows_that_lack_a_name_and_no_others(store: Store) -> None:
    rows = [
        complaint("2025-12-20", case=1) | {"unit_id": 1},
        complaint("2025-12-21", case=2) | {"unit_id": 1},
        complaint("2025-12-22", case=3, by=1) | {"unit_id": 1},  # a person with the number of the team
        complaint("2025-12-23", case=4, by=2) | {"unit_id": 1},
        complaint("2025-12-24", case=5),
        complaint("2025-12-25", case=6),  # neither is known: nothing says that these two are one
    ]
    by_person_or_team = counted((col.complainant_id.is_null(), or_else(col.complainant_id, col.unit_id)))
    assert cells(store, by_person_or_team, rows, date(2026, 1, 1))[30] == (5, 6)
    assert cells(store, counted(col.complainant_id), rows, date(2026, 1, 1))[30] == (6, 6)


def test_a_complaint_without_a_name_shares_the_cause_of_its_case(store: Store) -> None:
    rows = [complaint("2025-12-20", case=1, by=7), complaint("2025-12-21", case=1), complaint("2025-12-22", case=2)]
    by_both = counted(col.complaint_id, col.complainant_id)
    assert cells(store, by_both, rows, date(2026, 1, 1))[30] == (2, 3)


def test_all_rows_of_the_causes_are_cited(store: Store) -> None:
    rows = [complaint(f"2025-12-{n}", case=n % 2) for n in range(10, 16)]
    by_case = counted(col.complaint_id)
    assert cells(store, by_case, rows, date(2026, 1, 1))[30] == (2, 6)
    assert len(store.rows(evidence_query(by_case, date(2026, 1, 1), 30, [1]))) == 6


@pytest.mark.parametrize("indicator", CAUSES, ids=lambda i: i.name)
@settings(max_examples=6, deadline=None, suppress_health_check=OTHERWISE)
@given(data=st.data())
def test_the_plain_query_the_engine_and_the_twin_agree(store: Store, indicator: Indicator, data: st.DataObject) -> None:
    world: World = data.draw(worlds([indicator]))
    store.run("DROP SCHEMA IF EXISTS loaded CASCADE")
    load_rows(store, world)
    tables = compute_all(store, [indicator], kinds=[indicator.subject], as_ofs=AS_OFS)
    for (as_of, _), table in tables.items():
        plain = {row[0]: row[1:] for row in store.rows(plain_query(indicator, as_of))}
        for at, subject in enumerate(table.ids.tolist()):
            twin = [value(indicator, world, subject=subject, as_of=as_of, window=w) for w in indicator.windows]
            engine = [table.cells[indicator.name, w] for w in indicator.windows]
            asked = plain.get(subject, (0, 0) * len(indicator.windows))
            assert list(asked[::2]) == twin == [int(c.value[at]) for c in engine]
            assert [n or 0 for n in asked[1::2]] == [int(c.n_rows[at]) for c in engine]


@pytest.mark.parametrize(
    ("independent", "aggregate", "fault"),
    [
        ((col.outcome,), "count", "learnt later"),
        ((col.officer.workforce,), "count", "of another row"),
        ((col.complaint_id,), "sum", "only a count can be one of causes"),
        ((col.no_such_column,), "count", "not a column"),
        (((),), "count", "reads a column"),
    ],
)
def test_what_cannot_tell_a_cause_is_refused(independent: Any, aggregate: Any, fault: str) -> None:
    with pytest.raises(DeclarationFaulty, match=fault):
        Indicator(
            question="How many?",
            table="complaint",
            aggregate=aggregate,
            value=col.complaint_id if aggregate == "sum" else None,
            independent=independent,
            exposure=NoExposure("a test"),
        )


def test_a_proportion_of_causes_counts_them_as_its_exposure_does_by_one_thing() -> None:
    every = counted(col.complaint_id)
    part = replace(counted(col.complaint_id, where=col.source == "public"), exposure="every", proportion=True)
    assert complete({"every": every, "part": part})
    with pytest.raises(DeclarationFaulty, match="causes"):
        complete({"every": replace(every, independent=()), "part": part})
    several = (col.complaint_id, col.complainant_id)
    with pytest.raises(DeclarationFaulty, match="can have more causes than all"):
        complete({"every": replace(every, independent=several), "part": replace(part, independent=several)})


def test_cases_about_one_month_are_not_taken_for_one_matter(store: Store) -> None:
    rows = [
        {"complaint_id": case, "complainant_id": None, "occurred_on": "2025-02-15", "received_on": "2025-02-20"}
        for case in (1, 2, 2, 2)
    ]
    complaints = counted(col.complaint_id, col.complainant_id, col.occurred_on)
    same_case = Related(table="complaint", pairs=((col.complaint_id, col.complaint_id),))
    joined = counted((col.officer_id, col.occurred_on), joined=same_case)
    as_of = date(2025, 3, 1)
    assert cells(store, complaints, rows, as_of)[30] == (1, 4)
    declare(store, {("complaint", "occurred_on"): "month"})
    try:
        assert cells(store, complaints, rows, as_of)[30] == (2, 4)
        assert cells(store, joined, rows, as_of)[30] == (3, 6)  # a row that is joined to several is one cause still
    finally:
        declare(store, EXACT)
