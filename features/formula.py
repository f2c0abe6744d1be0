"""Formulas: values made of other indicators' values by adding, subtracting and multiplying."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from features.base import Indicator
from features.expression import Expression, Field, Operation, Value

Floats = npt.NDArray[np.float64]


def combine(indicator: Indicator, parts: Mapping[str, Floats]) -> Floats:
    """Return a formula's values from those of the indicators it reads; NaN where any of these is.

    All are whole numbers, so that the result is exact as long as it stays below 2 to the power of 53.
    """
    assert indicator.value is not None
    return _combined(indicator.value, parts)


def _combined(expression: Expression, parts: Mapping[str, Floats]) -> Floats:
    if isinstance(expression, Field):
        return parts[expression.path[0]]
    if isinstance(expression, Value):
        assert isinstance(expression.value, int)
        return np.float64(expression.value) * np.ones(1)
    assert isinstance(expression, Operation)
    left, right = (_combined(operand, parts) for operand in expression.operands)
    if expression.name == "+":
        return left + right
    return left - right if expression.name == "-" else left * right
