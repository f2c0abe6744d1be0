"""What every row must meet to be loaded: the validation rules that follow from the contract, one declaration each.

A rule is declared once as a SQL predicate that is true for a row that breaks it, and as the Great Expectations
expectation that says the same; loading counts both and stops when they disagree. Nothing here is about one table: the
rules of a table are derived from its declaration.

The predicates read one row of a staged table: the contract columns, `unread` (cells that could not be read as their
type, a line each) and `refused` (why the source itself refuses the row, as "rule: reason"). Parents are looked up in
`loaded.<parent>`; a table that refers to itself is looked up in `standing.<table>`, the keys that remain; repeated
keys in `doubled.<table>`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final, Literal

from data.contract import CONTRACT
from data.schema import EARLIEST_DAY, LATEST_DAY, Column, Table
from data.store import literal, quoted

RuleKind = Literal[
    "refused", "unread", "required", "text", "values", "finite", "range", "day", "order", "unique", "reference", "link"
]

LOADED: Final = "loaded"
"""The schema everything after loading reads."""

STAGED: Final = LOADED
"""The schema a source leaves its tables in. They are checked and finished where they are: a second copy of twenty
million rows would cost as much as reading them."""

STANDING: Final = "standing"
"""The schema with the keys that remain of a table that refers to itself."""

DOUBLED: Final = "doubled"
"""The schema with the keys that more than one row of a table has."""

LONGEST_TEXT: Final = 10_000
"""A free text of more characters than this is not a name or a place, and its row is not loaded."""

SHOWN: Final = 60
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
class Rule:
    """One thing that every row of a table must meet.

    `breaks` is the SQL predicate of a row that does not; `found` is a SQL text that says, for such a row, what was
    expected and found. A rule that does not `reject` is counted, and its rows are loaded. `parent` is the table that a
    reference needs; where it is absent the rule cannot be checked.
    """

    kind: RuleKind
    table: str
    columns: tuple[str, ...]
    says: str
    breaks: str
    found: str
    expectation: Expectation
    rejects: bool = True
    parent: str | None = field(default=None)

    @property
    def name(self) -> str:
        """The rule's name within its table, such as `required(known_on)`."""
        return f"{self.kind}({', '.join(self.columns)})" if self.columns else self.kind


def rules(table: Table) -> tuple[Rule, ...]:
    """Return all rules of a table in the order in which a broken row names them.

    Example:
        >>> from data.contract import CONTRACT
        >>> [rule.name for rule in rules(CONTRACT["attendance"])][:3]
        ['refused', 'unread', 'required(attendance_id)']
    """
    return (
        _refused(table),
        _unread(table),
        *(_required(table, c) for c in table.columns if not c.nullable),
        *(rule for c in table.columns for rule in _content(table, c)),
        *(_order(table, first, second) for first, second in table.orders),
        *([_unique(table, table.key)] if table.key else []),
        *(_reference(table, c) for c in table.columns if c.references),
    )


def shape(table: Table) -> tuple[Expectation, ...]:
    """Return what a staged table as a whole must meet: its columns in order, then the type of each.

    A source that stages something else is faulty, so these are not rules that a row can break.
    """
    columns = [*table.names, "source_file", "source_row", "unread", "refused"]
    return (
        Expectation("expect_table_columns_to_match_ordered_list", {"column_list": columns}),
        *(
            Expectation("expect_column_values_to_be_of_type", {"column": c.name, "type_": c.type})
            for c in table.columns
        ),
    )


def shown(expression: str) -> str:
    """Return SQL that shows a value in quotes, cut to `SHOWN` characters, none unprintable; null shows as nothing."""
    text = f"CAST({expression} AS VARCHAR)"
    cut = f"regexp_replace(left({text}, {SHOWN}), '{_UNPRINTABLE}', '·', 'g')"
    mark = f"CASE WHEN length({text}) > {SHOWN} THEN '…' ELSE '' END"
    return f"coalesce('''' || {cut} || {mark} || '''', 'nothing')"


def _refused(table: Table) -> Rule:
    return Rule(
        kind="refused",
        table=table.name,
        columns=(),
        says="the source has no reason of its own to refuse the row",
        breaks="refused IS NOT NULL",
        found="refused",
        expectation=Expectation("expect_column_values_to_be_null", {"column": "refused"}),
    )


def _unread(table: Table) -> Rule:
    return Rule(
        kind="unread",
        table=table.name,
        columns=(),
        says="every cell can be read as the type of its column",
        breaks="unread IS NOT NULL",
        found="replace(unread, chr(10), '; ')",
        expectation=Expectation("expect_column_values_to_be_null", {"column": "unread"}),
    )


def _required(table: Table, column: Column) -> Rule:
    name = column.name
    # A cell that could not be read is null as well; its own message is enough.
    unread = f"contains(chr(10) || unread, chr(10) || {literal(name + ': ')})"
    return Rule(
        kind="required",
        table=table.name,
        columns=(name,),
        says=f"{name} is never empty",
        breaks=f"{quoted(name)} IS NULL",
        found=f"CASE WHEN {unread} THEN NULL ELSE {literal(f'{name}: expected a value, found nothing')} END",
        expectation=Expectation("expect_column_values_to_not_be_null", {"column": name}),
    )


def _content(table: Table, column: Column) -> Iterator[Rule]:
    if column.values:
        yield _values(table, column)
    elif column.type == "VARCHAR":
        yield _text(table, column)
    if column.type == "DOUBLE":
        yield _between(table, column, "finite", "a finite number", -_LARGEST, _LARGEST)
    if (column.minimum, column.maximum, column.above) != (None, None, None):
        yield _range(table, column)
    if column.temporal:
        yield _day(table, column)


