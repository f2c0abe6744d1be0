"""One flag's comparison done again with some of its rows taken away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from audit.flag.cited_rows import RowKey
from audit.flag.rerun import Rerun, feeding, without
from data.errors import UsageError
from data.store import Store
from features.compile.plain_query import evidence_query
from features.engine import compute
from features.table import Cells, FeatureTable
from models.detector import Detector, Fitted
from models.panel import Panel
from pipeline.compare import combine_p_values, compare_panel
from pipeline.detector_scores import detectors_of, panels_of, seed_of
from pipeline.settings import Settings


@dataclass(frozen=True)
class RowWeight:
    """In how many of the values that a flag rests on a row counts, and what makes it like others."""

    weight: int
    alike: tuple[Any, ...]


class FlagComparison:
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
    def fitted(self) -> list[tuple[Detector, Fitted | None, float]]:
        """Each detector, what it has learnt from everybody, and the p-value it gave the subject.

        What is learnt is None for a detector that cannot score one subject alone: its p-value is held.
        """
        learnt = []
        for detector in detectors_of(self.view, self.settings):
            fitted = detector.fit(self.view, seed=seed_of(self.settings, detector, self.view))
            p_value = float(fitted.score(self.view).p_value[self.at])
            learnt.append((detector, fitted if _alone(fitted, self.view, self.at) else None, p_value))
        return learnt

    def counted(self, keys: Sequence[RowKey]) -> dict[RowKey, RowWeight]:
        """Return in which of the concern's values each row counts, and which rows are alike in that."""
        members: dict[RowKey, list[tuple[str, int]]] = {key: [] for key in keys}
        unlike: set[RowKey] = set()
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
        return {key: RowWeight(len(of), (tuple(of), key if key in unlike else key[0])) for key, of in members.items()}

    def clears(self, rows: frozenset[RowKey]) -> bool:
        """Say whether the subject would stay over the cut without these rows, its peers being what they are."""
        view = self._view(self._changed(rows)).take(np.array([self.at]))
        p_values = [held if fitted is None else fitted.score(view).p_value[0] for _, fitted, held in self.fitted]
        combined = combine_p_values(np.array([p_values]), [d for d, _, _ in self.fitted], self.settings)
        return not combined[0] <= self.flag["threshold"]

    def again_without(self, rows: frozenset[RowKey]) -> tuple[bool, int]:
        """Compare everybody again without these rows.

        Returns whether the flag is gone, and how many others of its concern came or went.
        """
        flagged = self._flagged(self._changed(rows))
        before = self._flagged(self.table)
        me = self.flag["subject_id"]
        return me not in flagged, len((flagged ^ before) - {me})

    def _flagged(self, table: FeatureTable) -> set[int]:
        return set(compare_panel(self._view(table), self.settings).selected.tolist())

    def _own(self, rows: frozenset[RowKey]) -> FeatureTable:
        kind, as_of = self.flag["subject_kind"], self.flag["as_of"]
        with without(self.store, rows):
            return compute(self.store, self.indicators, kind=kind, as_of=as_of, sources=self.rerun.sources)

    def _changed(self, rows: frozenset[RowKey]) -> FeatureTable:
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
    selection = rerun.selections[str(flag["as_of"]), flag["subject_kind"], flag["concern"]]
    settings = rerun.settings
    if settings.across_dates.method == "each" or selection["level"] is None:
        return settings
    how = settings.selection[flag["concern"]].model_copy(update={"q": selection["level"]})
    by_concern = {**settings.selection, flag["concern"]: how}
    each = settings.across_dates.model_copy(update={"method": "each"})
    return settings.model_copy(update={"selection": by_concern, "across_dates": each})


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
