"""Expressions mean the same in SQL and in Python, nulls included."""

from __future__ import annotations

import datetime as datetime_module
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import features.expression
from data.store import Store
from features.compile.dialect import expression_sql
from features.expression import (
    Expression,
    Value,
    as_expression,
    col,
    day,
    days_later,
    evaluate,
    fields,
    hour,
    later_of,
    may_be_known,
    may_hold,
    minutes_between,
    minutes_later,
    or_else,
    readdress,
    substitute,
    weekday,
)

COLUMNS = {
    "a": pa.int64(),
    "b": pa.int64(),
    "p": pa.bool_(),
    "q": pa.bool_(),
    "d": pa.date32(),
    "e": pa.date32(),
    "t": pa.timestamp("us"),
    "u": pa.timestamp("us"),
    "s": pa.string(),
}
_DAYS = [date(2024, 2, 28), date(2024, 2, 29), date(2025, 12, 31), date(2026, 1, 1)]
_TIMES = [
    datetime.fromisoformat(text)
    for text in ("2025-12-31 23:59:59", "2026-01-01", "2026-01-01 00:00:01", "2024-02-29 12:00")
]
rows = st.fixed_dictionaries(
    {
        **{name: st.one_of(st.none(), st.integers(-3, 3)) for name in "ab"},
        **{name: st.sampled_from([None, True, False]) for name in "pq"},
        **{name: st.sampled_from([None, *_DAYS]) for name in "de"},
        **{name: st.sampled_from([None, *_TIMES]) for name in "tu"},
        "s": st.sampled_from([None, "x", "y", "it's"]),
    }
)

times = st.recursive(
    st.sampled_from([col.t, col.u]),
    lambda inner: st.builds(minutes_later, inner, st.integers(-3000, 3000)),
    max_leaves=2,
)
dates = st.one_of(
    st.sampled_from([col.d, col.e]),
    st.builds(day, times),
    st.builds(days_later, st.one_of(st.sampled_from([col.d, col.e]), times), st.integers(-400, 400)),
    st.builds(later_of, st.sampled_from([col.d, col.e]), st.sampled_from(_DAYS)),
    st.builds(or_else, st.sampled_from([col.d, col.e]), st.sampled_from([col.d, col.e, *_DAYS])),
)
whole: st.SearchStrategy[Expression] = st.recursive(
    st.one_of(
        st.sampled_from([col.a, col.b]),
        st.builds(as_expression, st.integers(-3, 3)),
        st.builds(hour, times),
        st.builds(weekday, st.one_of(dates, times)),
        st.builds(minutes_between, times, times),
    ),
    lambda inner: st.one_of(
        *(st.builds(f, inner, inner) for f in (lambda x, y: x + y, lambda x, y: x - y, lambda x, y: x * y, or_else))
    ),
    max_leaves=3,
)


def _compared(left: Expression, right: Expression, operator: str) -> Expression:
    return {
        "=": lambda: left == right,
        "<>": lambda: left != right,
        "<": lambda: left < right,
        "<=": lambda: left <= right,
        ">": lambda: left > right,
        ">=": lambda: left >= right,
    }[operator]()


_operators = st.sampled_from(["=", "<>", "<", "<=", ">", ">="])
_simple = st.one_of(
    st.sampled_from([col.p, col.q]),
    st.builds(_compared, whole, whole, _operators),
    st.builds(_compared, st.one_of(dates, times), st.one_of(dates, times), _operators),
    st.builds(lambda e, *v: e.is_in(*v), st.just(col.s), st.just("x"), st.just("it's")),
    st.builds(lambda e: e.is_null(), st.one_of(whole, dates, times, st.just(col.s), st.just(col.p))),
)
truths: st.SearchStrategy[Expression] = st.recursive(
    _simple,
    lambda inner: st.one_of(
        st.builds(lambda x: ~x, inner),
        st.builds(lambda x, y: x & y, inner, inner),
        st.builds(lambda x, y: x | y, inner, inner),
        st.builds(or_else, inner, inner),
        st.builds(lambda x: x.is_null(), inner),
    ),
    max_leaves=6,
)


@pytest.fixture(scope="module")
def store() -> Iterator[Store]:
    with Store(threads=1) as opened:
        yield opened


