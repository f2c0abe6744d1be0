"""Time is filtered in one place: rows by the day they were known, columns by the day they were learnt."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.asof import asof_query, gate
from data.contract import CONTRACT
from data.sample_records import complete_rows, load_rows
from data.store import Store

DAY = date(2026, 1, 1)


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with Store(threads=1) as opened:
        yield opened


def seen(store: Store, table: str, row: dict[str, Any], as_of: date = DAY) -> list[dict[str, Any]]:
    load_rows(store, complete_rows({table: [row]}))
    return store.arrow(asof_query(CONTRACT[table], as_of, relation=f"loaded.{table}")).to_pylist()


@pytest.mark.parametrize(("known_on", "there"), [("2025-12-31", True), ("2026-01-01", False), ("2026-01-02", False)])
def test_a_row_is_there_once_it_was_known_before_the_day(store: Store, known_on: str, there: bool) -> None:
    assert bool(seen(store, "expense", {"incurred_on": "2025-12-01", "known_on": known_on})) is there


def test_a_row_that_is_known_may_lie_ahead(store: Store) -> None:
    (row,) = seen(store, "shift", {"starts_at": "2026-01-05 07:00", "known_on": "2025-12-01"})
    assert row["starts_at"].date() > DAY


@pytest.mark.parametrize(("closed_on", "told"), [("2025-12-31", "no_case"), ("2026-01-01", None), (None, None)])
def test_an_outcome_reads_as_null_until_its_day_has_passed(
    store: Store, closed_on: str | None, told: str | None
) -> None:
    given_row = {"opened_on": "2025-06-01", "outcome": "no_case", "closed_on": closed_on}
    (row,) = seen(store, "conduct_case", given_row)
    assert row["outcome"] == told
    assert row["closed_on"] == (date(2025, 12, 31) if told else None)


def test_an_end_within_the_day_before_is_known(store: Store) -> None:
    entry = {"entered_at": "2025-12-31 20:00", "left_at": "2025-12-31 23:59:59"}
    assert seen(store, "site_entry", entry)[0]["left_at"] is not None
    assert seen(store, "site_entry", entry | {"left_at": "2026-01-01 00:00:00"})[0]["left_at"] is None


def test_a_column_whose_day_nobody_recorded_always_reads_as_null(store: Store) -> None:
    (row,) = seen(store, "grievance", {"raised_on": "2020-01-01", "outcome": "upheld"})
    assert row["outcome"] is None


def test_a_reference_table_is_always_there(store: Store) -> None:
    assert len(seen(store, "unit", {"unit_id": 1}, as_of=date(1950, 1, 1))) == 1


def test_an_officer_is_there_from_the_day_after_joining(store: Store) -> None:
    assert seen(store, "officer", {"joined_on": "2026-01-01"}) == []
    assert len(seen(store, "officer", {"joined_on": "2025-12-31"})) == 1


def test_further_columns_pass_through(store: Store) -> None:
    load_rows(store, complete_rows({"expense": [{"incurred_on": "2025-12-01"}]}))
    query = asof_query(CONTRACT["expense"], DAY, relation="loaded.expense", extra=("source_file", "source_row"))
    assert store.arrow(query)["source_file"].to_pylist() == ["sample"]


def test_the_gate_of_a_column_is_the_contracts() -> None:
    gated = {(t.name, c.name): c.known_from for t in CONTRACT for c in t.columns if c.known_from}
    assert gated[("complaint", "outcome")] == "finalised_on"
    assert {key: gate(CONTRACT[key[0]], key[1]) for key in gated} == gated


@given(
    opened=st.dates(date(2025, 1, 1), date(2026, 6, 1)),
    lag=st.integers(0, 90),
    closed_after=st.one_of(st.none(), st.integers(0, 300)),
    earlier=st.dates(date(2025, 1, 1), date(2026, 12, 1)),
    later=st.integers(0, 200),
)
def test_what_is_there_stays_there(
    store: Store, opened: date, lag: int, closed_after: int | None, earlier: date, later: int
) -> None:
    """As days pass rows come and are not lost, and a column that can be read keeps its value."""
    from datetime import timedelta

    closed = None if closed_after is None else opened + timedelta(days=closed_after)
    row = {"opened_on": opened, "known_on": opened + timedelta(days=lag), "outcome": "no_case", "closed_on": closed}
    then = seen(store, "conduct_case", row, as_of=earlier)
    now = seen(store, "conduct_case", row, as_of=earlier + timedelta(days=later))
    assert len(then) <= len(now)
    for before, after in zip(then, now, strict=False):
        assert {k: v for k, v in before.items() if v is not None}.items() <= after.items()
