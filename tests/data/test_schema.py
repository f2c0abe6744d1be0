"""Tables and columns as they are declared: their order, their SQL, and what only audits may read."""

from __future__ import annotations

from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.contract import CONTRACT
from data.schema import Column, Contract, Table
from data.store import Store

TABLES = [*CONTRACT]


def table(name: str, *references: str, enforced: bool = True) -> Table:
    links = (
        Column(name=f"{parent}_id", type="BIGINT", nullable=True, references=parent, enforced=enforced)
        for parent in references
    )
    return Table(name=name, doc="", category="people", key="id", columns=(Column(name="id", type="BIGINT"), *links))


def contract(*tables: Table) -> Contract:
    return Contract(version=1, records=MappingProxyType({t.name: t for t in tables}))


@given(st.permutations(range(6)), st.data())
def test_every_table_comes_after_those_it_needs(names: list[int], data: st.DataObject) -> None:
    """Whatever the order of declaration; references lead from a higher number to lower ones, or to itself."""
    needs = {n: data.draw(st.sets(st.integers(0, n), max_size=3)) for n in names}
    ordered = [t.name for t in contract(*(table(f"t{n}", *(f"t{m}" for m in needs[n])) for n in names)).order()]
    assert sorted(ordered) == sorted(f"t{n}" for n in names)
    for n in names:
        assert all(m == n or ordered.index(f"t{m}") < ordered.index(f"t{n}") for m in needs[n])


def test_tables_that_need_each_other_have_no_order() -> None:
    with pytest.raises(ValueError, match="circular references"):
        contract(table("a", "b"), table("b", "a")).order()


def test_a_reference_that_may_dangle_asks_for_no_order() -> None:
    loose = contract(table("a", "b", enforced=False), table("b", "a"))
    assert [t.name for t in loose.order()] == ["a", "b"]


@pytest.mark.parametrize("declared", TABLES, ids=lambda t: t.name)
def test_the_definition_of_a_table_makes_that_table(declared: Table) -> None:
    with Store(threads=1) as store:
        store.run(declared.ddl())
        columns = store.rows(f'SELECT column_name, column_type, "null" FROM (DESCRIBE {declared.name})')
    assert [(name, kind) for name, kind, _ in columns] == [(c.name, c.type) for c in declared.columns]
    nullable = {name for name, _, null in columns if null == "YES"}
    assert nullable == {c.name for c in declared.columns if c.nullable and c.name != declared.key}


@pytest.mark.parametrize("declared", TABLES, ids=lambda t: t.name)
def test_what_a_table_says_of_its_days_is_among_its_columns(declared: Table) -> None:
    named = {declared.key, declared.known, declared.occurred, declared.until, *sum(declared.orders, ())} - {None}
    assert named <= set(declared.names)
    assert all(declared.column[str(day)].temporal for day in named - {declared.key})
    gates = {c.known_from for c in declared.columns if c.known_from}
    assert all(declared.column[gate].temporal for gate in gates)
    # Of officers alone the day may be missing: they are there from the first row that names them.
    assert declared.known is None or not declared.column[declared.known].nullable or declared.name == "officer"


def test_only_the_audit_only_table_is_out_of_a_run_s_reach() -> None:
    assert set(CONTRACT.records) - CONTRACT.readable == {"protected_characteristic"}
    assert CONTRACT["protected_characteristic"].audit_only


def test_a_column_has_its_table_s_category_unless_it_has_its_own() -> None:
    own = Table(
        name="t",
        doc="",
        category="activity",
        key=None,
        columns=(Column(name="a", type="BIGINT"), Column(name="b", type="BIGINT", category="health")),
    )
    assert (own.category_of("a"), own.category_of("b")) == ("activity", "health")
