"""Stability: whether those flagged at one as-of date are flagged at the next, which needs no truth."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from typing import Any, Final

import numpy as np
import pandas as pd
from scipy.special import ndtri
from scipy.stats import rankdata

from audit.rates.intervals import EXACT, proportion
from audit.rates.measures import COLUMNS, Options
from audit.rates.rates import Present, Tables, occasions, selections
from audit.rates.selections import FLAGGED, positions
from data.arrays import Floats

CORRELATION: Final = "bonett_wright"
"""The interval of rank correlations."""

EARLIER: Final = "earlier_as_of"
"""The breakdown under which values that compare two as-of dates stand; the group is the earlier date."""


def stability(tables: Tables, options: Options) -> pd.DataFrame:
    """Return how far flags and scores of each as-of date agree with those of the date before.

    `kept_share`: of those flagged at the earlier date who are still among the subjects, the share flagged again;
    beside it, as reference, how many of the others are flagged. `rank_correlation`: Spearman's, of a detector's scores
    of those scored at both dates, with the interval of Bonett and Wright (2000), Psychometrika 65:23. Empty where there
    is one date.
    """
    rows: list[dict[str, Any]] = []
    by_kind: dict[str, list[date]] = {}
    for kind, as_of in occasions(tables):
        by_kind.setdefault(kind, []).append(as_of)
    for kind, dates in by_kind.items():
        for earlier, later in pairwise(dates):
            before, after = tables.at(kind, earlier), tables.at(kind, later)
            for concern in tables.concerns(kind, later, None):
                rows += _kept(tables, before, after, concern, options)
                rows += _correlated(tables, before, after, concern, options)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _kept(tables: Tables, before: Present, after: Present, concern: str, options: Options) -> Iterator[dict[str, Any]]:
    first, second = (selections(tables, here, concern, options) for here in (before, after))
    known = {
        (s, n): w
        for b, s, n, w in zip(first.basis, first.scope, first.name, first.weight.T, strict=True)
        if b == FLAGGED
    }
    at = positions(after.ids, before.ids)
    for basis, scope, name, weight in zip(second.basis, second.scope, second.name, second.weight.T, strict=True):
        if basis != FLAGGED:
            continue
        was = known.get((scope, name), np.zeros(len(before.ids)))[at >= 0] > 0
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


def _correlated(
    tables: Tables, before: Present, after: Present, concern: str, options: Options
) -> Iterator[dict[str, Any]]:
    first = {n: _scored(s) for n, s in tables.about(tables.scores, before, concern).groupby("detector")}
    for name, said in tables.about(tables.scores, after, concern).groupby("detector", sort=True):
        both = pd.concat([first.get(name, pd.Series(dtype=float)), _scored(said)], axis=1, join="inner").dropna()
        value = _spearman(both.iloc[:, 0].to_numpy(dtype=float), both.iloc[:, 1].to_numpy(dtype=float))
        n = float(len(both))
        spread = np.sqrt((1 + value**2 / 2) / (n - 3)) if n > 3 else np.nan
        reach = float(ndtri(1 - (1 - options.confidence) / 2)) * spread
        with np.errstate(divide="ignore"):
            middle = np.arctanh(value)
        yield _row(
            before,
            after,
            concern,
            {"scope": "detector", "name": str(name), "measure": "rank_correlation", "reference": None},
            {"value": value, "low": np.tanh(middle - reach), "high": np.tanh(middle + reach), "count": n, "n": n},
            {"reference_count": np.nan, "reference_n": np.nan, "interval": CORRELATION},
            options,
        )


def _scored(said: pd.DataFrame) -> pd.Series[float]:
    return pd.Series(said["score"].to_numpy(dtype=np.float64), index=said["subject_id"].to_numpy())


def _spearman(x: Floats, y: Floats) -> float:
    if len(x) < 2 or np.ptp(x) == 0 or np.ptp(y) == 0:
        return float("nan")
    return float(np.corrcoef(rankdata(x), rankdata(y))[0, 1])


def _row(
    before: Present,
    after: Present,
    concern: str,
    names: dict[str, Any],
    value: dict[str, Any],
    more: dict[str, Any],
    options: Options,
) -> dict[str, Any]:
    few = "too_few" if value["n"] < options.smallest else "ok"
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
        "status": "undefined" if np.isnan(value["value"]) else few,
    }
