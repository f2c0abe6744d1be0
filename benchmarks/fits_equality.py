"""Whether nulls fitted together flag whom nulls fitted one by one by a simplex search flag, in drawn forces.

    python benchmarks/fits_equality.py [--seeds 951-970] [--people 2000]

Each drawn force is run twice: as it stands, and with every null of counts, shares and tails fitted by the simplex
search of Nelder and Mead, a problem at a time, to its own fixed point of truncation. Counted are the subjects whom one
of them flags and the other does not. Beside it, on every problem that came up in the second run, both methods begin
from the same point: `better` and `worse` are the problems in which the loss of Newton's method is lower, or higher, by
more than a part in a million, and `furthest` is by how much it is higher at most.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import numpy as np
from _worlds import write_result
from scipy.optimize import minimize

from data.arrays import Floats, Positions
from data.synthetic.memory_world import MemoryWorld, make_world
from data.synthetic.world import load
from models.nulls.newton import Loss, minimise
from pipeline.settings import load as load_settings
from stress.scenario_run import perform

FITS = ("gamma_poisson", "beta_binomial", "tail_null")
"""The nulls that are fitted many at a time, by the module in which each calls the search."""

SAME = 1e-6
"""Losses this close, next to the larger of one and their own size, are those of the same optimum."""

Flagged = frozenset[tuple[str, str, int]]


@dataclass
class Simplex:
    """Stands in for the search of many problems, and keeps how both methods fared on each."""

    fit: str
    seconds: float = 0.0
    problems: Counter[str] = field(default_factory=Counter)
    furthest: float = 0.0

    def search(self, loss: Loss, start: Floats, low: Floats, high: Floats) -> Floats:
        """Return the points that a simplex search finds, each problem by itself."""
        newton = minimise(loss, start, low, high)
        begun = time.process_time()
        points = np.array([self._by_simplex(loss, at, start[at], low[at], high[at]) for at in range(len(start))])
        self.seconds += time.process_time() - begun
        for at in range(len(start)):
            by_newton, by_simplex = (_value(loss, points_of[at], at) for points_of in (newton, points))
            further = (by_newton - by_simplex) / max(1.0, abs(by_simplex))
            self.problems["worse" if further > SAME else "better" if further < -SAME else "same"] += 1
            self.furthest = max(self.furthest, further)
        return points.reshape(start.shape)

    @staticmethod
    def _by_simplex(loss: Loss, at: int, start: Floats, low: Floats, high: Floats) -> Floats:
        free, point = np.flatnonzero(high > low), start.copy()

        def value(of_free: Floats) -> float:
            point[free] = of_free
            return _value(loss, point, at)

        # A simplex of half a unit: SciPy's own takes hardly a step from a parameter that begins at 0.
        corners = np.clip(
            start[free] + np.vstack([np.zeros(len(free)), 0.5 * np.eye(len(free))]), low[free], high[free]
        )
        optimum = minimize(
            value,
            start[free],
            method="Nelder-Mead",
            bounds=list(zip(low[free], high[free], strict=True)),
            options={"initial_simplex": corners, "xatol": 1e-5, "fatol": 1e-8},
        )
        point[free] = optimum.x
        return point


def _value(loss: Loss, point: Floats, at: int) -> float:
    problem: Positions = np.array([at])
    return float(loss(point[None, :], problem).value[0])


def flagged_in(world: MemoryWorld) -> Flagged:
    """Return who is flagged for what: the kind of subject, the concern and the id."""
    flags = perform(world, settings=load_settings()).trial.flags
    columns = [flags[name].to_pylist() for name in ("subject_kind", "concern", "subject_id")]
    return frozenset(zip(*columns, strict=True))


def compare(seed: int, people: int, searches: Sequence[Simplex]) -> dict[str, Any]:
    """Return how many one way of fitting flags, and whom only one of both does."""
    world = make_world(load("drawn", people=people, seed=seed))
    by_newton = flagged_in(world)
    with ExitStack() as patches:
        for search in searches:
            patches.enter_context(patch(f"models.nulls.{search.fit}.minimise", search.search))
        by_simplex = flagged_in(world)
    return {"seed": seed, "flagged": len(by_newton), "differ": sorted(map(list, by_newton ^ by_simplex))}


def main() -> None:
    """Compare, print and keep."""
    about, _, more = (__doc__ or "").partition("\n")
    parser = argparse.ArgumentParser(description=about, epilog=more, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seeds", default="951-970", help="the forces: first and last (951-970)")
    parser.add_argument("--people", type=int, default=2_000, help="how many people each has (2000)")
    asked = parser.parse_args()
    first, last = map(int, asked.seeds.split("-"))
    searches = [Simplex(fit) for fit in FITS]
    forces = []
    for seed in range(first, last + 1):
        forces.append(compare(seed, asked.people, searches))
        print(forces[-1], flush=True)
    fits = {
        search.fit: {
            **{name: search.problems[name] for name in ("same", "better", "worse")},
            "furthest": float(f"{search.furthest:.3g}"),
            "simplex_seconds": round(search.seconds, 1),
        }
        for search in searches
    }
    write_result("fits_equality", {"people": asked.people, "forces": forces, "fits": fits})


if __name__ == "__main__":
    main()
