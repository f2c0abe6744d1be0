"""Panels of made-up subjects for the checks that hold for every detector: plain, order and exposure under control."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import pyarrow as pa

from data.arrays import Positions
from data.vocabulary import Concern, SubjectKind
from features.indicator import Indicator, NoExposure
from features.indicators import indicators
from features.table import OK, Cells, FeatureTable
from models.detector import Detector
from models.panel import Panel, build_panel
from models.peers import peer_groups

N = 240
LAST = N - 1


def material(detector: Detector, *, most: int = 4) -> tuple[SubjectKind, Concern, list[Indicator]]:
    """Choose a kind, a concern and a few indicators that a detector reads."""
    for concern in detector.concerns:
        for kind in detector.kinds:
            serving = [i for i in indicators().values() if concern in i.concerns and i.subject == kind]
            read = [i for i in serving if detector.reads(i)]
            if read:
                needed = [i for i in serving if i.name in detector.needs]
                return kind, concern, [*read[:most], *(i for i in needed if i not in read[:most])]
    raise AssertionError(f"no indicator is read by {detector.name}")


def a_panel(
    detector: Detector,
    *,
    n: int = N,
    outstanding: bool = True,
    more: int | None = None,
    seed: int = 12,
) -> Panel:
    """Return a panel of subjects in two roles; the last is outstanding of late; one may have five more of everything.

    Values of longer windows hold those of shorter ones, as they do in records.
    """
    kind, concern, chosen = material(detector)
    rng = np.random.default_rng(seed)
    cells = {}
    for indicator in sorted(chosen, key=lambda i: i.name):
        beside = indicator.name in detector.needs
        cells |= _cells(indicator, rng, n, outstanding=outstanding and not beside, more=None if beside else more)
    for whole in detector.needs:
        cells |= {key: _holding(cells[key], cells.values()) for key in cells if key[0] == whole}
    subjects = pa.table(
        {
            "subject_id": np.arange(1, n + 1),
            "role": np.array(["response", "custody"])[np.arange(n) % 2].tolist(),
            "rank": ["constable"] * n,
            "area_id": pa.array([1] * n, pa.int64()),
            "posted_on": pa.array([date(2020, 1, 1)] * n),
        }
    )
    table = FeatureTable(kind, date(2026, 1, 1), subjects, cells)
    return build_panel(table, peer_groups(subjects, smallest=40), chosen, concern)


def _holding(whole: Cells, parts: Iterable[Cells]) -> Cells:
    """Return what a detector compares parts with, as records have it: never less than any of them."""
    beside = [p.value for p in parts if p.window == whole.window and p is not whole]
    return replace(whole, value=whole.value + np.sum(beside, axis=0))


def _cells(
    indicator: Indicator, rng: np.random.Generator, n: int, *, outstanding: bool, more: int | None
) -> dict[tuple[str, int], Cells]:
    own = rng.gamma(3, 1 / 3, n)
    share = rng.beta(40, 40, n) if indicator.read_by == "scene" else np.clip(own * 0.05, 0, 0.9)
    part = indicator.proportion or indicator.read_by == "pairs"
    value, exposure, cells = np.zeros(n), np.zeros(n), {}
    for number, window in enumerate(sorted(indicator.windows)):
        added = rng.integers(50, 100, n).astype(np.float64)
        got = (rng.binomial(added.astype(int), share) if part else rng.poisson(added * own * 0.05)).astype(np.float64)
        if number == 0 and outstanding:
            got[-1] = added[-1] if part else 10 * got.max() + 10
        if number == 0 and more is not None:
            got[more] += 5
            added[more] += 5 if part else 0
        value, exposure = value + got, exposure + added
        measured = np.full(n, np.nan) if isinstance(indicator.exposure, NoExposure) else exposure
        cells[indicator.name, window] = Cells(
            indicator.name,
            window,
            value,
            measured,
            value.astype(np.int64),
            np.full(n, OK, np.int8),
            np.zeros(n, np.bool_),
        )
    return cells


def turned(view: Panel, order: Positions, *, columns: Sequence[int] | None = None) -> Panel:
    """Return a panel with subjects, and series where asked, in another order."""
    series = view.series if columns is None else tuple(view.series[n] for n in columns)
    return replace(view, series=series).take(order)