def in_sql(store: Store, expressions: list[Expression], given_rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    store.register("drawn", pa.Table.from_pylist(given_rows, schema=pa.schema(list(COLUMNS.items()))))
    items = ", ".join(f"{expression_sql(e)} AS e{n}" for n, e in enumerate(expressions))
    try:
        return store.rows(f'SELECT {items} FROM drawn AS "r"')
    finally:
        store.connection.unregister("drawn")


def check(store: Store, expressions: list[Expression], given_rows: list[dict[str, Any]]) -> None:
    for row, values in zip(given_rows, in_sql(store, expressions, given_rows), strict=True):
        for expression, number in zip(expressions, values, strict=True):
            assert number == evaluate(expression, row), (expression_sql(expression), row)


some_expressions = st.lists(st.one_of(truths, truths, whole, dates, times), min_size=10, max_size=20)
some_rows = st.lists(rows, min_size=5, max_size=10)


@settings(max_examples=25)
@given(expressions=some_expressions, given_rows=some_rows)
def test_sql_and_python_agree(store: Store, expressions: list[Expression], given_rows: list[dict[str, Any]]) -> None:
    check(store, expressions, given_rows)


@pytest.mark.nightly
@given(expressions=some_expressions, given_rows=some_rows)
def test_sql_and_python_agree_at_length(
    store: Store, expressions: list[Expression], given_rows: list[dict[str, Any]]
) -> None:
    check(store, expressions, given_rows)


@given(expression=st.one_of(truths, whole, dates, times))
def test_an_expression_is_written_as_python_that_makes_it_again(expression: Expression) -> None:
    """Whether two conditions ask for the same is decided by how they are written."""
    again = eval(repr(expression), vars(features.expression) | {"datetime": datetime_module, "col": col})
    assert repr(again) == repr(expression)
    assert expression_sql(as_expression(again)) == expression_sql(expression)


@given(expression=truths, row=rows, unknown=st.sets(st.sampled_from(sorted(COLUMNS))))
def test_what_cannot_hold_without_a_column_never_holds_without_it(
    expression: Expression, row: dict[str, Any], unknown: set[str]
) -> None:
    paths = {(name,) for name in unknown}
    value = evaluate(expression, row | dict.fromkeys(unknown))
    assert value is not True or may_hold(expression, paths)
    assert value is None or may_be_known(expression, paths)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (col.p & col.q, [True, False, None, False, False, False, None, False, None]),
        (col.p | col.q, [True, True, True, True, False, None, True, None, None]),
        (~col.p, [False, False, False, True, True, True, None, None, None]),
        (col.p == col.q, [True, False, None, False, True, None, None, None, None]),
        (or_else(col.p, col.q), [True, True, True, False, False, False, True, False, None]),
        (col.q.is_null(), [False, False, True, False, False, True, False, False, True]),
    ],
)
def test_unknown_follows_the_rules_of_sql(expression: Expression, expected: list[bool | None]) -> None:
    pairs = [(p, q) for p in (True, False, None) for q in (True, False, None)]
    assert [evaluate(expression, {"p": p, "q": q}) for p, q in pairs] == expected


def test_a_column_of_a_row_that_is_not_there_is_unknown() -> None:
    assert evaluate(col.shift.ends_at, {"shift": None}) is None
    assert evaluate(col.shift.ends_at > col.edited_at, {"shift": None, "edited_at": _TIMES[0]}) is None


def test_an_expression_is_no_truth_value_of_its_own() -> None:
    with pytest.raises(TypeError, match="combine with &"):
        bool(col.a == 1)


@pytest.mark.parametrize("value", [None, _TIMES[0], [1], object()])
def test_only_plain_constants_can_be_compared_with(value: object) -> None:
    with pytest.raises(TypeError, match="must be a truth value"):
        _ = col.a == value


def test_columns_can_be_replaced_and_read_from_another_row() -> None:
    expression = (col.a + col.other.b) > 1
    assert fields(readdress(expression, owner="other", new="shift")) == {("a",), ("shift", "b")}
    assert evaluate(substitute(expression, {("other", "b"): 5}), {"a": -4}) is False
    assert isinstance(substitute(col.a, {("a",): 5}), Value)


def test_closed_columns_are_written_as_null(store: Store) -> None:
    sql = expression_sql((col.a > 1).is_null(), closed={("a",): "BIGINT"})
    assert store.value(f"SELECT {sql}") is True
