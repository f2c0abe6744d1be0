"""Constraints: what every row must meet to be loaded, derived from the contract.

A constraint is declared once as a SQL predicate that is true for a row that violates it, and as the equivalent Great
Expectations expectation; loading counts the violations of both and stops when the counts disagree. Nothing here is
about one table: the constraints of a table follow from its declaration.

The predicates read one row of a staged table: the contract columns, `unread` (cells that could not be read as their
type, a line each) and `refused` (why the source itself refuses the row, as "name: reason"). Parents are looked up in
`loaded.<parent>`; a table that refers to itself is looked up in `remaining.<table>`, the keys that remain; repeated
keys in `repeated.<table>`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, Literal

from data.contract import CONTRACT
from data.date_precision import EXACT, CoarseColumns
from data.schema import EARLIEST_DAY, LATEST_DAY, Column, Table
from data.store import literal, quoted

ConstraintKind = Literal[
    "refused", "unread", "required", "text", "values", "finite", "range", "day", "order", "unique", "reference", "link"
]

LOADED: Final = "loaded"
"""The schema everything after loading reads."""

STAGED: Final = LOADED
"""The schema a source leaves its tables in. They are checked and finished where they are: a second copy of twenty
million rows would cost as much as reading them."""

REMAINING: Final = "remaining"
"""The schema with the keys that remain of a table that refers to itself."""

REPEATED: Final = "repeated"
"""The schema with the keys that more than one row of a table has."""

MAX_TEXT_LENGTH: Final = 10_000
"""A free text of more characters than this is not a name or a place, and its row is not loaded."""

EXCERPT_LENGTH: Final = 60
"""How many characters of a value are shown in a reason."""

_UNPRINTABLE: Final = r"[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]"
_CONTROL: Final = r"\p{Cc}"
_LARGEST: Final = 1.7976931348623157e308


@dataclass(frozen=True)
class Expectation:
    """A Great Expectations expectation by its type name, with its arguments."""

    type: str
    arguments: Mapping[str, object]


@dataclass(frozen=True, kw_only=True)
class Constraint:
    """One condition that every row of a table must meet.

    `requirement` states it as a sentence. `violation` is the SQL predicate of a row that does not meet it, and
    `message` a SQL text expression that gives, for such a row, what was expected and found. Violations of a constraint
    that does not reject are counted, and their rows are loaded. `parent` is the table that a reference needs; where it
    is absent the constraint cannot be checked.
    """

    kind: ConstraintKind
    table: str
    columns: tuple[str, ...]
    requirement: str
    violation: str
    message: str
    expectation: Expectation
    rejects: bool = True
    parent: str | None = field(default=None)

    @property
    def name(self) -> str:
        """The constraint's name within its table, such as `required(known_on)`."""
        return f"{self.kind}({', '.join(self.columns)})" if self.columns else self.kind


def constraints_of(table: Table, *, coarse: CoarseColumns = EXACT) -> tuple[Constraint, ...]:
    """Return all constraints of a table in the order in which a row that violates several names them.

    Days of columns that are known by month or year, as `coarse` says, are compared by month or year.

    Example:
        >>> from data.contract import CONTRACT
        >>> [constraint.name for constraint in constraints_of(CONTRACT["attendance"])][:3]
        ['refused', 'unread', 'required(attendance_id)']
    """
    return (
        _refused(table),
        _unread(table),
        *(_required(table, c) for c in table.columns if not c.nullable),
        *(constraint for c in table.columns for constraint in _content(table, c)),
        *(_order(table, first, second, coarse) for first, second in table.orders),
        *([_unique(table, table.key)] if table.key else []),
        *(_reference(table, c) for c in table.columns if c.references),
    )


def shape(table: Table) -> tuple[Expectation, ...]:
    """Return what a staged table as a whole must meet: its columns in order, then the type of each.

    A source that stages something else is faulty, so these are not constraints that a row can violate.
    """
    columns = [*table.names, "source_file", "source_row", "unread", "refused"]
    return (
        Expectation("expect_table_columns_to_match_ordered_list", {"column_list": columns}),
        *(
            Expectation("expect_column_values_to_be_of_type", {"column": c.name, "type_": c.type})
            for c in table.columns
        ),
    )


def excerpt(expression: str) -> str:
    """Return SQL for the beginning of a value in quotes, without unprintable characters; null gives `nothing`."""
    text = f"CAST({expression} AS VARCHAR)"
    cut = f"regexp_replace(left({text}, {EXCERPT_LENGTH}), '{_UNPRINTABLE}', '·', 'g')"
    mark = f"CASE WHEN length({text}) > {EXCERPT_LENGTH} THEN '…' ELSE '' END"
    return f"coalesce('''' || {cut} || {mark} || '''', 'nothing')"


