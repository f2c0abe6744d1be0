"""The ways in which a value may be written besides the strict one: SQL that knows each form and reads it.

Nothing here guesses about one cell: a form is exact, and of the orders of day, month and year one is taken only when it
is declared or when no other fits the whole column (see `_column_readings`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

from data.schema import Column, SqlType
from data.sources._cell_types import from_text
from data.store import literal

DateOrder = Literal["m/d/y", "d/m/y", "y/m/d"]
ORDERS: Final[Mapping[DateOrder, str]] = MappingProxyType(
    {"m/d/y": "month/day/year", "d/m/y": "day/month/year", "y/m/d": "year/month/day"}
)
"""The orders in which a date may be written with slashes, points or hyphens, each in words."""

NOTHING: Final = ("null", "na", "n/a", "nan", "nat", "none", "<na>")
"""Words, in small letters, that stand for nothing in columns of numbers, days, times and truths."""

CENTURY: Final = 70
"""A year of two digits below this lies in the 2000s, another in the 1900s."""

_TRUE, _FALSE = ("true", "t", "yes", "y", "1", "1.0"), ("false", "f", "no", "n", "0", "0.0")
_ZONE = r"(Z|[+-]\d{2}:?(\d{2})?)"
_CLOCK = r"([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:\.0+)?)?( ?[AaPp][Mm])?"
_MIDNIGHT = r"([ T](0?0:00(:00(\.0+)?)?|12:00(:00)? ?[Aa][Mm]))?"
_SHAPES: Final[Mapping[DateOrder, str]] = MappingProxyType(
    {
        "m/d/y": r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})",
        "d/m/y": r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})",
        "y/m/d": r"(\d{4})[/.-](\d{1,2})[/.-](\d{1,2})",
    }
)


@dataclass(frozen=True)
class Form:
    """One way of writing a value: what it is called, when a cell is written so, and what the cell then says (SQL)."""

    says: str
    condition: str
    value: str
    strict: bool = False


def forms_of(column: Column, *, cell: str, order: DateOrder | None = None) -> tuple[Form, ...]:
    """Return the forms in which a column's cells may be written, the strict one first; `cell` is SQL for a text.

    A text column without a closed list has none: its cells stand as they are.
    """
    trimmed = f"trim({cell})"
    strict = from_text(column, cell=cell)
    forms = [Form("as they should be", f"({strict}) IS NOT NULL", strict, strict=True)] if not column.values else []
    if column.values:
        forms += _value_forms(column, cell, trimmed)
    elif column.type != "VARCHAR":
        bare = from_text(column, cell=trimmed)
        forms.append(Form("with spaces around them", f"({bare}) IS NOT NULL", bare))
        forms += _typed_forms(column.type, trimmed, order)
    return tuple(forms)


def is_nothing(column: Column, cell: str) -> str:
    """Return the SQL condition under which a cell holds a word for nothing, or blanks alone."""
    words = ", ".join(literal(word) for word in ("", *NOTHING))
    blank = f"trim({cell}) = ''"
    return blank if column.type == "VARCHAR" else f"lower(trim({cell})) IN ({words})"


def _typed_forms(kind: SqlType, cell: str, order: DateOrder | None) -> Sequence[Form]:
    if kind in ("BIGINT", "INTEGER"):
        whole = f"regexp_replace({cell}, '\\.0*$', '')"
        condition = _matches(cell, r"[+-]?[0-9]{1,19}\.0*")
        return [Form("as whole numbers with a decimal point, such as 123.0", condition, f"TRY_CAST({whole} AS {kind})")]
    if kind == "BOOLEAN":
        return [_truth(cell)]
    if kind == "DATE":
        return [*_day_forms(cell), *([order_form(cell, order, kind)] if order else [])]
    if kind == "TIMESTAMP":
        return [*_time_forms(cell), *([order_form(cell, order, kind)] if order else [])]
    return []


def _value_forms(column: Column, cell: str, trimmed: str) -> list[Form]:
    values = ", ".join(literal(v) for v in column.values)
    folded = f"regexp_replace(lower({trimmed}), '[ -]+', '_', 'g')"
    # A list may itself hold hyphens or signs: '18-25' folds to '18_25'.
    places = " ".join(f"WHEN {literal(fold(v))} THEN {literal(v)}" for v in column.values)
    return [
        Form("as they should be", f"{cell} IN ({values})", cell, strict=True),
        Form(
            "with other capitals, spaces or hyphens",
            f"(CASE {folded} {places} END) IS NOT NULL",
            f"CASE {folded} {places} END",
        ),
    ]


def fold(text: str) -> str:
    """Return a value of a list as it compares: small letters, blanks and hyphens as one underscore.

    Example:
        >>> fold(" Not Stated"), fold("18-25")
        ('not_stated', '18_25')
    """
    return "_".join(text.strip().lower().replace("-", " ").split())


def _truth(cell: str) -> Form:
    true, false = (", ".join(literal(w) for w in words) for words in (_TRUE, _FALSE))
    return Form(
        "as yes and no, t and f, or 1.0 and 0.0",
        f"lower({cell}) IN ({true}, {false})",
        f"lower({cell}) IN ({true})",
    )


def _day_forms(cell: str) -> list[Form]:
    midnight = r"\d{4}-\d{2}-\d{2}[ T]00:00(:00(\.0+)?)?" + _ZONE + "?"
    compact = f"substr({cell}, 1, 4) || '-' || substr({cell}, 5, 2) || '-' || substr({cell}, 7, 2)"
    return [
        Form("as midnights", _matches(cell, midnight), f"TRY_CAST(left({cell}, 10) AS DATE)"),
        Form("without hyphens, such as 20180501", _matches(cell, r"(19|20)\d{6}"), f"TRY_CAST({compact} AS DATE)"),
        Form("as months, such as 2018-05", _matches(cell, r"\d{4}-\d{2}"), f"TRY_CAST({cell} || '-01' AS DATE)"),
        Form(
            "as years, such as 2018",
            _matches(cell, r"(19|20)\d{2}(\.0)?"),
            f"TRY_CAST(left({cell}, 4) || '-01-01' AS DATE)",
        ),
    ]


def _time_forms(cell: str) -> list[Form]:
    zoned = r"\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?" + _ZONE
    bare = f"regexp_replace({cell}, '{_ZONE}$', '')"
    return [
        Form("with a time zone, which is left out", _matches(cell, zoned), f"TRY_CAST({bare} AS TIMESTAMP)"),
        Form(
            "without a time of day, read as midnight",
            _matches(cell, r"\d{4}-\d{2}-\d{2}"),
            f"TRY_CAST({cell} AS TIMESTAMP)",
        ),
    ]


def order_form(cell: str, order: DateOrder, kind: SqlType) -> Form:
    """Return the form of dates written in an order, with a time of day where the column holds times."""
    shape, clock = order_shape(order, kind), ""
    parts = {name: f"regexp_extract({cell}, {literal('^' + shape)}, {n})" for n, name in enumerate(order.split("/"), 1)}
    year, month, day = (parts[name] for name in "ymd")
    century = f"CASE WHEN length({year}) = 2 THEN CASE WHEN {year} < '{CENTURY}' THEN '20' ELSE '19' END ELSE '' END"
    text = f"{century} || {year} || '-' || lpad({month}, 2, '0') || '-' || lpad({day}, 2, '0')"
    if kind == "TIMESTAMP":
        clock = f" || ' ' || {_clock_text(cell, shape)}"
    return Form(f"as {ORDERS[order]}", _matches(cell, shape), f"TRY_CAST({text}{clock} AS {kind})")


def order_shape(order: DateOrder, kind: SqlType) -> str:
    """Return the pattern of a date in an order, with midnight behind it, or in a column of times any time of day."""
    return _SHAPES[order] + (rf"(?:[ T]{_CLOCK})?" if kind == "TIMESTAMP" else _MIDNIGHT)


def _clock_text(cell: str, shape: str) -> str:
    """Return SQL for the time of day, on a clock of 24 hours, in a cell of a shape; midnight where there is none."""
    hour, minute, second, half = (f"regexp_extract({cell}, {literal('^' + shape)}, {n})" for n in (4, 5, 6, 7))
    number = f"TRY_CAST({hour} AS INTEGER)"
    after_noon = f"upper({half}) LIKE '%PM' THEN {number} % 12 + 12"
    noon = f"CASE WHEN {after_noon} WHEN {half} <> '' THEN {number} % 12 ELSE {number} END"
    seconds = f"CASE WHEN {second} = '' THEN '00' ELSE {second} END"
    time = f"lpad(CAST({noon} AS VARCHAR), 2, '0') || ':' || {minute} || ':' || {seconds}"
    return f"CASE WHEN {hour} = '' THEN '00:00:00' ELSE {time} END"


def _matches(cell: str, pattern: str) -> str:
    return f"regexp_full_match({cell}, {literal(pattern)})"
