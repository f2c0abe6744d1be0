"""Laws that hold for every indicator in every world; a few little worlds by default, many in the nightly run."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from data.contract import CONTRACT
from data.sample_records import load_rows
from data.store import Store
from data.vocabulary import SubjectKind
from features.compile.plain_query import evidence_query
from features.engine import compute_all
from features.expression import fields
from features.indicator import Aggregate, Indicator
from features.indicators import indicators
from features.table import FeatureTable
from features.twin import value
from tests.features.hard_indicators import HARD
from tests.features.little_worlds import AS_OFS, MEMBERS, PEOPLE, TEAMS, World, renamed, worlds

GROUPS: dict[str, list[Indicator]] = dict(HARD)
for _one in indicators().values():
    GROUPS.setdefault(_one.table, []).append(_one)

each_group = pytest.mark.parametrize("name", sorted(GROUPS))
_unhurried = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture)
few = settings(max_examples=2, phases=(Phase.generate,), suppress_health_check=_unhurried)
many = settings(
    max_examples=100,
    deadline=None,
    phases=(Phase.reuse, Phase.generate, Phase.shrink),
    suppress_health_check=_unhurried,
)


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with Store(threads=1) as opened:
        yield opened


def tables(store: Store, world: World, group: list[Indicator]) -> dict[tuple[date, SubjectKind], FeatureTable]:
    """Every value of every indicator of a group in a world."""
    store.run("DROP SCHEMA IF EXISTS loaded CASCADE")
    load_rows(store, world)
    kinds = sorted({i.subject for i in group})
    return compute_all(store, group, kinds=kinds, as_ofs=AS_OFS)


Values = dict[tuple[Any, ...], tuple[Any, ...]]


def values_of(found: dict[tuple[date, SubjectKind], FeatureTable]) -> Values:
    """(as_of, kind, indicator, window, subject) -> (value, n_rows), with no value as None."""
    values = {}
    for (as_of, kind), table in found.items():
        for (name, window), cells in table.cells.items():
            for at, subject in enumerate(table.ids.tolist()):
                number = cells.value[at]
                shown = None if np.isnan(number) else int(number)
                values[as_of, kind, name, window, subject] = (shown, int(cells.n_rows[at]))
    return values


def check_twin(before: Values, world: World, group: list[Indicator]) -> None:
    """SQL gives what plain Python gives."""
    by_name = {i.name: i for i in group}
    for (as_of, _, name, window, subject), (number, _) in before.items():
        expected = value(by_name[name], world, subject=subject, as_of=as_of, window=window)
        assert number == expected, f"{name} of {subject} over {window} days as of {as_of}"


def check_evidence(before: Values, store: Store, world: World, group: list[Indicator], data: st.DataObject) -> None:
    """Keep a value's evidence and some of the other rows, and then none of them: the value stays what it was."""
    if not before:
        return
    key = data.draw(st.sampled_from(sorted(before)), label="value")
    as_of, _, name, window, subject = key
    query = evidence_query({i.name: i for i in group}[name], as_of, window, [subject])
    evidence = {(table, row) for _, table, row, _ in store.rows(query)}
    drawn_rows: dict[str, list[bool]] = {}
    for table, rows in world.items():
        drawn = st.lists(st.booleans(), min_size=len(rows), max_size=len(rows))
        drawn_rows[table] = data.draw(drawn, label=f"kept of {table}")
    nothing = {table: [False] * len(rows) for table, rows in world.items()}
    for others in (drawn_rows, nothing):
        remaining: World = {}
        for table, rows in world.items():
            cited = [(table, row[str(CONTRACT[table].key)]) in evidence for row in rows]
            pairs = zip(rows, cited, others[table], strict=True)
            remaining[table] = [r for r, c, k in pairs if c or k or stands(table, r)]
        after = values_of(tables(store, remaining, group))
        assert after.get(key) == before[key], (
            "with some other rows" if others is drawn_rows else "from its evidence alone"
        )


def stands(table: str, row: dict[str, Any]) -> bool:
    """Whether a row is needed for subjects to be looked at at all; that is not a value's evidence."""
    return table in ("officer", "unit") or (table == "posting" and row["officer_id"] in MEMBERS)


def check_names_and_order(before: Values, store: Store, world: World, group: list[Indicator]) -> None:
    """Neither what officers and teams are called nor the order of their rows changes a value."""
    officers, teams = {o: 900 - o for o in (*PEOPLE, *MEMBERS)}, {t: 70 - t for t in TEAMS}
    after = values_of(tables(store, renamed(world, officers=officers, teams=teams), group))
    ids = {"officer": officers, "unit": teams}
    renamed_values = {(a, k, n, w, ids[k][s]): v for (a, k, n, w, s), v in before.items()}
    assert without_ids(renamed_values, group) == without_ids(after, group)


def without_ids(values: dict[tuple[Any, ...], Any], group: list[Indicator]) -> dict[tuple[Any, ...], Any]:
    """Leave out the values of tests that add up ids or pick the largest: these are made of names."""
    made_of_ids = {
        i.name
        for i in group
        if i.aggregate in ("sum", "min", "max") and i.value is not None and fields(i.value) == {("complaint_id",)}
    }
    return {key: value for key, value in values.items() if key[2] not in made_of_ids}


def check_later_rows(before: Values, store: Store, world: World, group: list[Indicator], data: st.DataObject) -> None:
    """What became known on the as-of date or later may as well not be there."""
    as_of = data.draw(st.sampled_from(AS_OFS), label="as of")
    rows_known = {
        name: [row for row in rows if CONTRACT[name].known is None or row[str(CONTRACT[name].known)] < as_of]
        for name, rows in world.items()
    }
    after = values_of(tables(store, rows_known, group))
    assert {k: v for k, v in before.items() if k[0] == as_of} == {k: v for k, v in after.items() if k[0] == as_of}


def test_the_laws_are_put_to_every_indicator_and_every_aggregate() -> None:
    names = {i.name for group in GROUPS.values() for i in group}
    assert names >= set(indicators())
    hard = {i.aggregate for group in HARD.values() for i in group}
    assert hard | {"formula"} == set(get_args(Aggregate))
    assert any(i.aggregate == "formula" for i in indicators().values())


def check_laws(store: Store, group: list[Indicator], data: st.DataObject) -> None:
    """Put all laws to one world, whose values are computed once for them."""
    world = data.draw(worlds(group))
    before = values_of(tables(store, world, group))
    check_twin(before, world, group)
    check_evidence(before, store, world, group, data)  # first of those that load other rows: it asks the store for some
    check_names_and_order(before, store, world, group)
    check_later_rows(before, store, world, group, data)


@each_group
@few
@given(data=st.data())
def test_every_law_holds_in_a_few_worlds(store: Store, name: str, data: st.DataObject) -> None:
    check_laws(store, GROUPS[name], data)


@pytest.mark.nightly
@each_group
@many
@given(data=st.data())
def test_every_law_holds_in_many_worlds(store: Store, name: str, data: st.DataObject) -> None:
    check_laws(store, GROUPS[name], data)
