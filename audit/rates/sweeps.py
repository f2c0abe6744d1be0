"""Sweeps: every rate over all cuts of a score and over capacities, because the cut decides what one finds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd

from audit.rates.intervals import EXACT, proportion
from audit.rates.population import AuditTables, Population
from audit.rates.positives import TruthLabels
from audit.rates.rate_options import COLUMNS, FORCE, RateOptions
from audit.rates.rates import base_groups, group_rates, population_labels
from audit.rates.selections import BASELINE, EQUAL, equal_workload, ranking
from audit.rates.truth_tables import Truth
from data.arrays import Bools, Floats, Positions

CAPACITIES: Final = (1.0, 2.0, 5.0, 10.0, 15.0, 20.0, 30.0, 50.0, 100.0, 200.0)
"""The capacities, in subjects of a thousand, at which groups are compared."""

CURVE: Final = (
    *("as_of", "subject_kind", "concern", "scope", "name", "over", "threshold", "selected", "selected_per_1000"),
    *("hits", "wrong", "precision", "precision_low", "precision_high", "recall", "recall_low", "recall_high"),
    *("false_positive_rate", "false_positive_rate_low", "false_positive_rate_high", "innocent_flagged_per_46000"),
    "interval",
)
"""The columns of a table of curves."""


def curves(tables: AuditTables, truth: Truth | None, options: RateOptions) -> pd.DataFrame:
    """Return, for each detector and baseline, every point of its curve: a row for each cut that selects more.

    All who tie are selected together, so a curve has as many points as there are distinct scores. `over` is `score`, or
    `p_value` where a detector gives any. Without truth only `selected` is known.
    """
    parts = [
        _curve(scores, population, concern, labels, over)
        for population, concern, labels in _labelled_populations(tables, truth, options)
        for _, scores in tables.about(tables.scores, population, concern).groupby("detector", sort=True)
        for over in ("score", "p_value")
        if over == "score" or scores["p_value"].notna().any()
    ]
    return pd.concat(parts, ignore_index=True)[list(CURVE)] if parts else pd.DataFrame({c: [] for c in CURVE})


def _labelled_populations(
    tables: AuditTables, truth: Truth | None, options: RateOptions
) -> Iterator[tuple[Population, str, TruthLabels | None]]:
    for population in tables.populations():
        for concern in tables.concerns(population, truth):
            yield population, concern, population_labels(truth, population, concern, options)


def _curve(
    scores: pd.DataFrame, population: Population, concern: str, labels: TruthLabels | None, over: str
) -> pd.DataFrame:
    rank = ranking(scores if over == "score" else _by_p_value(scores), ids=population.ids)
    order = np.argsort(-rank, kind="stable")
    order = order[rank[order] > -np.inf]
    # A cut falls behind the last of those who tie: they are selected together or not at all.
    last = np.flatnonzero(np.append(np.diff(rank[order]) != 0, True)) if len(order) else np.zeros(0, dtype=np.intp)
    selected = (last + 1).astype(np.float64)
    n = float(len(population.ids))
    columns: dict[str, Any] = {
        "as_of": population.as_of,
        "subject_kind": population.kind,
        "concern": concern,
        "scope": BASELINE if scores["family"].iloc[0] == BASELINE else "detector",
        "name": str(scores["detector"].iloc[0]),
        "over": over,
        "threshold": (1.0 if over == "score" else -1.0) * rank[order][last],
        "selected": selected,
        "selected_per_1000": 1000.0 * selected / n,
        **_error_rates(None if labels is None else labels.positive, order, last, selected),
        "interval": EXACT,
    }
    return pd.DataFrame(columns)


def _by_p_value(scores: pd.DataFrame) -> pd.DataFrame:
    return scores.assign(score=-pd.to_numeric(scores["p_value"]).to_numpy(dtype=np.float64))


def _error_rates(positive: Bools | None, order: Positions, last: Positions, selected: Floats) -> dict[str, Floats]:
    undefined = np.full(len(selected), np.nan)
    if positive is None:
        return dict.fromkeys(CURVE[9:-1], undefined)
    hits = np.cumsum(positive[order])[last].astype(np.float64) if len(order) else undefined
    wrong = selected - hits
    n, positives = float(len(positive)), float(positive.sum())
    columns = {"hits": hits, "wrong": wrong}
    sizes = {
        "precision": (hits, selected),
        "recall": (hits, np.full_like(hits, positives)),
        "false_positive_rate": (wrong, np.full_like(hits, n - positives)),
    }
    for name, (count, size) in sizes.items():
        with np.errstate(divide="ignore", invalid="ignore"):
            columns[name] = np.where(size > 0, count / size, np.nan)
        columns[f"{name}_low"], columns[f"{name}_high"] = proportion(count, size)
    return columns | {"innocent_flagged_per_46000": FORCE * wrong / n}


def capacities(
    tables: AuditTables, truth: Truth | None, options: RateOptions, *, per_1000: Sequence[float] = CAPACITIES
) -> pd.DataFrame:
    """Return all measures by group of what each detector and baseline selects at each capacity.

    The columns are those of the rates, after `selected_per_1000`.
    """
    parts = []
    for population in tables.populations():
        base = base_groups(population, truth, options)
        for concern in tables.concerns(population, truth):
            labels = population_labels(truth, population, concern, options)
            scores = tables.about(tables.scores, population, concern)
            for capacity in per_1000:
                places = float(round(capacity * len(population.ids) / 1000))
                selections = equal_workload(scores, ids=population.ids, places=places)
                if selections is not None and places:  # of less than one subject there is no rate
                    rows = group_rates(population, concern, base, selections, labels, options)
                    parts.append(rows[rows["basis"] == EQUAL].assign(selected_per_1000=capacity))
    columns = ["selected_per_1000", *COLUMNS]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame({c: [] for c in columns})
