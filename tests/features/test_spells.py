"""Days that any of several spells covers: united, never counted twice, never more than the window."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from data.sample_records import complete_rows, load_rows
from data.store import Store
from features.compile.plain_query import plain_query
from features.engine import compute_all
from features.expression import col
from features.indicator import Indicator, NoExposure
from features.twin import value
from features.windows.codes import codes_of
from features.windows.spells import overlapping

AS_OFS = [date(2025, 11, 1), date(2026, 1, 1)]
WINDOWS = (30, 365)
OPEN = date(2040, 1, 1)


def days_of(name: str, **more: Any) -> Indicator:
    declared = {"question": "How many days?", "table": "posting", "exposure": NoExposure("a test"), "windows": WINDOWS}
    return Indicator(name=name, aggregate="days", **(declared | more))


OWN = days_of("own_days")
MEMBERS = days_of("days_of_members", value=col.officer_id, subject="unit")

starts = st.dates(date(2024, 10, 1), date(2026, 1, 5))
spells = st.builds(
    lambda officer, unit, start, length, lag: {
        "officer_id": officer,
        "unit_id": unit,
        "started_on": start,
        "ended_on": None if length is None else start + timedelta(days=length),
        "known_on": start + timedelta(days=lag),
    },
    st.sampled_from([1, 2]),
    st.sampled_from([1, 2]),
    starts,
    st.one_of(st.none(), st.integers(0, 300)),
    st.sampled_from([0, 0, 20, 100]),
)


def world(postings: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    units = [{"unit_id": unit, "kind": "team"} for unit in (1, 2)]
    lasting = [{"officer_id": 3, "unit_id": unit, "started_on": "2020-01-01"} for unit in (1, 2)]
    people = [{"officer_id": officer} for officer in (1, 2, 3)]
    return complete_rows({"officer": people, "unit": units, "posting": [*lasting, *postings]})


@settings(max_examples=15, deadline=None)
@given(postings=st.lists(spells, max_size=12))
def test_spells_are_united_at_every_date_in_every_window(postings: list[dict[str, Any]]) -> None:
    rows = world(postings)
    with Store(threads=1) as store:
        load_rows(store, rows)
        tables = compute_all(store, [OWN, MEMBERS], kinds=["officer", "unit"], as_ofs=AS_OFS)
        for (as_of, _), table in tables.items():
            for (name, window), cells in table.cells.items():
                indicator = {OWN.name: OWN, MEMBERS.name: MEMBERS}[name]
                cell = f"{name}__{window}"
                plain = dict(store.rows(f"SELECT subject_id, {cell} FROM ({plain_query(indicator, as_of)})"))
                for subject, days in zip(table.ids.tolist(), cells.value.tolist(), strict=True):
                    assert days == value(indicator, rows, subject=subject, as_of=as_of, window=window)
                    assert days == (plain.get(subject) or 0)
                    assert days <= window * (1 if indicator is OWN else 3)


def test_two_open_postings_cover_each_day_of_a_year_once() -> None:
    """Where a source never closes a row, everybody who moved has two that last."""
    postings = [{"officer_id": 1, "unit_id": unit, "started_on": f"202{unit}-03-01"} for unit in (1, 2)]
    with Store(threads=1) as store:
        load_rows(store, world(postings))
        table = compute_all(store, [OWN], kinds=["officer"], as_ofs=AS_OFS)[AS_OFS[1], "officer"]
    cells = table.cells[OWN.name, 365]
    assert cells.value.tolist() == [365, 0, 365]
    assert cells.n_rows.tolist() == [2, 0, 2]


table_rows = st.lists(
    st.tuples(
        st.integers(1, 3), st.sampled_from(["a", "b"]), st.integers(0, 30), st.one_of(st.none(), st.integers(0, 9))
    )
)


@given(rows=table_rows)
def test_a_spell_overlaps_if_it_shares_a_day_with_one_of_the_same_subject_and_value(
    rows: list[tuple[int, str, int, int | None]],
) -> None:
    first = date(2025, 1, 1)
    begun = [first + timedelta(days=start) for _, _, start, _ in rows]
    ended = [None if n is None else b + timedelta(days=n) for b, (_, _, _, n) in zip(begun, rows, strict=True)]
    columns = {
        "subject_id": pa.array([subject for subject, *_ in rows], pa.int64()),
        "team": pa.array([team for _, team, *_ in rows], pa.string()),
        "begun": pa.array(begun, pa.date32()),
        "ended": pa.array(ended, pa.date32()),
    }
    for value_column in (None, "team"):

        def share(one: int, other: int, named: bool = value_column is not None) -> bool:
            alike = rows[one][0] == rows[other][0] and (not named or rows[one][1] == rows[other][1])
            return alike and begun[one] <= (ended[other] or OPEN) and begun[other] <= (ended[one] or OPEN)

        numbers = range(len(rows))
        expected = [any(share(n, m) for m in numbers if m != n) for n in numbers]
        assert overlapping(pa.table(columns), value_column).tolist() == expected


@given(
    st.lists(st.one_of(st.integers(-5, 5), st.sampled_from([2**62, -(2**62)])), min_size=1), st.sampled_from([8, 2**62])
)
def test_codes_are_equal_where_values_are_and_stay_below_their_number(numbers: list[int], most: int) -> None:
    codes, n_codes = codes_of(pa.chunked_array([numbers]), most=most)
    assert codes.min() >= 0
    assert codes.max() < n_codes
    assert len(np.unique(codes)) == len(set(numbers))
    assert all((codes[n] == codes[0]) == (number == numbers[0]) for n, number in enumerate(numbers))
