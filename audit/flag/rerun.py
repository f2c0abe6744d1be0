"""A run's comparison stage done again, from what the run folder holds."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from functools import cached_property
from itertools import groupby
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from data.arrays import Bools, Floats, Ids
from data.arrow import arrow_schema, is_text, load_arrow
from data.contract import CONTRACT
from data.date_precision import CoarseColumns, coarse_from_json, declare
from data.optional_columns import declare_filled
from data.schema import Table
from data.store import Store
from data.vocabulary import Concern, Promise, SubjectKind
from features.covered import covered_days
from features.gaps.sources import Sources, gaps_from_json, reach_from_json
from features.history_tables import history_from
from features.indicator import Indicator
from features.past import History
from features.table import SCHEMA as FEATURES
from features.table import FeatureTable, from_arrow
from models.detector import Detector, Fitted
from models.panel import Panel
from models.series_detector import FittedSeriesDetector, SeriesDetector
from pipeline.compare import Selector, compare
from pipeline.detector_scores import panels_of, seed_of
from pipeline.flag import Flag
from pipeline.practices import Practice, set_aside, written_practices
from pipeline.rule_counts import MonthlyCounts, RuleCounts
from pipeline.rule_selection import RuleSelection, select_by_rules
from pipeline.run_folder import RunFolder
from pipeline.scores_table import scores_table
from pipeline.settings import Settings

FlagRow = Mapping[str, Any]
"""A row of `flags.parquet`."""


_READ: Final = [name for name in FEATURES.names if name not in ("officer_id", "unit_id")]
"""What is read of the feature values: their order says whose they are."""

Redone = tuple[dict[tuple[int, Promise], Flag], list[str]]
"""One concern of one kind of subject, compared again: flags by subject and promise, and what differs from the run."""


class Rerun:
    """The run's comparison stage done again from the values it wrote down, each part of it once and when asked for."""

    def __init__(self, folder: RunFolder, settings: Settings) -> None:
        self.settings = settings
        self.selections = {(s["as_of"], s["subject_kind"], s["concern"]): s for s in folder.manifest["selections"]}
        self.absent = set(folder.manifest["absent"])
        # A run from before there were such columns had none of them.
        self.filled = {n: date.fromisoformat(day) for n, day in folder.manifest.get("filled", {}).items()}
        self.coarse = coarse_from_json(folder.manifest.get("precision", {}))
        reach = reach_from_json(folder.manifest.get("reach", ()))
        self.sources = Sources(gaps_from_json(folder.manifest["source_gaps"]), reach=reach)
        self.folder = folder
        self._dates = sorted(folder.config["as_of"])
        self._selector = Selector(settings, total=len(self._dates))
        self._rule_selector = Selector(settings, total=len(self._dates))
        self._by_rules: dict[date, tuple[RuleSelection, ...]] = {}
        self._done: dict[tuple[date, SubjectKind, Concern], Redone] = {}
        self._tables: dict[tuple[SubjectKind, date, frozenset[str] | None], FeatureTable] = {}
        self._panels: dict[tuple[SubjectKind, date, Concern], Panel] = {}
        self._fits: dict[tuple[SubjectKind, date, str, str], tuple[frozenset[str], FittedSeriesDetector]] = {}

    @cached_property
    def _features(self) -> pa.Table:
        return self.folder.table("features", _READ, coded=("subject_kind", "indicator", "status"))

    @cached_property
    def _subjects(self) -> pa.Table:
        return self.folder.table("subjects")

    @cached_property
    def scores(self) -> pa.Table:
        """The scores that the run wrote down, their names dictionary-coded: read where asked for, as they are many."""
        return self.folder.table("scores", coded=("subject_kind", "concern", "detector", "family", "peer_group"))

    @cached_property
    def _past(self) -> tuple[pa.Table, pa.Table] | None:
        """The histories and standings that the run wrote down; None where it wrote none."""
        if not (self.folder.path / "history.parquet").is_file():
            return None
        return self.folder.table("history"), self.folder.table("standings")

    def written_p_values(self, flag: FlagRow) -> dict[str, tuple[Ids, Floats]]:
        """Return what each detector said of everybody in a flag's comparison, as the run wrote it down.

        By detector, ids ascending and their p-values, NaN where there is none.
        """
        rows = self.scores.select(["subject_kind", "as_of", "concern", "family", "detector", "subject_id", "p_value"])
        rows = rows.filter(_of_comparison(rows, flag))
        rows = rows.filter(pc.invert(is_text(rows["family"], "contradiction", "baseline")))
        written = {}
        for name in pc.unique(rows["detector"].cast(pa.string())).to_pylist():
            own = rows.filter(is_text(rows["detector"], name)).sort_by("subject_id")
            p_values = own["p_value"].fill_null(np.nan).to_numpy()
            written[name] = own["subject_id"].to_numpy(), np.asarray(p_values, dtype=np.float64)
        return written

    def flagged(self, flag: FlagRow) -> set[int]:
        """Return all whom the run flagged in a flag's comparison."""
        flags = self.folder.table("flags")
        compared = pc.and_(_of_comparison(flags, flag), is_text(flags["promise"], flag["promise"]))
        return set(flags.filter(compared)["subject_id"].to_pylist())

    def of(self, flag: FlagRow) -> Redone:
        """Return the flags of the comparison that a flag comes from, by subject and promise, and what differs."""
        kind, concern, shared = flag["subject_kind"], flag["concern"], self.settings.across_dates.method != "each"
        # Where dates share a false discovery rate, those before come first.
        for day in (d for d in self._dates if d == flag["as_of"] or (shared and d < flag["as_of"])):
            if (day, kind, concern) not in self._done:
                self._done[day, kind, concern] = self._compare(day, kind, concern)
        return self._done[flag["as_of"], kind, concern]

    def _compare(self, as_of: date, kind: SubjectKind, concern: Concern) -> Redone:
        """Compare everybody again, without baselines, as no flag rests on them."""
        table = self.table(kind, as_of)
        compared = compare(table, self.settings, self._selector, with_baselines=False, concerns=[concern])
        flags = {(f.subject_id, f.promise): f for c in compared for f in c.flags}
        of = np.array(sorted({subject for subject, _ in flags}), dtype=np.int64)
        excess = [c.excess for c in compared if c.excess is not None]
        again = scores_table([s for c in compared for s in c.scores], [], excess, of=of)
        place = {"as_of": as_of, "subject_kind": kind, "concern": concern}
        others = pc.invert(is_text(self.scores["family"], "contradiction", "baseline"))
        written = self.scores.filter(pc.and_(_of_comparison(self.scores, place), others)).cast(again.schema)
        same = _same_scores(again, written, of)
        return flags, [] if same else ["the scores of the comparison stage come out differently"]

    def by_rules(self, as_of: date) -> tuple[RuleSelection, ...]:
        """Return the selections by rules on a date, from what the run wrote down of everybody's claims."""
        shared = self.settings.across_dates.method != "each"
        for day in (d for d in self._dates if d == as_of or (shared and d < as_of)):
            if day not in self._by_rules:
                officers = self.table("officer", day, ())
                self._by_rules[day] = select_by_rules(
                    self._rule_counts(day), officers, self.settings, self._rule_selector
                )
        return self._by_rules[as_of]

    def set_aside(self, counts: MonthlyCounts) -> Bools | None:
        """Return which months of whom belong to a practice that the run reported, None where none does."""
        return set_aside(counts, self._practices, self.table("officer", counts.as_of, ()))

    @cached_property
    def _practices(self) -> list[Practice]:
        return written_practices(self.folder.table("practices"), dict(self.settings.repertoire.rules))

    def _rule_counts(self, as_of: date) -> list[RuleCounts]:
        on_day = pc.equal(self.scores["as_of"], pa.scalar(as_of, pa.date32()))
        rows = self.scores.filter(pc.and_(on_day, is_text(self.scores["family"], "contradiction")))
        by_rule: dict[str, dict[int, dict[str, int]]] = {}
        names, subjects, listed = (rows[name].to_pylist() for name in ("detector", "subject_id", "contributions"))
        # One text in place of tens of thousands: to begin anew with each takes longer than to read it.
        for name, subject, (counted,) in zip(names, subjects, json.loads(f"[{','.join(listed)}]"), strict=True):
            by_rule.setdefault(name, {})[subject] = counted
        rules = self.settings.repertoire.rules
        return [
            RuleCounts.written(rules[r.name], as_of, by_rule[r.name]) for r in self.settings.rules if r.name in by_rule
        ]

    def table(self, kind: SubjectKind, as_of: date, names: Iterable[str] | None = None) -> FeatureTable:
        """Return the values that the run wrote down for one kind of subject, of some indicators or of all; read once.

        With no names at all, the table says who was in service and where, and holds no values. The past of rates is
        there where all indicators are asked for.
        """
        wanted = None if names is None else frozenset(names)
        place = (kind, as_of, wanted)
        if place not in self._tables:
            self._tables[place] = self._read_table(kind, as_of, wanted)
        return self._tables[place]

    def panel(self, flag: FlagRow) -> Panel:
        """Return what detectors see of the comparison that a flag comes from, put together once."""
        place = (flag["subject_kind"], flag["as_of"], flag["concern"])
        if place not in self._panels:
            names = [indicator.name for indicator in feeding(self.settings, flag)]
            table = self.table(flag["subject_kind"], flag["as_of"], names)
            (self._panels[place],) = panels_of(table, self.settings, [flag["concern"]])
        return self._panels[place]

    def past(self, kind: SubjectKind, as_of: date) -> History | None:
        """Return the past of everybody's rates that the run wrote down; None where it wrote none."""
        return None if self._past is None else history_from(*self._past, kind=kind, as_of=as_of)

    def fitted(self, detector: Detector, panel: Panel, changed: frozenset[str] = frozenset()) -> Fitted:
        """Fit a detector to a panel of the run in which some indicators have changed, and no more than has changed.

        What was fitted last to the same comparison is kept, with the indicators that differed then from the run's.
        """
        seed = seed_of(self.settings, detector, panel)
        if not isinstance(detector, SeriesDetector):
            return detector.fit(panel, seed=seed)
        place = (panel.kind, panel.as_of, panel.concern, detector.name)
        if place in self._fits:
            since, before = self._fits[place]
            fitted = detector.refit(panel, before, since | changed) if since | changed else before
        else:
            fitted = detector.fit(panel, seed=seed)
        self._fits[place] = changed, fitted
        return fitted

    def _read_table(self, kind: SubjectKind, as_of: date, names: frozenset[str] | None) -> FeatureTable:
        features = self._features if names is None or names else self._features.slice(0, 0)
        rows, subjects = (_of_day(table, kind, as_of) for table in (features, self._subjects))
        if names:
            rows = rows.filter(is_text(rows["indicator"], *names))
        past = self.past(kind, as_of) if names is None else None
        places = subjects.drop_columns(["subject_kind", "as_of"])
        own_kind = [indicator for indicator in self.settings.indicators if indicator.subject == kind]
        days = covered_days(own_kind, as_of=as_of, sources=self.sources)
        return from_arrow(rows, places, kind=kind, as_of=as_of, history=past, days=days)