def _refused(table: Table) -> Constraint:
    return Constraint(
        kind="refused",
        table=table.name,
        columns=(),
        requirement="the source has no reason of its own to refuse the row",
        violation="refused IS NOT NULL",
        message="refused",
        expectation=Expectation("expect_column_values_to_be_null", {"column": "refused"}),
    )


def _unread(table: Table) -> Constraint:
    return Constraint(
        kind="unread",
        table=table.name,
        columns=(),
        requirement="every cell can be read as the type of its column",
        violation="unread IS NOT NULL",
        message="replace(unread, chr(10), '; ')",
        expectation=Expectation("expect_column_values_to_be_null", {"column": "unread"}),
    )


def _required(table: Table, column: Column) -> Constraint:
    name = column.name
    # A cell that could not be read is null as well; its own message is enough.
    unread_cell = f"contains(chr(10) || unread, chr(10) || {literal(name + ': ')})"
    return Constraint(
        kind="required",
        table=table.name,
        columns=(name,),
        requirement=f"{name} is never empty",
        violation=f"{quoted(name)} IS NULL",
        message=f"CASE WHEN {unread_cell} THEN NULL ELSE {literal(f'{name}: expected a value, found nothing')} END",
        expectation=Expectation("expect_column_values_to_not_be_null", {"column": name}),
    )


def _content(table: Table, column: Column) -> Iterator[Constraint]:
    # A text from a closed list needs no further check of its characters.
    if column.values:
        yield _values(table, column)
    elif column.type == "VARCHAR":
        yield _text(table, column)
    if column.type == "DOUBLE":
        # NaN compares as larger than everything in DuckDB, so a finite range excludes it too.
        yield _between(table, column, "finite", "a finite number", -_LARGEST, _LARGEST)
    if (column.minimum, column.maximum, column.above) != (None, None, None):
        yield _range(table, column)
    if column.temporal:
        yield _day(table, column)


def _text(table: Table, column: Column) -> Constraint:
    name = quoted(column.name)
    violation = f"{name} IS NOT NULL AND (length({name}) > {MAX_TEXT_LENGTH} OR regexp_matches({name}, '{_CONTROL}'))"
    expected = f"at most {MAX_TEXT_LENGTH} characters of printable text"
    return Constraint(
        kind="text",
        table=table.name,
        columns=(column.name,),
        requirement=f"{column.name} is {expected}",
        violation=violation,
        message=f"{_expected(column, expected)} || length({name}) || ' characters: ' || {excerpt(name)}",
        expectation=_rows(violation),
    )


def _values(table: Table, column: Column) -> Constraint:
    values = ", ".join(literal(v) for v in column.values)
    return Constraint(
        kind="values",
        table=table.name,
        columns=(column.name,),
        requirement=f"{column.name} is one of {', '.join(column.values)}",
        violation=f"{quoted(column.name)} IS NOT NULL AND {quoted(column.name)} NOT IN ({values})",
        message=_message(column, f"one of {', '.join(column.values)}"),
        expectation=Expectation(
            "expect_column_values_to_be_in_set", {"column": column.name, "value_set": list(column.values)}
        ),
    )


def _range(table: Table, column: Column) -> Constraint:
    parts = [
        f"above {column.above:g}" if column.above is not None else "",
        f"at least {column.minimum:g}" if column.minimum is not None else "",
        f"at most {column.maximum:g}" if column.maximum is not None else "",
    ]
    low = column.minimum if column.above is None else column.above
    return _between(
        table,
        column,
        "range",
        "a number " + " and ".join(p for p in parts if p),
        low,
        column.maximum,
        strict_min=column.above is not None,
    )


def _day(table: Table, column: Column) -> Constraint:
    low, high = date.fromisoformat(EARLIEST_DAY), date.fromisoformat(LATEST_DAY)
    if column.type == "TIMESTAMP":
        low, high = datetime.combine(low, datetime.min.time()), datetime.combine(high, datetime.min.time())
    requirement = f"a day from {EARLIEST_DAY} to before {LATEST_DAY}"
    return _between(table, column, "day", requirement, low, high, strict_max=True)


