"""How rates are made, and the columns that they come in."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final

from audit.rates.positives import PositiveDefinition

FORCE: Final = 46_000
"""The size of force that counts of people are scaled to."""

COLUMNS: Final = (
    *("as_of", "subject_kind", "concern", "basis", "scope", "name", "measure", "by", "group", "reference"),
    *("value", "low", "high", "count", "n", "reference_count", "reference_n", "interval", "status"),
)
"""The columns of the table of rates."""


@dataclass(frozen=True)
class RateOptions:
    """How rates are made: who is positive, how sure intervals are, how few are too few, and how much is broken down.

    `smallest` is the size below which a value's status is `too_few`. `intersections` adds every two protected
    characteristics together. `workload` is how many of a thousand subjects are selected at an equal workload; None
    takes as many as were flagged. `silent` lists the families and detectors of the scores that flagged nobody, too.
    Of all measures and breakdowns only those named in `measures` and `by` are computed, where these are given.

    Example:
        >>> options = RateOptions(confidence=0.9)
        >>> options.positive.look_back_days, options.smallest
        (365, 10)
    """

    positive: PositiveDefinition = field(default_factory=PositiveDefinition)
    confidence: float = 0.95
    smallest: int = 10
    intersections: bool = False
    workload: float | None = None
    silent: bool = True
    measures: Collection[str] | None = None
    by: Collection[str] | None = None

    def wants(self, measure: str) -> bool:
        """Say whether a measure is asked for."""
        return self.measures is None or measure in self.measures

    def wants_by(self, breakdown: str) -> bool:
        """Say whether a breakdown is asked for."""
        return self.by is None or breakdown in self.by
