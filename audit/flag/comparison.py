"""One flag's comparison done again with some of its rows taken away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

import numpy as np

from audit.flag.cited_rows import RowKey
from audit.flag.fewer_rows import FewerRows, RowSet
from audit.flag.rerun import CitedRowStore, Rerun, feeding, without
from data.arrays import Floats
from data.errors import UsageError
from features.compile.plain_query import evidence_query
from features.covered import windows_covered
from features.engine import compute
from features.indicator import Indicator
from features.table import Cells, FeatureTable
from models.detector import Detector, Fitted
from models.panel import Panel
from models.selection.fdr import decisive_sources
from pipeline.compare import combine_p_values, compare_panel
from pipeline.detector_scores import detectors_of
from pipeline.settings import Settings

SubjectCells = Mapping[tuple[str, int], Cells]
"""Cells of one subject, by indicator and window."""

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

    def __init__(self, rerun: Rerun, flag: Mapping[str, Any], rows: CitedRowStore) -> None:
        self.rerun, self.flag, self.store = rerun, flag, rows.store
        self._fewer = FewerRows(rerun, flag, rows)
        self._foreseen: dict[RowSet, SubjectCells] = {}
        self._before: dict[str, SubjectCells] = {}
        self.settings = settings_at(rerun, flag)
        self.indicators = feeding(self.settings, flag)
        self.table = rerun.table(flag["subject_kind"], flag["as_of"], [i.name for i in self.indicators])
        self.panel = rerun.panel(flag)
        self.at = self.table.ids.tolist().index(flag["subject_id"])

    @cached_property
    def detectors(self) -> list[Detector]:
        """The detectors that take part in the selection and have something to say of the panel."""
        chosen = detectors_of(self.panel, self.settings)
        return [d for d in chosen if self.settings.takes_part(d, self.panel.concern)]

    @cached_property
    def _written(self) -> dict[str, Floats]:
        """What the run wrote down of everybody's p-values, by detector, in the panel's order."""
        written = self.rerun.written_p_values(self.flag)
        return {
            name: p_values[np.searchsorted(ids, self.panel.ids)]
            for name, (ids, p_values) in written.items()
            if np.isin(self.panel.ids, ids).all()
        }

    @cached_property
    def _start(self) -> Floats:
        """What each detector said of the subject before any row was taken away."""
        return np.array([self._p_values(detector, self.panel, frozenset())[self.at] for detector in self.detectors])

    @cached_property
    def _over_cut(self) -> list[tuple[int, Fitted]]:
        """The detectors that put the subject over the cut, by position, with what they have learnt from everybody.

        Those that cannot score one subject alone are left out.
        """
        decisive = [*range(len(self.detectors))]
        if self.settings.combination.method == "bonferroni":
            weights = [self.settings.combination.weight(d.family) for d in self.detectors]
            decisive = decisive_sources(self._start, self.flag["threshold"], method="bonferroni", weights=weights)
        fitted = [(n, self.rerun.fitted(self.detectors[n], self.panel)) for n in sorted(decisive)]
        return [(n, one) for n, one in fitted if _scores_one(one, self.panel, self.at)]

    def _p_values(self, detector: Detector, panel: Panel, changed: frozenset[str]) -> Floats:
        """Return what a detector says of everybody: as written, unless it depends on an indicator that has changed."""
        depends = any(s.indicator.name in changed and detector.depends_on(s.indicator) for s in panel.series)
        if not depends and detector.name in self._written:
            return self._written[detector.name]
        return self.rerun.fitted(detector, panel, changed).score(panel).p_value

    def counted(self, keys: Sequence[RowKey]) -> dict[RowKey, RowWeight]:
        """Return in which of the concern's values each row counts, and which rows are alike in that."""
        members: dict[RowKey, list[tuple[str, int]]] = {key: [] for key in keys}
        unlike: set[RowKey] = set()
        as_of, subject = self.flag["as_of"], self.flag["subject_id"]
        covered = windows_covered(self.indicators, as_of=as_of, sources=self.rerun.sources)
        asked = {table for table, _ in keys}
        for indicator in (i for i in self.indicators if i.aggregate != "formula" and not asked.isdisjoint(i.tables)):
            for window in indicator.windows:
                if (indicator.name, window) not in self.table.cells:
                    continue
                days, _ = covered[indicator.name, window]
                query = evidence_query(indicator, as_of, days, [subject])
                for _, table, row, counts in self.store.rows(query):
                    if counts and (table, row) in members:
                        members[table, row].append((indicator.name, window))
                        if indicator.aggregate != "count" or indicator.independent:
                            unlike.add((table, row))
        return {key: RowWeight(len(of), (tuple(of), key if key in unlike else key[0])) for key, of in members.items()}

    def foresee(self, sets: Sequence[RowSet]) -> None:
        """Compute the subject's values without each of some sets of rows in one go: to ask of them is quick then."""
        new = [rows for rows in dict.fromkeys(sets) if rows and rows not in self._foreseen]
        indicators = reading(self.indicators, {table for rows in new for table, _ in rows})
        if any(indicator.name not in self._before for indicator in indicators):
            new = [frozenset(), *new]
        for rows, own, at in self._fewer.values(new, indicators):
            if at is not None:
                self._note(rows, own, at, indicators)

    def clears(self, rows: RowSet) -> bool:
        """Say whether the subject would be clear of the cut without these rows, its peers being what they are.

        What a detector that did not put the subject over the cut said is held: whoever is over it stays so whatever
        that one says, and `again_without` asks it anew.
        """
        changed = self._changed(rows)
        alone = self.panel.take(np.array([self.at]))
        series = [replace(s, cells=_with(s.cells, 0, changed.get(s.key))) for s in alone.series]
        alone = replace(alone, series=tuple(series))
        p_values = self._start.copy()
        for n, fitted in self._over_cut:
            p_values[n] = fitted.score(alone).p_value[0]
        combined = combine_p_values(p_values[np.newaxis, :], self.detectors, self.settings)
        return not combined[0] <= self.flag["threshold"]

    def again_without(self, rows: RowSet) -> tuple[bool, int]:
        """Compare everybody again without these rows.

        Returns whether the flag is gone, and how many others of its concern came or went.
        """
        changed = self._changed(rows)
        series = [replace(s, cells=_with(s.cells, self.at, changed.get(s.key))) for s in self.panel.series]
        panel = replace(self.panel, series=tuple(series))
        names = frozenset(name for name, _ in changed)
        p_values = np.column_stack([self._p_values(detector, panel, names) for detector in self.detectors])
        combined = combine_p_values(p_values, self.detectors, self.settings)
        flagged = set(compare_panel(panel, self.settings, scores=(), combined=combined).selected.tolist())
        subject = self.flag["subject_id"]
        return subject not in flagged, len((flagged ^ self.rerun.flagged(self.flag)) - {subject})

    def _own(self, rows: RowSet, indicators: list[Indicator]) -> FeatureTable:
        """Return the values of indicators from the cited rows alone, without some of them."""
        kind, as_of = self.flag["subject_kind"], self.flag["as_of"]
        with without(self.store, rows):
            return compute(self.store, indicators, kind=kind, as_of=as_of, sources=self.rerun.sources)

    def _changed(self, rows: RowSet) -> SubjectCells:
        """Return the values that differ in the subject without these rows."""
        if rows and rows not in self._foreseen:
            indicators = reading(self.indicators, {table for table, _ in rows})
            missing = [indicator for indicator in indicators if indicator.name not in self._before]
            for of in (frozenset[RowKey](), rows) if missing else (rows,):
                own = self._own(of, indicators)
                self._note(of, own, own.ids.tolist().index(self.flag["subject_id"]), indicators)
        return self._foreseen.get(rows, {})

    def _note(self, rows: RowSet, own: FeatureTable, at: int, indicators: Sequence[Indicator]) -> None:
        """Note the subject's values without some rows: those that differ from what they are with every row there."""
        values: dict[str, dict[tuple[str, int], Cells]] = {indicator.name: {} for indicator in indicators}
        for key, cells in own.cells.items():
            values[key[0]][key] = _take(cells, at)
        if rows:
            self._foreseen[rows] = {
                key: cells
                for name, of in values.items()
                for key, cells in of.items()
                if not _same(cells, self._before[name][key])
            }
        else:
            self._before |= values


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


def _same(one: Cells, other: Cells) -> bool:
    pairs = [(one.value, other.value), (one.exposure, other.exposure), (one.n_rows, other.n_rows)]
    return all(np.array_equal(a, b, equal_nan=True) for a, b in pairs) and bool(one.status[0] == other.status[0])


def _take(cells: Cells, at: int) -> Cells:
    """Return one subject's cells."""
    values = {name: getattr(cells, name)[at : at + 1] for name in ("value", "exposure", "n_rows", "status")}
    return replace(cells, **values, partial=None if cells.partial is None else cells.partial[at : at + 1])


def _with(cells: Cells, at: int, mine: Cells | None) -> Cells:
    """Return everybody's cells, one subject's replaced where there are such."""
    if mine is None:
        return cells
    changed = {}
    for name in ("value", "exposure", "n_rows", "status"):
        changed[name] = getattr(cells, name).copy()
        changed[name][at] = getattr(mine, name)[0]
    return replace(cells, **changed)
