"""Where a subject lies among peers: a histogram of what each peer shows, over the subject's own exposure."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd

from data.arrays import Floats
from dossier.material import Material, contributions_of

BINS: Final = 24
"""How many bars a histogram has at most; counts up to this get a bar each."""


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
    def _contradicted_days(self) -> dict[Any, Floats]:
        of_rules = self.material.scores[self.material.scores["family"] == "contradiction"]
        return {
            key: np.array(
                [part["hit_days"] for text in rows["contributions"] for part in contributions_of(text)], float
            )
            for key, rows in of_rules.groupby(["as_of", "detector"], sort=False)
        }

    def of_rule(self, flag: dict[str, Any], rule: str) -> list[list[float]]:
        """Return the histogram of the contradicted days of everybody who made a claim."""
        days = self._contradicted_days.get((flag["as_of"], rule))
        return [] if days is None else histogram(days)

    def of_indicator(self, flag: dict[str, Any], score: dict[str, Any], part: dict[str, Any]) -> list[list[float]]:
        """Return the histogram of what peers would show at the subject's exposure; empty where nobody has a value."""
        key = (flag["subject_kind"], flag["as_of"], part["indicator"], part["window_days"])
        values = self._values.get(key)
        members = self._members.get((flag["subject_kind"], flag["as_of"], score["peer_group"]))
        if values is None or members is None:
            return []
        peers = values[values["subject_id"].isin(members) & (values["subject_id"] != flag["subject_id"])]
        observed = peers["value"].to_numpy(dtype=np.float64)
        if part.get("exposure"):
            exposure = peers["exposure"].to_numpy(dtype=np.float64)
            with np.errstate(divide="ignore", invalid="ignore"):
                observed = observed / exposure * part["exposure"]
        return histogram(observed[np.isfinite(observed)])


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
