"""The priors that a force takes its settings from (`priors.toml`), and the draws of one force.

Every draw has a stream of its own, named after what is drawn: adding a prior, or a nuisance, moves no other draw.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from math import exp, log
from pathlib import Path
from statistics import NormalDist
from typing import Any, Literal

from data.contract import CONTRACT
from data.random import generator

WORK = ("complaints", "force", "lookups", "overtime", "searches")
"""Kinds of work of which roles have more in one force than in another."""

UNFORGOTTEN = ("booking", "external_register", "incident", "site_entry", "system_access")
"""Kinds of record that are never forgotten for weeks: machines keep them, or they are late by their nature."""


@dataclass(frozen=True, kw_only=True)
class Prior:
    """One prior: a distribution between two bounds, what it is about, and why it is what it is.

    A log-normal has a `median` and a `spread` (the standard deviation of the logarithm) and is cut at the bounds; the
    uniform and the log-uniform have the bounds alone. `grade` is that of `figures.toml`.
    """

    name: str
    distribution: Literal["lognormal", "uniform", "loguniform"]
    low: float
    high: float
    unit: str
    reason: str
    grade: Literal["A", "B", "C", "K"]
    median: float = 1.0
    spread: float = 0.5

    def quantile(self, level: float) -> float:
        """Return the value below which a share `level` of draws lies.

        Example:
            >>> Prior(name="x", distribution="uniform", low=1, high=3, unit="", reason="", grade="K").quantile(0.5)
            2.0
        """
        if self.distribution == "uniform":
            return self.low + level * (self.high - self.low)
        if self.distribution == "loguniform":
            return float(self.low * (self.high / self.low) ** level)
        value = exp(log(self.median) + self.spread * NormalDist().inv_cdf(level))
        return min(max(value, self.low), self.high)


@cache
def priors() -> Mapping[str, Prior]:
    """Return every prior by name, `group/name`."""
    groups: dict[str, dict[str, dict[str, Any]]] = tomllib.loads(
        Path(__file__).with_name("priors.toml").read_text("utf-8")
    )
    return {
        f"{group}/{name}": Prior(name=f"{group}/{name}", **entry)
        for group, entries in groups.items()
        for name, entry in entries.items()
    }


def draw(prior: str, seed: int | None, *key: str) -> float:
    """Return the draw of a prior for one force, to six significant digits; without a seed, the median.

    `key` tells apart things that share a prior, such as the spread of one nuisance from that of another.
    """
    # A stream's first number lies in [0, 1): the normal quantile needs the open interval.
    level = 0.5 if seed is None else max(float(generator(seed, "prior", prior, *key).random()), 1e-9)
    return float(f"{priors()[prior].quantile(level):.6g}")


def draws(seed: int | None) -> dict[str, float]:
    """Return everything that is drawn once for a force, by name, and what is drawn for each thing of a kind.

    These are how people differ in each nuisance (`spread`), how much each role does of some kinds of work (`work`),
    and which share of each kind of record comes late (`late`).

    Example:
        >>> 0.3 <= draws(7)["drift/forgetting"] <= 0.4
        True
    """
    single = {name: draw(name, seed) for name in priors() if not name.startswith("each/")}
    spreads = {f"spread/{name}": draw("each/spread", seed, name) for name in _named("rate")}
    late = {f"late/{name}": draw("each/late_share", seed, name) for name in _named("lag") if name not in UNFORGOTTEN}
    roles = CONTRACT["posting"].column["role"].values
    work = {f"work/{kind}/{role}": draw("each/role_work", seed, kind, role) for kind in WORK for role in roles}
    return dict(sorted((single | spreads | late | work).items()))


def _named(group: str) -> list[str]:
    """Return what the priors of a group are about."""
    return [name.partition("/")[2] for name in priors() if name.startswith(f"{group}/")]