def _text(table: Table, column: Column) -> Rule:
    name = quoted(column.name)
    breaks = f"{name} IS NOT NULL AND (length({name}) > {LONGEST_TEXT} OR regexp_matches({name}, '{_CONTROL}'))"
    expected = f"at most {LONGEST_TEXT} characters of printable text"
    return Rule(
        kind="text",
        table=table.name,
        columns=(column.name,),
        says=f"{column.name} is {expected}",
        breaks=breaks,
        found=f"{_expected(column, expected)} || length({name}) || ' characters: ' || {shown(name)}",
        expectation=_rows(breaks),
    )


def _values(table: Table, column: Column) -> Rule:
    listed = ", ".join(literal(v) for v in column.values)
    return Rule(
        kind="values",
        table=table.name,
        columns=(column.name,),
        says=f"{column.name} is one of {', '.join(column.values)}",
        breaks=f"{quoted(column.name)} IS NOT NULL AND {quoted(column.name)} NOT IN ({listed})",
        found=_found(column, f"one of {', '.join(column.values)}"),
        expectation=Expectation(
            "expect_column_values_to_be_in_set", {"column": column.name, "value_set": list(column.values)}
        ),
    )


def _range(table: Table, column: Column) -> Rule:
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


def _day(table: Table, column: Column) -> Rule:
    low, high = date.fromisoformat(EARLIEST_DAY), date.fromisoformat(LATEST_DAY)
    if column.type == "TIMESTAMP":
        low, high = datetime.combine(low, datetime.min.time()), datetime.combine(high, datetime.min.time())
    says = f"a day from {EARLIEST_DAY} to before {LATEST_DAY}"
    return _between(table, column, "day", says, low, high, strict_max=True)


def _between(
    table: Table,
    column: Column,
    kind: RuleKind,
    says: str,
    low: object,
    high: object,
    *,
    strict_min: bool = False,
    strict_max: bool = False,
) -> Rule:
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
    return Rule(
        kind=kind,
        table=table.name,
        columns=(column.name,),
        says=f"{column.name} is {says}",
        breaks=f"{name} IS NOT NULL AND NOT ({' AND '.join(t for t in tests if t)})",
        found=_found(column, says),
        expectation=Expectation("expect_column_values_to_be_between", arguments),
    )


def _constant(value: object) -> str:
    if isinstance(value, datetime):
        return f"TIMESTAMP '{value:%Y-%m-%d %H:%M:%S}'"
    if isinstance(value, date):
        return f"DATE '{value:%Y-%m-%d}'"
    return repr(value)


def _order(table: Table, first: str, second: str) -> Rule:
    a, b = quoted(first), quoted(second)
    mixed = table.column[first].type != table.column[second].type
    # A day against a time of day: only the days are compared, or a row known on the day it happened would be refused.
    left, right = (f"CAST({a} AS DATE)", f"CAST({b} AS DATE)") if mixed else (a, b)
    breaks = f"{a} IS NOT NULL AND {b} IS NOT NULL AND {left} > {right}"
    says = f"{first} does not lie after {second}"
    arguments = {"column_A": second, "column_B": first, "or_equal": True, "ignore_row_if": "either_value_is_missing"}
    return Rule(
        kind="order",
        table=table.name,
        columns=(first, second),
        says=says,
        breaks=breaks,
        found=f"{literal(f'{first}: expected nothing after {second} ')} || {shown(b)} || ', found ' || {shown(a)}",
        expectation=_rows(breaks)
        if mixed
        else Expectation("expect_column_pair_values_a_to_be_greater_than_b", arguments),
    )


def _unique(table: Table, key: str) -> Rule:
    return Rule(
        kind="unique",
        table=table.name,
        columns=(key,),
        says=f"no two rows share a value of {key}",
        breaks=f"{quoted(key)} IN (SELECT doubled_key FROM {DOUBLED}.{quoted(table.name)})",
        found=f"{literal(f'{key}: expected a value of its own, found ')} || {shown(quoted(key))} || ' more than once'",
        expectation=Expectation("expect_column_values_to_be_unique", {"column": key}),
    )


def _reference(table: Table, column: Column) -> Rule:
    parent = column.references
    if parent is None:
        raise ValueError(f"{table.name}.{column.name} refers to no table")
    itself = parent == table.name
    # Every referenced table of the contract has its key under the parent's own name for it.
    keys = f"{STANDING if itself else LOADED}.{quoted(parent)}"
    key = quoted(table.key if itself and table.key else _key_of(parent))
    name = quoted(column.name)
    breaks = f"{name} IS NOT NULL AND {name} NOT IN (SELECT {key} FROM {keys})"
    return Rule(
        kind="reference" if column.enforced else "link",
        table=table.name,
        columns=(column.name,),
        says=f"{column.name} is the key of a row of {parent}",
        breaks=breaks,
        found=_found(column, f"the key of a loaded row of {parent}"),
        expectation=_rows(breaks),
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


def _found(column: Column, what: str) -> str:
    return f"{_expected(column, what)} || {shown(quoted(column.name))}"


def _rows(breaks: str) -> Expectation:
    query = f"SELECT source_file, source_row FROM {{batch}} WHERE {breaks.replace('{', '{{').replace('}', '}}')}"
    return Expectation("unexpected_rows_expectation", {"unexpected_rows_query": query})