def _between(
    table: Table,
    column: Column,
    kind: ConstraintKind,
    requirement: str,
    low: object,
    high: object,
    *,
    strict_min: bool = False,
    strict_max: bool = False,
) -> Constraint:
    name = quoted(column.name)
    tests = [
        f"{name} {'>' if strict_min else '>='} {_constant(low)}" if low is not None else "",
        f"{name} {'<' if strict_max else '<='} {_constant(high)}" if high is not None else "",
    ]
    arguments = {
        "column": column.name,
        "min_value": low,
        "max_value": high,
        "strict_min": strict_min,
        "strict_max": strict_max,
    }
    return Constraint(
        kind=kind,
        table=table.name,
        columns=(column.name,),
        requirement=f"{column.name} is {requirement}",
        violation=f"{name} IS NOT NULL AND NOT ({' AND '.join(t for t in tests if t)})",
        message=_message(column, requirement),
        expectation=Expectation("expect_column_values_to_be_between", arguments),
    )


def _constant(value: object) -> str:
    if isinstance(value, datetime):
        return f"TIMESTAMP '{value:%Y-%m-%d %H:%M:%S}'"
    if isinstance(value, date):
        return f"DATE '{value:%Y-%m-%d}'"
    return repr(value)


def _order(table: Table, first: str, second: str, coarse: CoarseColumns) -> Constraint:
    a, b = quoted(first), quoted(second)
    precisions = [coarse.get((table.name, name), "day") for name in (first, second)]
    unit = max(precisions, key=("day", "month", "year").index)
    mixed = unit != "day" or table.column[first].type != table.column[second].type
    # A day against a time of day: only the days are compared, or a row known on the day it happened would be refused.
    left, right = (f"date_trunc('{unit}', CAST({c} AS DATE))" if mixed else c for c in (a, b))
    violation = f"{a} IS NOT NULL AND {b} IS NOT NULL AND {left} > {right}"
    requirement = f"{first} does not lie after {second}"
    arguments = {"column_A": second, "column_B": first, "or_equal": True, "ignore_row_if": "either_value_is_missing"}
    return Constraint(
        kind="order",
        table=table.name,
        columns=(first, second),
        requirement=requirement,
        violation=violation,
        message=f"{literal(f'{first}: expected nothing after {second} ')} || {excerpt(b)} || "
        f"', found ' || {excerpt(a)}",
        expectation=_rows(violation)
        if mixed
        else Expectation("expect_column_pair_values_a_to_be_greater_than_b", arguments),
    )


def _unique(table: Table, key: str) -> Constraint:
    return Constraint(
        kind="unique",
        table=table.name,
        columns=(key,),
        requirement=f"no two rows share a value of {key}",
        violation=f"{quoted(key)} IN (SELECT repeated_key FROM {REPEATED}.{quoted(table.name)})",
        message=f"{literal(f'{key}: expected a value of its own, found ')} || {excerpt(quoted(key))} || "
        "' more than once'",
        expectation=Expectation("expect_column_values_to_be_unique", {"column": key}),
    )


def _reference(table: Table, column: Column) -> Constraint:
    parent = column.references
    if parent is None:
        raise ValueError(f"{table.name}.{column.name} refers to no table")
    itself = parent == table.name
    # A parent was loaded before and has only good rows; of the table itself only the remaining keys are good.
    # Every referenced table of the contract has its key under the parent's own name for it.
    keys = f"{REMAINING if itself else LOADED}.{quoted(parent)}"
    key = quoted(table.key if itself and table.key else _key_of(parent))
    name = quoted(column.name)
    violation = f"{name} IS NOT NULL AND {name} NOT IN (SELECT {key} FROM {keys})"
    return Constraint(
        kind="reference" if column.enforced else "link",
        table=table.name,
        columns=(column.name,),
        requirement=f"{column.name} is the key of a row of {parent}",
        violation=violation,
        message=_message(column, f"the key of a loaded row of {parent}"),
        expectation=_rows(violation),
        rejects=column.enforced,
        parent=parent,
    )


def _key_of(parent: str) -> str:
    key = CONTRACT[parent].key
    if key is None:
        raise ValueError(f"{parent} has no key to refer to")
    return key


def _expected(column: Column, what: str) -> str:
    return literal(f"{column.name}: expected {what}, found ")


def _message(column: Column, what: str) -> str:
    return f"{_expected(column, what)} || {excerpt(quoted(column.name))}"


def _rows(violation: str) -> Expectation:
    query = f"SELECT source_file, source_row FROM {{batch}} WHERE {violation.replace('{', '{{').replace('}', '}}')}"
    return Expectation("unexpected_rows_expectation", {"unexpected_rows_query": query})