def _of_day(table: pa.Table, kind: SubjectKind, as_of: date) -> pa.Table:
    on_day = pc.equal(table["as_of"], pa.scalar(as_of, pa.date32()))
    return table.filter(pc.and_(on_day, is_text(table["subject_kind"], kind)))


def _same_scores(again: pa.Table, written: pa.Table, of: Ids) -> bool:
    """Say whether everybody's scores are as they were written down, and what those of some subjects rest on."""
    listed = pc.is_in(again["subject_id"], value_set=pa.array(of))
    scores, contributions = again.drop_columns(["contributions"]), again["contributions"].filter(listed)
    if not scores.equals(written.drop_columns(["contributions"])):
        return False
    return bool(contributions.equals(written["contributions"].filter(listed)))


def _of_comparison(table: pa.Table, flag: FlagRow) -> pa.ChunkedArray:
    """Say which rows of scores or flags are of a flag's date, kind of subject and concern."""
    day = pc.equal(table["as_of"], pa.scalar(flag["as_of"], pa.date32()))
    kind, concern = (is_text(table[name], flag[name]) for name in ("subject_kind", "concern"))
    return pc.and_(day, pc.and_(kind, concern))


class CitedRowStore:
    """A store that holds the rows of one flag after the other where loaded records stand, and nothing else.

    Other tables of the run are there but empty. Tables are kept from flag to flag: to make all of them anew for each
    takes longer than what is asked of them.
    """

    def __init__(
        self, store: Store, absent: set[str], coarse: CoarseColumns, filled: Mapping[str, date] | None = None
    ) -> None:
        self.store = store
        # Of a few rows any order of joins is soon done; to look for the best takes half of a query's time.
        store.run("SET disabled_optimizers = 'join_order'")
        declare(store, coarse)
        declare_filled(store, filled or {})
        self._tables = [table for table in CONTRACT if table.name not in absent]
        self.held: Mapping[str, pa.Table] = {}
        for table in self._tables:
            load_arrow(store, table, _schema(table).empty_table())

    def hold(self, rows: Mapping[str, pa.Table]) -> Store:
        """Put a flag's rows in the place of those before them."""
        for table in self._tables:
            if table.name in rows:
                load_arrow(self.store, table, rows[table.name])
            elif table.name in self.held:
                load_arrow(self.store, table, _schema(table).empty_table())
        self.held = rows
        return self.store

    @contextmanager
    def taken_back(self) -> Iterator[None]:
        """Put the rows that are held back in the end of a block in which others are."""
        held = self.held
        try:
            with self.store.taken_back():
                yield
        finally:
            self.held = held


def _schema(table: Table) -> pa.Schema:
    return arrow_schema(table, extra=(("source_file", pa.string()), ("source_row", pa.int64())))


@contextmanager
def without(store: Store, rows: Collection[tuple[str, int]]) -> Iterator[None]:
    """Take rows, each a table's name and a key, away from the loaded ones for a while."""
    if not rows:
        yield
        return
    with store.taken_back():
        for name, group in groupby(sorted(rows), key=lambda row: row[0]):
            keys = ", ".join(str(int(key)) for _, key in group)
            store.run(f"DELETE FROM loaded.{CONTRACT[name].name} WHERE {CONTRACT[name].key} IN ({keys})")
        yield


def feeding(settings: Settings, row: FlagRow) -> list[Indicator]:
    """Return the indicators that feed a flag's concern, and their exposures."""
    serving = [i for i in settings.indicators if row["concern"] in i.concerns and i.subject == row["subject_kind"]]
    exposures = {i.exposure for i in serving}
    return [i for i in settings.indicators if i in serving or i.name in exposures]
