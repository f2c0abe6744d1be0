"""One flag's comparison done again with some of its rows taken away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

import numpy as np

from audit.flag.cited_rows import RowKey
from audit.flag.rerun import Rerun, feeding, without
from data.errors import UsageError
from data.store import Store
from features.compile.plain_query import evidence_query
from features.engine import compute
from features.indicator import Indicator
from features.table import Cells, FeatureTable
from models.detector import Detector, Fitted
from models.panel import Panel
from pipeline.compare import combine_p_values, compare_panel
from pipeline.detector_scores import DetectorScores, detectors_of, panels_of, seed_of
from pipeline.settings import Settings

PLACING: Final = frozenset({"officer", "posting", "unit"})
"""The tables that say who is in service, and among which peers."""


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
        self._unchanged = self._own(frozenset(), self.indicators)

    @cached_property
    def panel(self) -> Panel:
        """The panel of the flag's concern."""
        return next(p for p in panels_of(self.table, self.settings) if p.concern == self.flag["concern"])

    @cached_property
    def fitted(self) -> list[tuple[Detector, Fitted]]:
        """Each detector with what it has learnt from everybody."""
        detectors = detectors_of(self.panel, self.settings)
        return [(d, d.fit(self.panel, seed=seed_of(self.settings, d, self.panel))) for d in detectors]

    @cached_property
    def scores(self) -> list[DetectorScores]:
        """The scores of everybody as the run had them."""
        return [DetectorScores(d, self.panel, fitted.score(self.panel)) for d, fitted in self.fitted]

    @cached_property
    def _one_by_one(self) -> list[tuple[Detector, Fitted | None, float]]:
        """Each detector, what it has learnt, and the p-value it gave the subject.

        What is learnt is None for a detector that cannot score one subject alone: its p-value is held.
        """
        return [
            (detector, fitted if _scores_one(fitted, self.panel, self.at) else None, float(s.scores.p_value[self.at]))
            for (detector, fitted), s in zip(self.fitted, self.scores, strict=True)
        ]

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
                        if indicator.aggregate != "count" or indicator.independent:
                            unlike.add((table, row))
        return {key: RowWeight(len(of), (tuple(of), key if key in unlike else key[0])) for key, of in members.items()}

    def clears(self, rows: frozenset[RowKey]) -> bool:
        """Say whether the subject would stay over the cut without these rows, its peers being what they are."""
        changed = self._changed(rows)
        alone = self.panel.take(np.array([self.at]))
        series = [replace(s, cells=_take(changed[s.key], self.at)) if s.key in changed else s for s in alone.series]
        alone = replace(alone, series=tuple(series))
        p_values = [held if fitted is None else fitted.score(alone).p_value[0] for _, fitted, held in self._one_by_one]
        combined = combine_p_values(np.array([p_values]), [d for d, _ in self.fitted], self.settings)
        return not combined[0] <= self.flag["threshold"]

    def again_without(self, rows: frozenset[RowKey]) -> tuple[bool, int]:
        """Compare everybody again without these rows.

        Returns whether the flag is gone, and how many others of its concern came or went.
        """
        changed = self._changed(rows)
        series = [replace(s, cells=changed.get(s.key, s.cells)) for s in self.panel.series]
        flagged = set(compare_panel(replace(self.panel, series=tuple(series)), self.settings).selected.tolist())
        subject = self.flag["subject_id"]
        return subject not in flagged, len((flagged ^ self._flagged) - {subject})

    @cached_property
    def _flagged(self) -> set[int]:
        return set(compare_panel(self.panel, self.settings, scores=self.scores).selected.tolist())

    def _own(self, rows: frozenset[RowKey], indicators: list[Indicator]) -> FeatureTable:
        """Return the values of indicators from the cited rows alone, without some of them."""
        kind, as_of = self.flag["subject_kind"], self.flag["as_of"]
        with without(self.store, rows):
            return compute(self.store, indicators, kind=kind, as_of=as_of, sources=self.rerun.sources)

    def _changed(self, rows: frozenset[RowKey]) -> dict[tuple[str, int], Cells]:
        """Return the cells of everybody that differ in the subject without these rows."""
        own = self._own(rows, reading(self.indicators, {table for table, _ in rows}))
        at, before = (t.ids.tolist().index(self.flag["subject_id"]) for t in (own, self._unchanged))
        return {
            key: _with(self.table.cells[key], self.at, cells, at)
            for key, cells in own.cells.items()
            if not _same(cells, at, self._unchanged.cells[key], before)
        }


def reading(indicators: Sequence[Indicator], tables: set[str]) -> list[Indicator]:
    """Return the indicators whose values may differ when rows of some tables do, with their exposures.

    All of them where the tables say who is in service.
    """
    if tables & PLACING:
        return list(indicators)
    direct = {i.name for i in indicators if set(i.tables) & tables}
    affected = direct | {i.name for i in indicators if i.exposure in direct}
    exposures = {i.exposure for i in indicators if i.name in affected}
    return [i for i in indicators if i.name in affected or i.name in exposures]


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


def _scores_one(fitted: Fitted, panel: Panel, at: int) -> bool:
    try:
        fitted.score(panel.take(np.array([at])))
    except UsageError:
        return False
    return True


def _same(one: Cells, at: int, other: Cells, there: int) -> bool:
    pairs = [(one.value, other.value), (one.exposure, other.exposure), (one.n_rows, other.n_rows)]
    same = all(np.array_equal(a[at], b[there], equal_nan=True) for a, b in pairs)
    return same and bool(one.status[at] == other.status[there])


def _take(cells: Cells, at: int) -> Cells:
    """Return one subject's cells."""
    values = {name: getattr(cells, name)[at : at + 1] for name in ("value", "exposure", "n_rows", "status")}
    return replace(cells, **values, partial=None if cells.partial is None else cells.partial[at : at + 1])


def _with(cells: Cells, at: int, mine: Cells, there: int) -> Cells:
    """Return everybody's cells with one subject's replaced."""
    changed = {}
    for name in ("value", "exposure", "n_rows", "status"):
        changed[name] = getattr(cells, name).copy()
        changed[name][at] = getattr(mine, name)[there]
    return replace(cells, **changed)
