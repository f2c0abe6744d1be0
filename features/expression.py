"""Engine-neutral expressions over the columns of a record: what a declaration counts, in neither SQL nor Python.

An expression is built from `col` and plain operators, compiled to SQL by `features.compile.dialect` and evaluated on
plain rows by `evaluate`. Both follow SQL's rule for null: a comparison with null is unknown, and unknown rows do not
count.

Example:
    >>> self_edit = (col.editor_id == col.officer_id) & (col.minutes_gained > 0)
    >>> evaluate(self_edit, {"editor_id": 7, "officer_id": 7, "minutes_gained": 30})
    True
    >>> sorted(fields(self_edit))
    [('editor_id',), ('minutes_gained',), ('officer_id',)]
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import product
from typing import Any, Final

Constant = bool | int | float | str | date


class Expression:
    """A value computed from one row; operators combine expressions into larger ones.

    Comparisons (`==`, `<`, ...), `&`, `|` and `~` make conditions, `+`, `-` and `*` numbers. A comparison is never a
    truth value of Python, so that `and`, `or` and `not` raise `TypeError`.

    Example:
        >>> (col.severity >= 3) | col.injured.is_null()
        (col.severity >= 3) | col.injured.is_null()
        >>> evaluate((col.severity >= 3) | col.injured.is_null(), {"severity": None, "injured": None})
        True
    """

    def __eq__(self, other: object) -> Expression:  # type: ignore[override]
        return Operation("=", (self, as_expression(other)))

    def __ne__(self, other: object) -> Expression:  # type: ignore[override]
        return Operation("<>", (self, as_expression(other)))

    def __lt__(self, other: object) -> Expression:
        return Operation("<", (self, as_expression(other)))

    def __le__(self, other: object) -> Expression:
        return Operation("<=", (self, as_expression(other)))

    def __gt__(self, other: object) -> Expression:
        return Operation(">", (self, as_expression(other)))

    def __ge__(self, other: object) -> Expression:
        return Operation(">=", (self, as_expression(other)))

    def __and__(self, other: Expression) -> Expression:
        return Operation("and", (self, as_expression(other)))

    def __or__(self, other: Expression) -> Expression:
        return Operation("or", (self, as_expression(other)))

    def __invert__(self) -> Expression:
        return Operation("not", (self,))

    def __add__(self, other: object) -> Expression:
        return Operation("+", (self, as_expression(other)))

    def __sub__(self, other: object) -> Expression:
        return Operation("-", (self, as_expression(other)))

    def __mul__(self, other: object) -> Expression:
        return Operation("*", (self, as_expression(other)))

    __hash__ = object.__hash__

    def __bool__(self) -> bool:
        raise TypeError("An expression has no truth value of its own: combine with &, | and ~, not with and, or, not.")

    def is_in(self, *values: Constant) -> Expression:
        """Say whether the value is one of a closed list; unknown where there is no value.

        Example:
            >>> evaluate(col.duty.is_in("night", "late"), {"duty": "night"})
            True
        """
        return Operation("in", (self, *(as_expression(v) for v in values)))

    def is_null(self) -> Expression:
        """Say whether there is no value; this is never unknown.

        Example:
            >>> evaluate(col.incident_id.is_null(), {"incident_id": None})
            True
        """
        return Operation("is_null", (self,))


@dataclass(frozen=True, eq=False)
class Field(Expression):
    """A column of the row, or (as `col.shift.ends_at`) a column of the row it refers to."""

    path: tuple[str, ...]

    def __getattr__(self, name: str) -> Field:
        if name.startswith("__"):
            raise AttributeError(name)
        return Field((*self.path, name))

    def __repr__(self) -> str:
        return ".".join(("col", *self.path))


@dataclass(frozen=True, eq=False)
class Value(Expression):
    """A constant."""

    value: Constant

    def __repr__(self) -> str:
        return repr(self.value)


_SIGNS: Final = {"=": "==", "<>": "!=", "and": "&", "or": "|"} | {sign: sign for sign in ("<", "<=", ">", ">=", *"+-*")}
"""The operators by the names of their operations."""


@dataclass(frozen=True, eq=False)
class Operation(Expression):
    """An operator or a function applied to other expressions."""

    name: str
    operands: tuple[Expression, ...]

    def __repr__(self) -> str:
        """Return the expression as a declaration writes it; two that are written alike mean the same."""
        first, *others = self.operands
        if self.name in _SIGNS:
            return f" {_SIGNS[self.name]} ".join([_written(first), *map(_in_parentheses, others)])
        if self.name == "not":
            return f"~{_written(first)}"
        if self.name in ("is_null", "in"):
            method = "is_in" if self.name == "in" else self.name
            return f"{_written(first)}.{method}({', '.join(map(repr, others))})"
        return f"{self.name}({', '.join(map(repr, self.operands))})"


def _written(operand: Expression) -> str:
    """Return an operand that comes first: a plain constant there would lack the operator."""
    return f"as_expression({operand!r})" if isinstance(operand, Value) else _in_parentheses(operand)


def _in_parentheses(operand: Expression) -> str:
    return f"({operand!r})" if isinstance(operand, Operation) and operand.name in _SIGNS else repr(operand)


class _RowColumns:
    """Gives a field for any attribute: `col.minutes_gained`."""

    def __getattr__(self, name: str) -> Field:
        if name.startswith("__"):
            raise AttributeError(name)
        return Field((name,))


col: Final = _RowColumns()
"""The columns of the row that a declaration is about; `col.shift.ends_at` is one of a row that it refers to.

