"""Whether a fitted null came to rest: one that did not says nothing of how often somebody ordinary is as unusual.

Most nulls are fitted in turns: who is left out as unusual follows from the fit, and the fit from who is left out. Where
the turns do not come to rest, what the last one says is no better than what another would have said, and a p-value from
its far end can be wrong by any factor. No p-value is then given; scores still rank.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Final

WHOLE_STEPS: Final = 10
"""After so many rounds a limit goes half of the way only: one that swings to and fro comes to rest between."""


def is_settled(null: object) -> bool:
    """Say whether a null, and every null that it is made of, came to rest where it was fitted in turns.

    Example:
        >>> from models.nulls.tail_null import TailNull
        >>> is_settled(TailNull(start=0.0, share=0.3, scale=1.0, shape=0.0, converged=False))
        False
    """
    if isinstance(null, Mapping):
        return all(map(is_settled, null.values()))
    if not is_dataclass(null) or isinstance(null, type):
        return True
    if getattr(null, "converged", True) is False:
        return False
    return all(is_settled(getattr(null, field.name)) for field in fields(null))


def next_limit(before: float, further: float, rounds: int) -> float:
    """Return the limit above which the next round leaves scores out, after so many rounds: where the last fit leads.

    Example:
        >>> next_limit(2.0, 4.0, 1), next_limit(2.0, 4.0, WHOLE_STEPS)
        (4.0, 3.0)
    """
    return further if rounds < WHOLE_STEPS else 0.5 * (before + further)
