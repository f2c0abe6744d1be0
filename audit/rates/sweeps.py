"""Sweeps: how every rate moves as a cut or a capacity does, because where one stops decides what one finds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from audit.rates.intervals import EXACT, proportion
from audit.rates.measures import COLUMNS, FORCE, Options
from audit.rates.positives import Judged
from audit.rates.rates import Present, Tables, base_groups, judged, measured, occasions
from audit.rates.selections import BASELINE, EQUAL, equal_workload, ranking
from audit.rates.truth_tables import Truth
from data.arrays import Floats

CAPACITIES: Final = (1.0, 2.0, 5.0, 10.0, 15.0, 20.0, 30.0, 50.0, 100.0, 200.0)
"""The capacities, in subjects of a thousand, at which groups are compared."""

CURVE: Final = (
    *("as_of", "subject_kind", "concern", "scope", "name", "over", "threshold", "selected", "selected_per_1000"),
    *("hits", "wrong", "precision", "precision_low", "precision_high", "recall", "recall_low", "recall_high"),
    *("false_positive_rate", "false_positive_rate_low", "false_positive_rate_high", "innocent_flagged_per_46000"),
    "interval",
)
"""The columns of a table of curves."""


def curves(tables: Tables, truth: Truth | None, options: Options) -> pd.DataFrame:
    """Return, for each detector and baseline, every point of its curve: a row for each cut that selects more.

    All who tie are selected together, so a curve has as many points as there are distinct scores. `over` is `score`, or
    `p_value` where a detector gives any. Without truth only `selected` is known.
    """
    parts = [
        _curve(said, here, concern, told, over)
        for here, concern, told in _each(tables, truth, options)
        for _, said in tables.about(tables.scores, here, concern).groupby("detector", sort=True)
        for over in ("score", "p_value")
        if over == "score" or said["p_value"].notna().any()
    ]
    return pd.concat(parts, ignore_index=True)[list(CURVE)] if parts else pd.DataFrame({c: [] for c in CURVE})


def _each(tables: Tables, truth: Truth | None, options: Options) -> list[tuple[Present, str, Judged | None]]:
    found = []
    for kind, as_of in occasions(tables):
        here = tables.at(kind, as_of)
        found += [(here, c, judged(truth, here, c, options)) for c in tables.concerns(kind, as_of, truth)]
    return found


def _curve(said: pd.DataFrame, here: Present, concern: str, told: Judged | None, over: str) -> pd.DataFrame:
    rank = ranking(said if over == "score" else _by_p_value(said), ids=here.ids)
    order = np.argsort(-rank, kind="stable")
    order = order[rank[order] > -np.inf]
    last = np.flatnonzero(np.append(np.diff(rank[order]) != 0, True)) if len(order) else np.zeros(0, dtype=np.intp)
    selected = (last + 1).astype(np.float64)
    n = float(len(here.ids))
    columns: dict[str, Any] = {
        "as_of": here.as_of,
        "subject_kind": here.kind,
        "concern": concern,
        "scope": BASELINE if said["family"].iloc[0] == BASELINE else "detector",
        "name": str(said["detector"].iloc[0]),
        "over": over,
        "threshold": (1.0 if over == "score" else -1.0) * rank[order][last],
        "selected": selected,
        "selected_per_1000": 1000.0 * selected / n,
        **_judged_points(None if told is None else told.positive, order, last, selected),
        "interval": EXACT,
    }
    return pd.DataFrame(columns)


def _by_p_value(said: pd.DataFrame) -> pd.DataFrame:
    return said.assign(score=-pd.to_numeric(said["p_value"]).to_numpy(dtype=np.float64))


def _judged_points(
    positive: npt.NDArray[np.bool_] | None, order: npt.NDArray[np.intp], last: npt.NDArray[np.intp], selected: Floats
) -> dict[str, Floats]:
    nothing = np.full(len(selected), np.nan)
    if positive is None:
        return dict.fromkeys(CURVE[9:-1], nothing)
    hits = np.cumsum(positive[order])[last].astype(np.float64) if len(order) else nothing
    wrong = selected - hits
    n, true = float(len(positive)), float(positive.sum())
    found = {"hits": hits, "wrong": wrong}
    sizes = {
        "precision": (hits, selected),
        "recall": (hits, np.full_like(hits, true)),
        "false_positive_rate": (wrong, np.full_like(hits, n - true)),
    }
    for name, (count, size) in sizes.items():
        with np.errstate(divide="ignore", invalid="ignore"):
            found[name] = np.where(size > 0, count / size, np.nan)
        found[f"{name}_low"], found[f"{name}_high"] = proportion(count, size)
    return found | {"innocent_flagged_per_46000": FORCE * wrong / n}


def capacities(
    tables: Tables, truth: Truth | None, options: Options, *, per_1000: Sequence[float] = CAPACITIES
) -> pd.DataFrame:
    """Return all measures by group of what each detector and baseline selects at each of some capacities.

    The columns are those of the rates, after `selected_per_1000`.
    """
    parts = []
    for kind, as_of in occasions(tables):
        here = tables.at(kind, as_of)
        base = base_groups(here, truth, options)
        for concern in tables.concerns(kind, as_of, truth):
            told = judged(truth, here, concern, options)
            scores = tables.about(tables.scores, here, concern)
            for capacity in per_1000:
                chosen = equal_workload(scores, ids=here.ids, places=float(round(capacity * len(here.ids) / 1000)))
                if chosen is not None:
                    rows = measured(here, concern, base, chosen, told, options)
                    parts.append(rows[rows["basis"] == EQUAL].assign(selected_per_1000=capacity))
    columns = ["selected_per_1000", *COLUMNS]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame({c: [] for c in columns})
