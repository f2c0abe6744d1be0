"""Do flags that survive more specifications turn out right more often? Counted where the truth is known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
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
"""The columns of `calibration.parquet`."""


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


def calibration(found: Sequence[Survival]) -> list[Decile]:
    """Return the deciles of survival for the run's flags and for any, for all together and for each kind and concern.

    Contradictions, of which no share is made, are left out, and so is everything where there is no truth.
    """
    judged = [one for one in found if one.basis == COMPARED and one.right is not None]
    if not judged:
        return []
    groups = dict.fromkeys([(ALL, ALL), *((one.subject_kind, one.concern) for one in judged)])
    return [
        decile
        for basis in (RUN, ANY)
        for kind, concern in groups
        for decile in _deciles(
            [
                one
                for one in judged
                if (basis == ANY or one.flagged_by_run) and (kind == ALL or (kind, concern) == _group(one))
            ],
            basis,
            kind,
            concern,
        )
    ]


def _group(one: Survival) -> tuple[str, str]:
    return one.subject_kind, one.concern


def _deciles(found: Iterable[Survival], basis: str, kind: str, concern: str) -> Iterator[Decile]:
    told = list(found)
    share = np.array([one.share or 0.0 for one in told])
    right = np.array([bool(one.right) for one in told])
    number = np.ceil(np.round(share * DECILES, 9)).astype(int)
    for decile in range(1, DECILES + 1):
        n = int((number == decile).sum())
        hits = int(right[number == decile].sum()) if n else 0
        low, high = proportion(np.array([float(hits)]), np.array([float(n)]))
        bounds = (hits / n, float(low[0]), float(high[0])) if n else (None, None, None)
        yield Decile(basis, kind, concern, (decile - 1) / DECILES, decile / DECILES, n, hits, *bounds)


def table(found: Sequence[Decile]) -> pa.Table:
    """Return deciles as rows of `calibration.parquet`."""
    return pa.Table.from_pylist([vars(one) for one in found], schema=SCHEMA)
