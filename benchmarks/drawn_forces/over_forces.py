"""What is said over forces: means with their standard errors, shares with their intervals, rows with their force."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import beta

Force = dict[str, Any]
"""What was measured in one force, with its world and seed."""


def mean_over_forces(values: list[float]) -> tuple[float, float]:
    """Return the mean over forces and its standard error."""
    spread = float(np.std(values, ddof=1)) if len(values) > 1 else float("nan")
    return float(np.mean(values)), spread / np.sqrt(max(len(values), 1))


def share_interval(count: int, n: int) -> tuple[float, float]:
    """Return the 95% interval of a share (Clopper and Pearson 1934)."""
    low = float(beta.ppf(0.025, count, n - count + 1)) if count else 0.0
    high = float(beta.ppf(0.975, count + 1, n - count)) if count < n else 1.0
    return low, high


def table_of(forces: list[Force], name: str) -> pd.DataFrame:
    """Return the rows of one name of all forces, each with the seed of its force."""
    return pd.DataFrame([{**row, "force": force["seed"]} for force in forces for row in force[name]])


def interval_of_ratio(above: list[float], below: list[float], *, draws: np.random.Generator) -> tuple[float, float]:
    """Return the 95% interval of a ratio of sums over forces, by drawing forces again (Efron 1979).

    `above` and `below` hold what each force adds to either sum; forces are drawn whole, so that what is alike within
    one does not narrow the interval.
    """
    pairs = np.array([above, below])
    drawn = draws.integers(0, pairs.shape[1], (2000, pairs.shape[1]))
    sums = pairs[:, drawn].sum(axis=2)
    # A draw of forces in which the second never has anything says no more than that the ratio may be of any height.
    ratios = np.divide(sums[0], sums[1], out=np.full(len(drawn), np.inf), where=sums[1] > 0)
    low, high = np.quantile(ratios, [0.025, 0.975], method="inverted_cdf")
    return float(low), float(high)
