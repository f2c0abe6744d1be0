"""Constraints follow from the contract: every promise of a declaration is one, and every constraint is a promise."""

from __future__ import annotations

import pytest

from data.constraints import constraints_of, excerpt, shape
from data.contract import CONTRACT
from data.schema import Column, Table
from data.store import Store

TABLES = [*CONTRACT]


def names(table: Table) -> list[str]:
    return [constraint.name for constraint in constraints_of(table)]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_promise_of_a_table_is_a_constraint(table: Table) -> None:
    promised = {"refused", "unread", f"unique({table.key})"}
    for column in table.columns:
        n = column.name
        promised |= {f"required({n})"} if not column.nullable else set()
        promised |= {f"values({n})"} if column.values else set()
        promised |= {f"text({n})"} if column.type == "VARCHAR" and not column.values else set()
        promised |= {f"finite({n})"} if column.type == "DOUBLE" else set()
        promised |= {f"day({n})"} if column.type in ("DATE", "TIMESTAMP") else set()
        bounded = not column.minimum is column.maximum is column.above is None
        promised |= {f"range({n})"} if bounded else set()
        promised |= {f"{'reference' if column.enforced else 'link'}({n})"} if column.references else set()
    promised |= {f"order({a}, {b})" for a, b in table.orders}
    assert set(names(table)) == promised
    assert len(names(table)) == len(promised)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_only_a_link_that_may_dangle_is_counted_without_rejecting(table: Table) -> None:
    assert {constraint.kind for constraint in constraints_of(table) if not constraint.rejects} <= {"link"}
    assert all(constraint.rejects for constraint in constraints_of(table) if constraint.kind != "link")


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_the_shape_of_a_table_is_its_columns_and_their_types(table: Table) -> None:
    whole, *types = shape(table)
    assert whole.arguments["column_list"] == [*table.names, "source_file", "source_row", "unread", "refused"]
    assert [(e.arguments["column"], e.arguments["type_"]) for e in types] == [(c.name, c.type) for c in table.columns]


def test_a_row_with_violations_names_a_missing_value_before_a_missing_parent() -> None:
    order = names(CONTRACT["posting"])
    assert order.index("unread") < order.index("required(unit_id)") < order.index("values(rank)")
    assert order.index("order(started_on, ended_on)") < order.index("unique(posting_id)")
    assert order.index("unique(posting_id)") < order.index("reference(officer_id)")


def test_a_range_says_its_bounds_and_whether_they_are_within() -> None:
    (said,) = [
        constraint.requirement for constraint in constraints_of(CONTRACT["posting"]) if constraint.name == "range(fte)"
    ]
    assert said == "fte is a number above 0 and at most 1"


def test_a_table_without_a_key_or_a_bound_has_no_such_constraint() -> None:
    table = Table(name="loose", doc="", category="people", key=None, columns=(Column(name="a", type="BIGINT"),))
    assert names(table) == ["refused", "unread", "required(a)"]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("abc", "'abc'"),
        ("it's", "'it's'"),
        (None, "nothing"),
        ("x" * 61, "'" + "x" * 60 + "…'"),
        ("x" * 60, "'" + "x" * 60 + "'"),
        ("a\nb\x1b\u202eb", "'a·b··b'"),
        (7, "'7'"),
    ],
)
def test_a_value_is_shown_short_and_printable(value: object, said: str) -> None:
    with Store(threads=1) as store:
        assert store.value(f"SELECT {excerpt('v')} FROM (SELECT ? AS v)", parameters=[value]) == said
