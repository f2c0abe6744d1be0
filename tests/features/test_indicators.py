"""Every indicator answers its worked cases, in SQL and in plain Python."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from data.contract import CONTRACT
from data.sample_records import complete_rows, load_rows
from data.store import Store
from features.engine import compute
from features.indicator import Case, Indicator
from features.indicators import indicators
from features.twin import value
from tests import small_force

CASES = [pytest.param(i, c, id=f"{i.name}: {c.says}") for i in indicators().values() for c in i.cases]


def world(indicator: Indicator, case: Case) -> dict[str, list[dict[str, Any]]]:
    """The case's rows, in a force with two officers and two teams."""
    tables = dict.fromkeys(indicator.tables, ()) | dict(case.rows)
    tables.setdefault("officer", ({"officer_id": 1}, {"officer_id": 2}))
    tables.setdefault("unit", ({"unit_id": 1, "kind": "team"}, {"unit_id": 2, "kind": "team"}))
    return complete_rows(tables)


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with Store(threads=1) as opened:
        yield opened


@pytest.mark.parametrize(("indicator", "case"), CASES)
def test_sql_and_plain_python_give_the_expected_number(store: Store, indicator: Indicator, case: Case) -> None:
    rows = world(indicator, case)
    assert value(indicator, rows, subject=1, as_of=case.as_of, window=case.window) == case.expected
    store.run("DROP SCHEMA IF EXISTS loaded CASCADE")
    load_rows(store, rows)
    table = compute(store, [indicator], kind=indicator.subject, as_of=case.as_of)
    cells = table.cells[indicator.name, case.window]
    position = table.ids.tolist().index(1)
    value_found = cells.value[position]
    assert (None if np.isnan(value_found) else value_found) == case.expected


def test_every_indicator_has_three_to_six_worked_cases() -> None:
    counts = {i.name: len(i.cases) for i in indicators().values()}
    assert {name: n for name, n in counts.items() if not 3 <= n <= 6} == {}


def test_every_table_and_every_category_of_data_is_looked_at() -> None:
    read = {table for i in indicators().values() for table in i.tables}
    assert {t.name for t in CONTRACT if not t.audit_only} - read == {"unit"}
    categories = {category for i in indicators().values() for category in i.categories}
    assert categories == {"attendance", "health", "activity", "conduct", "systems", "declarations", "people"}


def test_every_proportion_lies_between_none_and_all_of_its_exposure() -> None:
    with Store(threads=1) as store:
        load_rows(store, small_force.rows())
        table = compute(store, list(indicators().values()), kind="officer", as_of=small_force.AS_OF)
    shares = [cells for cells in table if indicators()[cells.indicator].proportion]
    assert len({cells.indicator for cells in shares}) > 5
    for cells in shares:
        assert np.all((cells.value >= 0) & (cells.value <= cells.exposure)), cells.indicator


def test_no_indicator_reads_an_audit_only_table() -> None:
    audit_only = {t.name for t in CONTRACT if t.audit_only}
    assert audit_only == {"protected_characteristic"}
    assert all(not audit_only & set(i.tables) for i in indicators().values())