Example:
    >>> col.minutes_gained > 0
    col.minutes_gained > 0
    >>> (col.edited_at > col.shift.ends_at) & ~col.reason.is_null()
    (col.edited_at > col.shift.ends_at) & ~col.reason.is_null()
"""


def as_expression(value: object) -> Expression:
    """Return an expression as it is, and wrap a constant.

    Raises:
        TypeError: the value is neither an expression nor a truth value, number, text or date.
    """
    if isinstance(value, Expression):
        return value
    if isinstance(value, bool | int | float | str | date) and not isinstance(value, datetime):
        return Value(value)
    raise TypeError(f"a constant must be a truth value, number, text or date, not {value!r}")


def day(moment: Expression) -> Expression:
    """Return the calendar day of a time (a date stays as it is).

    Example:
        >>> str(evaluate(day(col.starts_at), {"starts_at": datetime(2026, 1, 1, 22, 0)}))
        '2026-01-01'
    """
    return Operation("day", (moment,))


def hour(moment: Expression) -> Expression:
    """Return the hour of a time, 0 to 23."""
    return Operation("hour", (moment,))


def weekday(moment: Expression) -> Expression:
    """Return the ISO day of the week, 1 (Monday) to 7 (Sunday).

    Example:
        >>> evaluate(weekday(col.started_on), {"started_on": date(2026, 1, 1)})
        4
    """
    return Operation("weekday", (moment,))


def minutes_later(moment: Expression, minutes: int | Expression) -> Expression:
    """Return the time so many minutes later (earlier when negative)."""
    return Operation("minutes_later", (moment, as_expression(minutes)))


def minutes_between(start: Expression, end: Expression) -> Expression:
    """Return the whole minutes from one time to a later one (negative when it is earlier).

    Example:
        >>> shift = {"starts_at": datetime(2026, 1, 1, 22, 0), "ends_at": datetime(2026, 1, 2, 6, 30)}
        >>> evaluate(minutes_between(col.starts_at, col.ends_at), shift)
        510
    """
    return Operation("minutes_between", (start, end))


def days_later(moment: Expression, days: int | Expression) -> Expression:
    """Return the calendar day so many days after a date or time."""
    return Operation("days_later", (moment, as_expression(days)))


def later_of(left: object, right: object) -> Expression:
    """Return the later of two dates; null when either is."""
    return Operation("later_of", (as_expression(left), as_expression(right)))


def or_else(value: object, otherwise: object) -> Expression:
    """Return a value, or where it is null another one of the same type.

    Example:
        >>> [evaluate(or_else(col.a, col.b), {"a": a, "b": 3}) for a in (7, None)]
        [7, 3]
    """
    return Operation("or_else", (as_expression(value), as_expression(otherwise)))


def walk(expression: Expression) -> Iterator[Expression]:
    """Yield an expression and everything it is made of."""
    yield expression
    if isinstance(expression, Operation):
        for operand in expression.operands:
            yield from walk(operand)


def fields(expression: Expression) -> set[tuple[str, ...]]:
    """Return the paths of all columns an expression reads."""
    return {part.path for part in walk(expression) if isinstance(part, Field)}


def substitute(expression: Expression, constants: Mapping[tuple[str, ...], Constant]) -> Expression:
    """Return the expression with the named fields replaced by constants."""
    if isinstance(expression, Field) and expression.path in constants:
        return Value(constants[expression.path])
    if isinstance(expression, Operation):
        return Operation(expression.name, tuple(substitute(part, constants) for part in expression.operands))
    return expression


def readdress(expression: Expression, *, owner: str, new: str) -> Expression:
    """Return the expression with every column read of one row, `col.<owner>.x`, read of another, `col.<new>.x`."""
    if isinstance(expression, Field) and expression.path[0] == owner and len(expression.path) > 1:
        return Field((new, *expression.path[1:]))
    if isinstance(expression, Operation):
        return Operation(expression.name, tuple(readdress(part, owner=owner, new=new) for part in expression.operands))
    return expression


def may_hold(expression: Expression, unknown: Collection[tuple[str, ...]]) -> bool:
    """Say whether an expression can be true where some columns are not known yet, whatever the others are.

    Example:
        >>> may_hold((col.edited_at > col.shift.ends_at) & (col.minutes_gained > 0), {("shift", "ends_at")})
        False
        >>> may_hold(col.closed_on.is_null(), {("closed_on",)})
        True
    """
    return True in _outcomes(expression, unknown)


def may_be_known(expression: Expression, unknown: Collection[tuple[str, ...]]) -> bool:
    """Say whether an expression can have a value where some columns are not known yet."""
    return _outcomes(expression, unknown) != {None}


_ANY: Final = frozenset({True, False, None})


def _outcomes(expression: Expression, unknown: Collection[tuple[str, ...]]) -> frozenset[bool | None]:
    """Return the truth values an expression can have; any other value stands as true and false."""
    if isinstance(expression, Value):
        return frozenset({expression.value}) if isinstance(expression.value, bool) else _ANY - {None}
    if isinstance(expression, Field):
        return frozenset({None}) if expression.path in unknown else _ANY
    assert isinstance(expression, Operation)
    # Operands are taken as independent: a truth value too many costs a state that no row is ever in, one too few
    # would lose rows.
    operands = [_outcomes(operand, unknown) for operand in expression.operands]
    if expression.name == "is_null":
        return frozenset(value is None for value in operands[0])
    if expression.name in ("and", "or"):
        return frozenset(_junction(expression.name, *pair) for pair in product(*operands))
    if expression.name == "not":
        return frozenset(None if value is None else not value for value in operands[0])
    if expression.name == "or_else":
        return operands[0] if None not in operands[0] else (operands[0] - {None}) | operands[1]
    return frozenset({None}) if frozenset({None}) in operands else _ANY


def _junction(name: str, *operands: Any) -> bool | None:
    """Return what SQL makes of truth values joined by AND or OR: one that decides does so, else unknown is unknown."""
    decisive = name == "or"
    return decisive if decisive in operands else None if None in operands else not decisive


def _as_day(value: date) -> date:
    return value.date() if isinstance(value, datetime) else value


def _same_kind(left: Any, right: Any) -> tuple[Any, Any]:
    """Bring a date and a time to comparable times, as SQL does."""
    if isinstance(left, datetime) and isinstance(right, date) and not isinstance(right, datetime):
        return left, datetime(right.year, right.month, right.day)  # noqa: DTZ001 - wall-clock times carry no zone
    if isinstance(right, datetime) and isinstance(left, date) and not isinstance(left, datetime):
        return datetime(left.year, left.month, left.day), right  # noqa: DTZ001
    return left, right


def _compare(test: Callable[[Any, Any], bool]) -> Callable[..., bool]:
    return lambda left, right: test(*_same_kind(left, right))


def _whole_minutes(start: datetime, end: datetime) -> int:
    """Count minute boundaries between two times, as SQL's date_diff does."""
    return round((end.replace(second=0, microsecond=0) - start.replace(second=0, microsecond=0)).total_seconds() / 60)


_FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {
    "=": _compare(lambda a, b: a == b),
    "<>": _compare(lambda a, b: a != b),
    "<": _compare(lambda a, b: a < b),
    "<=": _compare(lambda a, b: a <= b),
    ">": _compare(lambda a, b: a > b),
    ">=": _compare(lambda a, b: a >= b),
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "not": lambda a: not a,
    "in": lambda a, *rest: a in rest,
    "day": _as_day,
    "hour": lambda a: a.hour,
    "weekday": lambda a: a.isoweekday(),
    "minutes_later": lambda a, minutes: a + timedelta(minutes=minutes),
    "minutes_between": _whole_minutes,
    "days_later": lambda a, days: _as_day(a) + timedelta(days=days),
    "later_of": max,
}


def evaluate(expression: Expression, row: Mapping[str, Any]) -> Any:
    """Return an expression's value on one row; None when it is unknown.

    A row it refers to stands as a nested mapping under the table's name, or as None where there is no such row.
    """
    if isinstance(expression, Value):
        return expression.value
    if isinstance(expression, Field):
        return _look_up(expression.path, row)
    assert isinstance(expression, Operation)
    operands = [evaluate(operand, row) for operand in expression.operands]
    if expression.name == "is_null":
        return operands[0] is None
    if expression.name in ("and", "or"):
        return _junction(expression.name, *operands)
    if expression.name == "or_else":
        return operands[1] if operands[0] is None else operands[0]
    return None if None in operands else _FUNCTIONS[expression.name](*operands)


def _look_up(path: tuple[str, ...], row: Mapping[str, Any]) -> Any:
    value: Any = row
    for name in path:
        if value is None:
            return None
        value = value[name]
    return value
