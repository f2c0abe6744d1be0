"""Formulas: values made of other indicators' values by adding, subtracting and multiplying."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from data.arrays import Floats
from features.expression import Expression, Field, Operation, Value
from features.indicator import Indicator


def combine(indicator: Indicator, parts: Mapping[str, Floats]) -> Floats:
    """Return a formula's values from those of the indicators it reads; NaN where any of these is.

    All are whole numbers, so that the result is exact as long as it stays below 2 to the power of 53.
    """
    assert indicator.value is not None
    return _combined(indicator.value, parts)


def written(expression: Expression) -> str:
    """Return a formula as it is read: the names of indicators, whole numbers and the signs between them.

    Example:
        >>> from features.expression import col
        >>> written((col.spells + 1) * col.days)
        '(spells + 1) * days'
    """
    if isinstance(expression, Field):
        return expression.path[0]
    if isinstance(expression, Value):
        return str(expression.value)
    assert isinstance(expression, Operation)
    sides = [
        f"({written(side)})" if _binds_looser(side, expression, first=at == 0) else written(side)
        for at, side in enumerate(expression.operands)
    ]
    return f" {expression.name} ".join(sides)


def _binds_looser(side: Expression, whole: Operation, *, first: bool) -> bool:
    if not isinstance(side, Operation):
        return False
    return (side.name != "*" and whole.name == "*") or (whole.name == "-" and not first)


def _combined(expression: Expression, parts: Mapping[str, Floats]) -> Floats:
    if isinstance(expression, Field):
        return parts[expression.path[0]]
    if isinstance(expression, Value):
        assert isinstance(expression.value, int)
        return np.float64(expression.value) * np.ones(1)  # broadcast to as many subjects as the other operand has
    assert isinstance(expression, Operation)
    left, right = (_combined(operand, parts) for operand in expression.operands)
    if expression.name == "+":
        return left + right
    return left - right if expression.name == "-" else left * right
