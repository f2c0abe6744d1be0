"""Selections: what was flagged, and what each detector and baseline would select at an equal workload."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from audit.rates.truth_tables import texts
from data.arrays import Floats, Ids, Integers

BASELINE: Final = "baseline"
"""The family, in scores, of the usual methods that run beside the detectors for comparison."""

FLAGGED: Final = "flagged"
"""The basis of rates of what was flagged."""

EQUAL: Final = "equal_workload"
"""The basis of rates of the most unusual by one detector's scores, as many as were flagged in all."""


@dataclass(frozen=True)
class Selections:
    """Selections of the same subjects: `weight` has a row for each subject and a column for each selection.

    A weight is 1 for the selected, 0 for others. Where several tie at a cut each has the share of them that there is
    room for: what a random order among them would give on average. `tied` counts them, 0 where nobody ties.
    """

    basis: tuple[str, ...]
    scope: tuple[str, ...]
    name: tuple[str, ...]
    weight: Floats
    tied: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.name)

    def __add__(self, other: Selections) -> Selections:
        return Selections(
            self.basis + other.basis,
            self.scope + other.scope,
            self.name + other.name,
            np.hstack([self.weight, other.weight]),
            self.tied + other.tied,
        )


def positions(ids: Ids, wanted: Ids) -> Integers:
    """Return where each wanted id stands among `ids`, which ascend; -1 where it does not."""
    if not len(ids):
        return np.full(len(wanted), -1)
    at = np.minimum(np.searchsorted(ids, wanted), len(ids) - 1)
    return np.where(ids[at] == wanted, at, -1)


def flagged(flags: pd.DataFrame, *, ids: Ids, families: Sequence[str], detectors: Sequence[str]) -> Selections:
    """Return what was flagged, in all, by each family and by each detector; a subject counts once in each.

    `flags` has subject_id, family and detectors (a list each). Families and detectors that flagged nobody are there
    with nobody.
    """
    at = positions(ids, flags["subject_id"].to_numpy(dtype=np.int64))
    family = texts(flags["family"])
    by = [set(d) for d in flags["detectors"].tolist()]
    scopes: list[tuple[str, str]] = [("all", "all")]
    columns = [np.ones(len(flags), dtype=np.bool_)]
    for name in families:
        scopes.append(("family", name))
        columns.append(family == name)
    for name in detectors:
        scopes.append(("detector", name))
        columns.append(np.array([name in d for d in by], dtype=np.bool_))
    weight = np.zeros((len(ids), len(scopes)))
    for column, in_scope in enumerate(columns):
        weight[at[in_scope & (at >= 0)], column] = 1.0
    scope, names = zip(*scopes, strict=True)
    return Selections((FLAGGED,) * len(scopes), scope, names, weight, (0,) * len(scopes))


def ranking(scores: pd.DataFrame, *, ids: Ids) -> Floats:
    """Return one detector's scores aligned to `ids`, -inf for those whom it could not select.

    These are the subjects it says nothing of: without a score, without a p-value where it gives any, and, for a rule,
    without a contradiction.
    """
    score = scores["score"].to_numpy(dtype=np.float64).copy()
    p_value = pd.to_numeric(scores["p_value"]).to_numpy(dtype=np.float64)
    if not np.isnan(p_value).all():
        score[np.isnan(p_value)] = -np.inf
    if len(scores) and scores["family"].iloc[0] == "contradiction":
        score[score <= 0] = -np.inf
    aligned = np.full(len(ids), -np.inf)
    at = positions(ids, scores["subject_id"].to_numpy(dtype=np.int64))
    aligned[at[at >= 0]] = np.where(np.isnan(score), -np.inf, score)[at >= 0]
    return aligned


def strongest(rank: Floats, places: float) -> tuple[Floats, int]:
    """Return the weight of each subject when the `places` strongest are selected, and how many tie at the cut.

    Example:
        >>> weight, tied = strongest(np.array([3.0, 1.0, 1.0, -np.inf]), 2)
        >>> weight.tolist(), tied
        ([1.0, 0.5, 0.5, 0.0], 2)
    """
    weight = np.zeros(len(rank))
    usable = np.flatnonzero(rank > -np.inf)
    if places <= 0 or not len(usable):
        return weight, 0
    if places >= len(usable):
        weight[usable] = 1.0
        return weight, 0
    cut = -np.sort(-rank[usable])[int(np.ceil(places)) - 1]
    above, at = rank > cut, rank == cut
    room, tied = places - float(above.sum()), int(at.sum())
    weight[above] = 1.0
    # The rest of the places are shared evenly, so that no order among those who tie decides a rate.
    weight[at] = room / tied
    return weight, tied if room < tied else 0


def equal_workload(scores: pd.DataFrame, *, ids: Ids, places: float) -> Selections | None:
    """Return what each detector and baseline would select if it might select `places` subjects; None without any."""
    parts: list[tuple[str, str, Floats, int]] = []
    for name, own in scores.groupby("detector", sort=True):
        weight, tied = strongest(ranking(own, ids=ids), places)
        scope = BASELINE if own["family"].iloc[0] == BASELINE else "detector"
        parts.append((scope, str(name), weight, tied))
    if not parts:
        return None
    parts.sort(key=lambda p: (p[0] == BASELINE, p[1]))
    scopes, names, weights, ties = zip(*parts, strict=True)
    return Selections((EQUAL,) * len(parts), scopes, names, np.column_stack(weights), ties)
