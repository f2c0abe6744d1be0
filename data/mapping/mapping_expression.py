"""Expressions of a mapping: a small fixed set of words about the cells of a row, written as SQL over texts.

    [Date Closed]                      a column, by its header
    'public'                           a text
    first(a, b)                        the first that is not empty
    join(a, '-', b)                    texts put together
    part(a, '-', 1)                    what stands before the first hyphen, between it and the second, ...
    lower(a)  upper(a)  trim(a)  digits(a)  replace(a, 'x', 'y')  row()
    if(condition, a, b)
    a = 'x'   a != 'x'   a < 3   a in ('x', 'y')   a is empty   a is not empty   not, and, or, ( )

There is nothing else: no call of anything, no file, no way out of the cell. What is not in this list is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from data.store import literal

LONGEST: Final = 2_000
"""An expression of more characters is refused."""

DEEPEST: Final = 40
"""Parentheses and calls may be nested so deep."""

Resolver = Callable[[str], str]
"""What gives SQL for the text of a column by its header; it raises `KeyError` where there is none."""

_TOKEN: Final = re.compile(
    r"\s*(?:(?P<column>\[[^\[\]]+\])|(?P<text>'(?:[^']|'')*')|(?P<number>-?\d+(?:\.\d+)?)"
    r"|(?P<name>[A-Za-z_][A-Za-z0-9_]*)|(?P<sign><=|>=|!=|=|<|>|\(|\)|,))"
)
_COMPARISONS: Final = {"=": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_FUNCTIONS: Final = {
    "first": (1, None),
    "join": (1, None),
    "part": (3, 3),
    "lower": (1, 1),
    "upper": (1, 1),
    "trim": (1, 1),
    "digits": (1, 1),
    "replace": (3, 3),
    "row": (0, 0),
}


class ExpressionFaulty(ValueError):
    """An expression that says nothing which a mapping may say."""


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str


def value_sql(expression: str, resolve: Resolver) -> str:
    """Return SQL for the text that an expression gives for a row.

    Raises:
        ExpressionFaulty: it is not in the set, or names a column that is not there.

    Example:
        >>> print(value_sql("first([Closed], 'open')", lambda name: f'"{name}"'))
        coalesce(nullif("Closed", ''), nullif('open', ''))
    """
    parser = _Parser(expression, resolve)
    sql = parser.value(0)
    parser.end()
    return sql


def condition_sql(expression: str, resolve: Resolver) -> str:
    """Return SQL for a condition on a row.

    Raises:
        ExpressionFaulty: it is not in the set, or names a column that is not there.

    Example:
        >>> print(condition_sql("[Kind] = 'Force' and [Closed] is empty", lambda name: f'"{name}"'))
        (coalesce("Kind" = 'Force', false) AND coalesce("Closed", '') = '')
    """
    parser = _Parser(expression, resolve)
    sql = parser.condition(0)
    parser.end()
    return sql


class _Parser:
    """A descent through one expression, token by token."""

    def __init__(self, expression: str, resolve: Resolver) -> None:
        if len(expression) > LONGEST:
            raise ExpressionFaulty(f"expected at most {LONGEST} characters, found {len(expression)}")
        self._resolve, self._tokens, self._at = resolve, _tokens(expression), 0

    def end(self) -> None:
        if self._at < len(self._tokens):
            raise ExpressionFaulty(f"nothing is expected from {self._tokens[self._at].text[:40]!r} on")

    def condition(self, depth: int) -> str:
        parts = [self._conjunction(depth)]
        while self._take("name", "or"):
            parts.append(self._conjunction(depth))
        return f"({' OR '.join(parts)})" if len(parts) > 1 else parts[0]

    def _conjunction(self, depth: int) -> str:
        parts = [self._test(depth)]
        while self._take("name", "and"):
            parts.append(self._test(depth))
        return f"({' AND '.join(parts)})" if len(parts) > 1 else parts[0]

    def _test(self, depth: int) -> str:
        if depth > DEEPEST:
            raise ExpressionFaulty(f"it is nested deeper than {DEEPEST}")
        if self._take("name", "not"):
            return f"NOT {self._test(depth + 1)}"
        if self._take("sign", "("):
            inner = self.condition(depth + 1)
            self._expect(")")
            return inner
        left = self.value(depth)
        if self._take("name", "is"):
            wanted = "<>" if self._take("name", "not") else "="
            if not self._take("name", "empty"):
                raise ExpressionFaulty("expected 'empty' after 'is'")
            return f"coalesce({left}, '') {wanted} ''"
        if self._take("name", "in"):
            return f"coalesce({left} IN ({', '.join(self._arguments(depth))}), false)"
        return self._comparison(left, depth)

    def _comparison(self, left: str, depth: int) -> str:
        sign = next((s for s in _COMPARISONS if self._take("sign", s)), None)
        if sign is None:
            raise ExpressionFaulty("expected a comparison, 'in' or 'is empty'")
        number = self._at < len(self._tokens) and self._tokens[self._at].kind == "number"
        right = self.value(depth)
        if number:
            return f"coalesce(TRY_CAST({left} AS DOUBLE) {_COMPARISONS[sign]} TRY_CAST({right} AS DOUBLE), false)"
        return f"coalesce({left} {_COMPARISONS[sign]} {right}, false)"

    def value(self, depth: int) -> str:
        if depth > DEEPEST:
            raise ExpressionFaulty(f"it is nested deeper than {DEEPEST}")
        if self._at >= len(self._tokens):
            raise ExpressionFaulty("it breaks off where a column, a text or a function is expected")
        token = self._tokens[self._at]
        self._at += 1
        if token.kind == "column":
            return self._column(token.text[1:-1].strip())
        if token.kind == "text":
            return literal(token.text[1:-1].replace("''", "'"))
        if token.kind == "number":
            return literal(token.text)
        if token.kind == "name":
            follows = self._at < len(self._tokens) and self._tokens[self._at] == _Token("sign", "(")
            return self._call(token.text, depth) if follows else self._column(token.text)
        raise ExpressionFaulty(f"a column, a text or a function is expected in the place of {token.text!r}")

    def _call(self, name: str, depth: int) -> str:
        if name == "if":
            return self._if(depth)
        if name not in _FUNCTIONS:
            raise ExpressionFaulty(f"there is no function {name[:40]!r}; there are: {', '.join(['if', *_FUNCTIONS])}")
        arguments = self._arguments(depth)
        fewest, most = _FUNCTIONS[name]
        if len(arguments) < fewest or (most is not None and len(arguments) > most):
            raise ExpressionFaulty(
                f"{name} takes {fewest if most else f'{fewest} or more'} values, not {len(arguments)}"
            )
        return _function_sql(name, arguments)

    def _if(self, depth: int) -> str:
        self._expect("(")
        condition = self.condition(depth + 1)
        self._expect(",")
        then = self.value(depth + 1)
        self._expect(",")
        other = self.value(depth + 1)
        self._expect(")")
        return f"CASE WHEN {condition} THEN {then} ELSE {other} END"

    def _arguments(self, depth: int) -> list[str]:
        self._expect("(")
        arguments: list[str] = []
        while not self._take("sign", ")"):
            if arguments:
                self._expect(",")
            arguments.append(self.value(depth + 1))
        return arguments

    def _column(self, header: str) -> str:
        try:
            return self._resolve(header)
        except KeyError:
            raise ExpressionFaulty(f"there is no column {header[:60]!r}") from None

    def _take(self, kind: str, text: str) -> bool:
        here = self._tokens[self._at] if self._at < len(self._tokens) else None
        match = here is not None and here.kind == kind and here.text.lower() == text
        self._at += match
        return match

    def _expect(self, sign: str) -> None:
        if not self._take("sign", sign):
            here = self._tokens[self._at].text[:40] if self._at < len(self._tokens) else "the end"
            raise ExpressionFaulty(f"expected {sign!r} in the place of {here!r}")


def _function_sql(name: str, arguments: list[str]) -> str:
    match name:
        case "first":
            return f"coalesce({', '.join(f'''nullif({a}, '')''' for a in arguments)})"
        case "join":
            return f"concat({', '.join(arguments)})"
        case "part":
            return f"split_part({arguments[0]}, {arguments[1]}, coalesce(TRY_CAST({arguments[2]} AS INTEGER), 1))"
        case "digits":
            return f"regexp_replace({arguments[0]}, '[^0-9]+', '', 'g')"
        case "row":
            return "CAST(source_row AS VARCHAR)"
        case _:
            return f"{name}({', '.join(arguments)})"


def _tokens(expression: str) -> list[_Token]:
    tokens, at = [], 0
    text = expression.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            raise ExpressionFaulty(f"nothing that a mapping may say begins with {text[at : at + 20]!r}")
        tokens.append(_Token(match.lastgroup, match[match.lastgroup]))
        at = match.end()
    return tokens
