"""In which order flags are read: the most certain first."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any


def most_certain_first(flags: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return rows of `flags.parquet`, the most certain first: by q-value, then by score, then by id.

    What has no q-value was taken for its rank alone, with nothing promised, and comes last.

    Example:
        >>> rows = [{"flag_id": "a", "q_value": None, "score": 9.0}, {"flag_id": "b", "q_value": 0.1, "score": 1.0}]
        >>> [row["flag_id"] for row in most_certain_first(rows)]
        ['b', 'a']
    """
    return sorted((dict(flag) for flag in flags), key=_rank)


def _rank(flag: dict[str, Any]) -> tuple[float, float, str]:
    return math.inf if flag["q_value"] is None else flag["q_value"], -flag["score"], flag["flag_id"]
