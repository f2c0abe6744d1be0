"""Overlap between as-of dates: whether those flagged at one date are flagged at the next, which needs no truth."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby, pairwise
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy.special import ndtri

from audit.rates.intervals import EXACT, proportion
from audit.rates.population import AuditTables, Population
from audit.rates.rate_options import COLUMNS, RateOptions
from audit.rates.rates import population_selections
from audit.rates.selections import FLAGGED, positions
from data.arrays import Floats

CORRELATION: Final = "bonett_wright"
"""The interval of rank correlations."""

EARLIER: Final = "earlier_as_of"
"""The breakdown under which values that compare two as-of dates stand; the group is the earlier date."""


def date_overlap(tables: AuditTables, options: RateOptions) -> pd.DataFrame:
    """Return how far flags and scores of each as-of date agree with those of the date before.

    `kept_share`: of those flagged at the earlier date who are still among the subjects, the share flagged again;
    beside it, as reference, how many of the others are flagged. `rank_correlation`: Spearman's, of a detector's scores
    of those scored at both dates, with the interval of Bonett and Wright (2000), Psychometrika 65:23. Empty where there
    is one date.
    """
    populations = sorted(tables.populations(), key=lambda p: (p.kind, p.as_of))
    rows: list[dict[str, Any]] = []
    for _, of_kind in groupby(populations, key=lambda p: p.kind):
        for before, after in pairwise(of_kind):
            for concern in tables.concerns(after, None):
                rows += _kept_shares(tables, before, after, concern, options)
                rows += _rank_correlations(tables, before, after, concern, options)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _kept_shares(
    tables: AuditTables, before: Population, after: Population, concern: str, options: RateOptions
) -> Iterator[dict[str, Any]]:
    first, second = (population_selections(tables, p, concern, options) for p in (before, after))
    earlier = {
        (s, n): w
        for b, s, n, w in zip(first.basis, first.scope, first.name, first.weight.T, strict=True)
        if b == FLAGGED
    }
    # Those who left between the dates, or joined, could not be flagged at both.
    at = positions(after.ids, before.ids)
    for basis, scope, name, weight in zip(second.basis, second.scope, second.name, second.weight.T, strict=True):
        if basis != FLAGGED:
            continue
        was = earlier.get((scope, name), np.zeros(len(before.ids)))[at >= 0] > 0
        now = weight[at[at >= 0]] > 0
        count, n = float((was & now).sum()), float(was.sum())
        low, high = proportion(np.array([count]), np.array([n]), confidence=options.confidence)
        yield _row(
            before,
            after,
            concern,
            {"scope": scope, "name": name, "measure": "kept_share", "reference": "not flagged before"},
            {"value": count / n if n else np.nan, "low": float(low[0]), "high": float(high[0]), "count": count, "n": n},
            {"reference_count": float((~was & now).sum()), "reference_n": float((~was).sum()), "interval": EXACT},
            options,
        )


def _rank_correlations(
    tables: AuditTables, before: Population, after: Population, concern: str, options: RateOptions
) -> Iterator[dict[str, Any]]:
    earlier = {n: _by_subject(s) for n, s in tables.about(tables.scores, before, concern).groupby("detector")}
    for name, scores in tables.about(tables.scores, after, concern).groupby("detector", sort=True):
        columns = [earlier.get(name, pd.Series(dtype=float)), _by_subject(scores)]
        both = pd.concat(columns, axis=1, join="inner").dropna()
        value = _spearman(both.iloc[:, 0].to_numpy(dtype=float), both.iloc[:, 1].to_numpy(dtype=float))
        low, high = _correlation_bounds(value, len(both), options.confidence)
        n = float(len(both))
        yield _row(
            before,
            after,
            concern,
            {"scope": "detector", "name": str(name), "measure": "rank_correlation", "reference": None},
            {"value": value, "low": low, "high": high, "count": n, "n": n},
            {"reference_count": np.nan, "reference_n": np.nan, "interval": CORRELATION},
            options,
        )


def _by_subject(scores: pd.DataFrame) -> pd.Series[float]:
    return pd.Series(scores["score"].to_numpy(dtype=np.float64), index=scores["subject_id"].to_numpy())


def _spearman(x: Floats, y: Floats) -> float:
    if len(x) < 2 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return float("nan")
    # It takes as long to import as most rates do to compute, and a run of one date asks for none.
    from scipy.stats import rankdata

    return float(np.corrcoef(rankdata(x), rankdata(y))[0, 1])


def _correlation_bounds(value: float, n: int, confidence: float) -> tuple[float, float]:
    """Return the bounds of a rank correlation: symmetric after Fisher's transformation, so that none exceeds 1."""
    deviation = np.sqrt((1 + value**2 / 2) / (n - 3)) if n > 3 else np.nan
    margin = float(ndtri(1 - (1 - confidence) / 2)) * deviation
    with np.errstate(divide="ignore"):
        middle = np.arctanh(value)
    return float(np.tanh(middle - margin)), float(np.tanh(middle + margin))


def _row(
    before: Population,
    after: Population,
    concern: str,
    names: dict[str, Any],
    value: dict[str, Any],
    more: dict[str, Any],
    options: RateOptions,
) -> dict[str, Any]:
    size = "too_few" if value["n"] < options.smallest else "ok"
    return {
        "as_of": after.as_of,
        "subject_kind": after.kind,
        "concern": concern,
        "basis": FLAGGED,
        "by": EARLIER,
        "group": str(before.as_of),
        **names,
        **value,
        **more,
        "status": "undefined" if np.isnan(value["value"]) else size,
    }
