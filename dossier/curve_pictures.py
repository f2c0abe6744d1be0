"""Pictures of how often a method's list is right, by how many on it are looked at."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd

from audit.rates.sweeps import CAPACITIES
from dossier.pictures import Picture, PictureRow, known

_AT: Final = 20.0
"""So many of a thousand are looked at where methods are compared to choose which are drawn."""

_DETECTORS: Final = 3
"""So many detectors are drawn, those that are right most often there, beside the best baseline."""


def curve_pictures(curves: pd.DataFrame) -> tuple[Picture, ...]:
    """Return a picture for each concern of officers as of the latest date: precision over the length of the list."""
    own = curves[(curves["as_of"] == curves["as_of"].max()) & (curves["subject_kind"] == "officer")]
    own = own[(own["over"] == "score") & own["precision"].notna()]
    return tuple(_picture(concern, part) for concern, part in own.groupby("concern", sort=True))


def _picture(concern: str, curves: pd.DataFrame) -> Picture:
    by_method = {
        (str(scope), str(name)): _at_capacities(part) for (scope, name), part in curves.groupby(["scope", "name"])
    }
    rows = [row for scope, name in _shown(by_method) for row in _rows(f"{name} ({scope})", by_method[scope, name])]
    return Picture(
        f"{concern}: how often the first of a list are right",
        "Of the first so many people on each method's list, the share with a concern. Drawn are the detectors that do"
        f" best among the first {_AT:g} of 1,000, and the best baseline: on this run, which flatters the best.",
        "precision",
        tuple(rows),
        chart="curves",
    )


def _at_capacities(curve: pd.DataFrame) -> pd.DataFrame:
    """Return the longest list within each capacity; equal scores stand or fall together, so that some are shorter."""
    ascending = curve.sort_values("selected")
    at = np.searchsorted(ascending["selected_per_1000"].to_numpy(), np.array(CAPACITIES) + 1e-9, side="right") - 1
    return ascending.iloc[np.unique(at[at >= 0])]


def _shown(by_method: dict[tuple[str, str], pd.DataFrame]) -> Iterator[tuple[str, str]]:
    """Yield the best detectors and the best baseline, by how many are right among the first `_AT`."""

    def precision(method: tuple[str, str]) -> float:
        rows = by_method[method]
        within = rows[rows["selected_per_1000"] <= _AT + 1e-9]
        return float(within["precision"].iloc[-1]) if len(within) else 0.0

    ranked = sorted(by_method, key=lambda method: (-precision(method), method))
    yield from [method for method in ranked if method[0] == "detector"][:_DETECTORS]
    yield from [method for method in ranked if method[0] != "detector"][:1]


def _rows(label: str, curve: pd.DataFrame) -> Iterator[PictureRow]:
    for row in curve.to_dict("records"):
        precision, low, high = (known(row[name]) for name in ("precision", "precision_low", "precision_high"))
        yield label.replace("_", " "), precision, low, high, float(row["hits"]), float(row["selected"])
