"""Do flags that survive more specifications turn out right more often? Counted where the truth is known."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from audit.rates.intervals import proportion
from audit.specification.survival import COMPARED, Survival

DECILES: Final = 10

RUN, ANY = "flags of the run", "flagged by any specification"
"""Of whom a row tells: those flagged by the run's own settings, or by any specification."""

ALL: Final = "all"

SCHEMA: Final = pa.schema(
    [
        ("basis", pa.string()),
        ("subject_kind", pa.string()),
        ("concern", pa.string()),
        ("above", pa.float64()),
        ("up_to", pa.float64()),
        ("flags", pa.int64()),
        ("right", pa.int64()),
        ("precision", pa.float64()),
        ("low", pa.float64()),
        ("high", pa.float64()),
    ]
)
"""The columns of `precision.parquet`."""


@dataclass(frozen=True)
class Decile:
    """Of those flagged by a share of specifications over `above` and at most `up_to`: how many, and how many rightly.

    `precision` with its Clopper-Pearson bounds of 95% is None where there is nobody.
    """

    basis: str
    subject_kind: str
    concern: str
    above: float
    up_to: float
    flags: int
    right: int
    precision: float | None
    low: float | None
    high: float | None


def precision_by_survival(survivals: Sequence[Survival]) -> list[Decile]:
    """Return the deciles of survival for the run's flags and for any, for all together and for each kind and concern.

    Contradictions, of which no share is made, are left out, and so is everything where there is no truth.
    """
    labelled = [s for s in survivals if s.basis == COMPARED and s.right is not None]
    if not labelled:
        return []
    groups = dict.fromkeys([(ALL, ALL), *((s.subject_kind, s.concern) for s in labelled)])
    return [
        decile
        for basis in (RUN, ANY)
        for kind, concern in groups
        for decile in _deciles(
            [
                s
                for s in labelled
                if (basis == ANY or s.flagged_by_run)
                and (kind == ALL or (kind, concern) == (s.subject_kind, s.concern))
            ],
            basis,
            kind,
            concern,
        )
    ]


def _deciles(survivals: Sequence[Survival], basis: str, kind: str, concern: str) -> Iterator[Decile]:
    share = np.array([s.share or 0.0 for s in survivals])
    right = np.array([bool(s.right) for s in survivals])
    number = np.ceil(np.round(share * DECILES, 9)).astype(int)
    for decile in range(1, DECILES + 1):
        n = int((number == decile).sum())
        hits = int(right[number == decile].sum()) if n else 0
        low, high = proportion(np.array([float(hits)]), np.array([float(n)]))
        bounds = (hits / n, float(low[0]), float(high[0])) if n else (None, None, None)
        yield Decile(basis, kind, concern, (decile - 1) / DECILES, decile / DECILES, n, hits, *bounds)


def table(deciles: Sequence[Decile]) -> pa.Table:
    """Return deciles as rows of `precision.parquet`."""
    return pa.Table.from_pylist([vars(decile) for decile in deciles], schema=SCHEMA)
