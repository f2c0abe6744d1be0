"""The parameters of a fitted null as plain data, so that a run can keep what it compared people with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class FittedNull:
    """A null fitted for one indicator and window, or for a detector's scores as a whole where these are None."""

    null: object
    indicator: str | None = None
    window_days: int | None = None


def parameters_of(null: object) -> Any:
    """Return what a fitted null is made of: its kind and every number in it, by name.

    Numbers by peer group stand in the order of the group names beside them. Numbers that are not finite are None, and
    functions stand by their name.

    Example:
        >>> from models.nulls.small_groups import NO_ADJUSTMENT
        >>> parameters_of(NO_ADJUSTMENT)
        {'kind': 'SmallGroupAdjustment', 'level': {}}
    """
    if is_dataclass(null) and not isinstance(null, type):
        kind = {"kind": type(null).__name__}
        return kind | {field.name: parameters_of(getattr(null, field.name)) for field in fields(null)}
    if isinstance(null, Mapping):
        return {_name(key): parameters_of(value) for key, value in null.items()}
    if isinstance(null, np.ndarray | np.generic):
        return parameters_of(null.tolist())
    if isinstance(null, tuple | list):
        return [parameters_of(value) for value in null]
    if isinstance(null, float):
        return null if np.isfinite(null) else None
    if null is None or isinstance(null, bool | int | str):
        return null
    return getattr(null, "__name__", type(null).__name__)


def _name(key: object) -> str:
    return ", ".join(map(str, key)) if isinstance(key, tuple) else str(key)
