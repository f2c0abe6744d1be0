"""What a rate is estimated from: counts of the past, period by period, and what was known of them on an earlier day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import numpy as np
import pyarrow as pa

from data.arrays import Floats, Ids
from data.vocabulary import SubjectKind

PERIOD_DAYS: Final = 182
"""Half a year: twice that is a year within a day, so that seasons fall into the same periods every year."""


@dataclass(frozen=True)
class PeriodCounts:
    """One indicator's counts and exposures, subjects in rows and periods in columns, the latest first.

    Both are NaN where a source was silent for too much of a period.
    """

    value: Floats
    exposure: Floats

    @property
    def periods(self) -> int:
        """How many periods there are."""
        return int(self.value.shape[1])


@dataclass(frozen=True)
class IndicatorHistory:
    """One indicator as seen now, and as seen from an earlier day; without one where records do not reach back.

    `ahead` is how many periods lie between the two. `earlier` is aligned to the subjects of that day.
    """

    now: PeriodCounts
    earlier: PeriodCounts | None = None
    ahead: int = 0


@dataclass(frozen=True)
class History:
    """The past of one kind of subject before an as-of date.

    `standings[n]` is the table of subjects as of the end of period n + 1: who was in service, and where. The first is
    that of the as-of date itself.
    """

    kind: SubjectKind
    as_of: date
    standings: tuple[pa.Table, ...]
    indicators: Mapping[str, IndicatorHistory] = field(default_factory=dict)

    def ids(self, period: int = 0) -> Ids:
        """Return the ids of those in service at the end of a period, ascending."""
        return np.asarray(self.standings[period]["subject_id"].to_numpy(), dtype=np.int64)
