"""One flag's comparison done again with some of its rows taken away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from audit.flag.rerun import Rerun, feeding, without
from data.errors import UsageError
from data.store import Store
from features.compile.plain import evidence_query
from features.engine import compute
from features.table import Cells, FeatureTable
from models.detector import Fitted
from models.panel import Panel
from models.selection.fdr import combine
from pipeline.compare import detect_in, detectors_of, panels_of, seed_of
from pipeline.flag import flag_statistical
from pipeline.settings import Settings

Key = tuple[str, int]


@dataclass(frozen=True)
class Counted:
    """In how many of the values that a flag rests on a row counts, and what makes it like others."""

    weight: int
    alike: tuple[Any, ...]


class Comparison:
    """A subject's comparison with peers, repeatable without some of the rows in the store.

    The store holds the rows that a flag cites and nothing else.
    """

    def __init__(self, rerun: Rerun, flag: Mapping[str, Any], store: Store) -> None:
        self.rerun, self.flag, self.store = rerun, flag, store
        self.settings = settings_at(rerun, flag)
        self.table = rerun.table(flag["subject_kind"], flag["as_of"])
        self.at = self.table.ids.tolist().index(flag["subject_id"])
        self.indicators = feeding(self.settings, flag)
        self._first = self._own(frozenset())

    @cached_property
    def view(self) -> Panel:
        """The panel of the flag's concern."""
        return self._view(self.table)

    def _view(self, table: FeatureTable) -> Panel:
        return next(v for v in panels_of(table, self.settings) if v.concern == self.flag["concern"])

    @cached_property
    def fitted(self) -> list[tuple[str, float, Fitted | None, float]]:
        """Each detector's name and weight, what it has learnt from everybody, and the p-value it gave the subject.

        What is learnt is None for a detector that cannot score one subject alone: its p-value is held.
        """
        found = []
        for detector in detectors_of(self.view, self.settings):
            weight = self.settings.combination.weight(detector.family)
            fitted = detector.fit(self.view, seed=seed_of(self.settings, detector, self.view))
            said = fitted.score(self.view).p_value[self.at]
            found.append((detector.name, weight, fitted if _alone(fitted, self.view, self.at) else None, float(said)))
        return found

    def counted(self, keys: Sequence[Key]) -> dict[Key, Counted]:
        """Return in which of the concern's values each row counts, and which rows are alike in that."""
        members: dict[Key, list[tuple[str, int]]] = {key: [] for key in keys}
        unlike: set[Key] = set()
        for indicator in self.indicators:
            for window in indicator.windows:
                if indicator.aggregate == "formula" or (indicator.name, window) not in self.table.cells:
                    continue
                query = evidence_query(indicator, self.flag["as_of"], window, [self.flag["subject_id"]])
                for _, table, row, counts in self.store.rows(query):
                    if counts and (table, row) in members:
                        members[table, row].append((indicator.name, window))
                        if indicator.aggregate != "count":
                            unlike.add((table, row))
        return {key: Counted(len(of), (tuple(of), key if key in unlike else key[0])) for key, of in members.items()}

    def clears(self, rows: frozenset[Key]) -> bool:
        """Say whether the subject would stay over the cut without these rows, its peers being what they are."""
        view = self._view(self._changed(rows)).take(np.array([self.at]))
        p_values, weights = [], []
        for _, weight, fitted, held in self.fitted:
            p_values.append(held if fitted is None else float(fitted.score(view).p_value[0]))
            weights.append(weight)
        method = self.settings.combination.method
        combined = combine(np.array([p_values]), method=method, weights=weights)[0]
        return not combined <= self.flag["threshold"]

    def again_without(self, rows: frozenset[Key]) -> tuple[bool, int]:
        """Compare everybody again without these rows.

        Returns whether the flag is gone, and how many others of its concern came or went.
        """
        flagged = self._flagged(self._changed(rows))
        before = self._flagged(self.table)
        me = self.flag["subject_id"]
        return me not in flagged, len((flagged ^ before) - {me})

    def _flagged(self, table: FeatureTable) -> set[int]:
        detected = detect_in(self._view(table), self.settings)
        flags, _ = flag_statistical(detected, self.settings, self.settings.in_force)
        return {f.subject_id for f in flags}

    def _own(self, rows: frozenset[Key]) -> FeatureTable:
        kind, as_of = self.flag["subject_kind"], self.flag["as_of"]
        with without(self.store, rows):
            return compute(self.store, self.indicators, kind=kind, as_of=as_of, sources=self.rerun.sources)

    def _changed(self, rows: frozenset[Key]) -> FeatureTable:
        """Return everybody's values with the subject's as they would be without these rows."""
        own = self._own(rows)
        at, before = (t.ids.tolist().index(self.flag["subject_id"]) for t in (own, self._first))
        cells = dict(self.table.cells)
        for key, mine in own.cells.items():
            if not _same(mine, at, self._first.cells[key], before):
                cells[key] = _with(cells[key], self.at, mine, at)
        return replace(self.table, cells=cells)


def settings_at(rerun: Rerun, flag: Mapping[str, Any]) -> Settings:
    """Return a run's settings with the level that its dates left to the flag's own date, which then stands alone."""
    outcomes = rerun.outcomes
    outcome = outcomes[str(flag["as_of"]), flag["subject_kind"], flag["concern"]]
    settings = rerun.settings
    if settings.across_dates.method == "each" or outcome["level"] is None:
        return settings
    how = settings.selection[flag["concern"]].model_copy(update={"q": outcome["level"]})
    selection = {**settings.selection, flag["concern"]: how}
    each = settings.across_dates.model_copy(update={"method": "each"})
    return settings.model_copy(update={"selection": selection, "across_dates": each})


def _alone(fitted: Fitted, view: Panel, at: int) -> bool:
    try:
        fitted.score(view.take(np.array([at])))
    except UsageError:
        return False
    return True


def _same(one: Cells, at: int, other: Cells, there: int) -> bool:
    pairs = [(one.value, other.value), (one.exposure, other.exposure), (one.n_rows, other.n_rows)]
    same = all(np.array_equal(a[at], b[there], equal_nan=True) for a, b in pairs)
    return same and bool(one.status[at] == other.status[there])


def _with(cells: Cells, at: int, mine: Cells, there: int) -> Cells:
    """Return everybody's cells with one subject's replaced."""
    changed = {}
    for name in ("value", "exposure", "n_rows", "status"):
        changed[name] = getattr(cells, name).copy()
        changed[name][at] = getattr(mine, name)[there]
    return replace(cells, **changed)
