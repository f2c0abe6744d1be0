"""Where a subject lies among peers: a histogram of what each peer shows, over the subject's own exposure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd

from data.arrays import Floats, Integers
from dossier.material import Material, contributions_of

BINS: Final = 24
"""How many bars a histogram has at most; counts up to this get a bar each."""


@dataclass(frozen=True)
class _GroupValues:
    """What the subjects of one peer group show on one indicator, aligned."""

    subjects: Integers
    observed: Floats
    exposures: Floats


@dataclass(frozen=True)
class PeerValues:
    """The values of one run by indicator, window, as-of date and subject, ready to be looked up."""

    material: Material

    @cached_property
    def _values(self) -> dict[Any, pd.DataFrame]:
        keys = ["subject_kind", "as_of", "indicator", "window_days"]
        return dict(iter(self.material.features.groupby(keys, sort=False)))

    @cached_property
    def _members(self) -> dict[Any, pd.Series[int]]:
        scores = self.material.scores[["subject_kind", "as_of", "peer_group", "subject_id"]].drop_duplicates()
        return dict(iter(scores.groupby(["subject_kind", "as_of", "peer_group"], sort=False)["subject_id"]))

    @cached_property
    def _groups(self) -> dict[tuple[Any, ...], _GroupValues | None]:
        return {}

    def _group(self, key: tuple[Any, ...], peer_group: str) -> _GroupValues | None:
        """Return the values of a peer group, kept for the next flag of the same group."""
        if (*key, peer_group) not in self._groups:
            values = self._values.get(key)
            members = self._members.get((*key[:2], peer_group))
            of_group = None
            if values is not None and members is not None:
                of_group = _group_values(values[values["subject_id"].isin(members)])
            self._groups[*key, peer_group] = of_group
        return self._groups[*key, peer_group]

    @cached_property
    def _contradicted_days(self) -> dict[Any, list[list[float]]]:
        of_rules = self.material.scores[self.material.scores["family"] == "contradiction"]
        return {
            key: histogram(
                np.array([part["hit_days"] for text in rows["contributions"] for part in contributions_of(text)], float)
            )
            for key, rows in of_rules.groupby(["as_of", "detector"], sort=False)
        }

    def of_rule(self, flag: dict[str, Any], rule: str) -> list[list[float]]:
        """Return the histogram of the contradicted days of everybody who made a claim."""
        return self._contradicted_days.get((flag["as_of"], rule), [])

    def of_indicator(self, flag: dict[str, Any], score: dict[str, Any], part: dict[str, Any]) -> list[list[float]]:
        """Return the histogram of what peers would show at the subject's exposure; empty where nobody has a value."""
        key = (flag["subject_kind"], flag["as_of"], part["indicator"], part["window_days"])
        group = self._group(key, score["peer_group"])
        if group is None:
            return []
        others = group.subjects != flag["subject_id"]
        observed = group.observed[others]
        if part.get("exposure"):
            with np.errstate(divide="ignore", invalid="ignore"):
                observed = observed / group.exposures[others] * part["exposure"]
        return histogram(observed[np.isfinite(observed)])


def _group_values(peers: pd.DataFrame) -> _GroupValues:
    return _GroupValues(
        peers["subject_id"].to_numpy(),
        peers["value"].to_numpy(dtype=np.float64),
        peers["exposure"].to_numpy(dtype=np.float64),
    )


def histogram(values: Floats) -> list[list[float]]:
    """Return the bars of a histogram: from, to, and how many values lie there; bars without any are left out.

    Whole numbers up to `BINS` get a bar each, everything else `BINS` bars of one width.

    Example:
        >>> histogram(np.array([0.0, 0.0, 2.0]))
        [[0.0, 1.0, 2], [2.0, 3.0, 1]]
    """
    if not len(values):
        return []
    low, high = min(0.0, float(values.min())), float(values.max())
    whole = bool(np.all(values == np.round(values)))
    width = 1.0 if whole and high - low < BINS else float(np.ceil((high - low) / BINS * 1000) / 1000) or 1.0
    edges = low + width * np.arange(int((high - low) // width) + 2)
    counts, _ = np.histogram(values, bins=edges)
    # Rounded for the page only: nothing is decided by these numbers.
    return [[round(float(edges[n]), 3), round(float(edges[n + 1]), 3), int(counts[n])] for n in np.flatnonzero(counts)]
