"""The comparison stage: from feature values to scores, one p-value for each subject, a selection and its flags.

It stands here once: whoever asks what it would say of other values, peers, seeds or settings calls it with those.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property

import numpy as np

from data.arrays import Floats, Ids
from data.vocabulary import CONCERNS, Concern, SubjectKind
from features.table import FeatureTable
from models.detector import Detector
from models.excess.peer_rates import Standings
from models.panel import Panel
from models.selection.across_dates import SequentialSelection
from models.selection.false_bounds import bound_false
from models.selection.fdr import Selection, combine, select_by_capacity
from pipeline.detector_scores import DetectorScores, panels_of, score_panel
from pipeline.excess import ExcessComparison, compare_excess
from pipeline.flag import Flag, comparison_flag
from pipeline.settings import ByRate, Settings


@dataclass(frozen=True, kw_only=True)
class SelectionSummary:
    """How one concern's selection went: how many were compared, selected, tied at the cut, and had too little evidence.

    `level` is the false discovery rate allowed on this date, None for a selection by capacity. At most `false_at_most`
    of the selected are false with probability `confidence`; `possible` and `bound_level` bound any of them a reader
    picks (see `models.selection.false_bounds`). These are None where nobody promises anything of the flags.
    """

    as_of: date
    subject_kind: SubjectKind
    concern: Concern
    method: str
    dependence: str
    combination: str
    compared: int
    selected: int
    tied: int
    insufficient: int
    threshold: float
    level: float | None
    confidence: float
    false_at_most: int | None
    possible: int | None
    bound_level: float | None


@dataclass
class Selector:
    """Selects on one as-of date after another of a run with `total` dates, keeping what the dates share."""

    settings: Settings
    total: int = 1
    _dates: dict[tuple[SubjectKind, Concern], SequentialSelection] = field(default_factory=dict)
    _rule_dates: dict[Concern, SequentialSelection] = field(default_factory=dict)

    def select(self, p_values: Floats, view: Panel) -> tuple[Selection, float | None]:
        """Return the selection among a panel's subjects, and the false discovery rate it allowed."""
        how = self.settings.selection[view.concern]
        if not isinstance(how, ByRate):
            places = round(how.per_thousand * len(p_values) / 1000)
            return select_by_capacity(p_values, places=places, dependence=how.dependence), None
        across = self.settings.across_dates.method
        fresh = SequentialSelection(how.q, self.total, across, how.dependence)
        dates = self._dates.setdefault((view.kind, view.concern), fresh)
        return dates.select(p_values), dates.levels[-1]

    def select_by_rules(self, p_values: Floats, concern: Concern) -> tuple[Selection, float]:
        """Return the selection among officers tested by a concern's rules, and the false discovery rate it allowed."""
        how = self.settings.contradictions
        fresh = SequentialSelection(how.q, self.total, self.settings.across_dates.method, how.dependence)
        dates = self._rule_dates.setdefault(concern, fresh)
        return dates.select(p_values), dates.levels[-1]


@dataclass(frozen=True)
class Comparison:
    """One concern of one kind of subject on one as-of date, compared: arrays are aligned to the panel's subjects.

    `scores` holds every detector's and baseline's scores, `combined` the one p-value that those come to which take part
    in the selection, NaN where there is not enough evidence; `level` is the false discovery rate allowed on the date,
    None for a selection by capacity. `excess` is there where the past of the subjects' rates was given.
    """

    panel: Panel
    settings: Settings
    scores: tuple[DetectorScores, ...]
    combined: Floats
    selection: Selection
    level: float | None
    excess: ExcessComparison | None = None

    @cached_property
    def ranking(self) -> Floats:
        """The one p-value that all detectors come to, those included that keep no rate: for ranking, not selection."""
        p_values = np.column_stack([s.scores.p_value for s in self.scores])
        return combine_p_values(p_values, [s.detector for s in self.scores], self.settings)

    @property
    def tests(self) -> int:
        """How many subjects were compared: those with enough evidence for a p-value."""
        return len(self.panel.ids) - self.selection.insufficient

    @property
    def selected(self) -> Ids:
        """The ids of those who were selected, in the panel's order."""
        return self.panel.ids[self.selection.chosen]

    @cached_property
    def flags(self) -> tuple[Flag, ...]:
        """A flag for each who was selected, and for each whose rate is well above that of peers."""
        compared = (
            comparison_flag(
                self.scores, at, p_value=float(self.combined[at]), selection=self.selection, settings=self.settings
            )
            for at in np.flatnonzero(self.selection.chosen).tolist()
        )
        return (*compared, *(self.excess.flags if self.excess is not None else ()))

    @cached_property
    def summary(self) -> SelectionSummary:
        """How the selection went, with the bound on false ones among those selected."""
        how = self.settings.selection[self.panel.concern]
        confidence, bound = self.settings.bounds.confidence, None
        # Of the highest, whoever they are, a bound would say that none is false while most are.
        if self.level is not None:
            bound = bound_false(self.combined, confidence=confidence, dependence=how.dependence)
        return SelectionSummary(
            as_of=self.panel.as_of,
            subject_kind=self.panel.kind,
            concern=self.panel.concern,
            method=how.method,
            dependence=how.dependence,
            combination=self.settings.combination.method,
            compared=self.tests,
            selected=int(self.selection.chosen.sum()),
            tied=int(self.selection.tied.sum()),
            insufficient=self.selection.insufficient,
            threshold=self.selection.threshold,
            level=self.level,
            confidence=confidence,
            false_at_most=None if bound is None else bound.at_most(self.combined[self.selection.chosen]),
            possible=None if bound is None else bound.possible,
            bound_level=None if bound is None else bound.level,
        )


def compare(
    table: FeatureTable,
    settings: Settings,
    selector: Selector | None = None,
    *,
    with_baselines: bool = True,
    concerns: Sequence[Concern] = CONCERNS,
) -> tuple[Comparison, ...]:
    """Compare the subjects of one table of feature values, concern by concern.

    Takes one as-of date and kind of subject. Where dates share a false discovery rate the same selector has to see them
    all, in order. Baselines feed no flag and may be left out.
    """
    selector = selector or Selector(settings)
    panels = panels_of(table, settings, concerns)
    scored = ((panel, score_panel(panel, settings, with_baselines=with_baselines)) for panel in panels)
    compared = [compare_panel(panel, settings, selector, scores=scores) for panel, scores in scored if scores]
    if table.history is None:
        return tuple(compared)
    standings = Standings(table.history, settings.peers.smallest_group)
    return tuple(
        replace(one, excess=compare_excess(table.history, one.panel.concern, settings, standings))
        if one.panel.concern in settings.excess.concerns
        else one
        for one in compared
    )


def compare_panel(
    panel: Panel,
    settings: Settings,
    selector: Selector | None = None,
    *,
    scores: Sequence[DetectorScores] | None = None,
    combined: Floats | None = None,
) -> Comparison:
    """Compare the subjects of one panel; scores and combined p-values that are handed in are not computed again."""
    scored = score_panel(panel, settings) if scores is None else tuple(scores)
    p_values = combined_p_values(scored, settings) if combined is None else combined
    selection, level = (selector or Selector(settings)).select(p_values, panel)
    return Comparison(panel, settings, scored, p_values, selection, level)


def combined_p_values(scores: Sequence[DetectorScores], settings: Settings) -> Floats:
    """Return one p-value per subject from what those detectors say of a panel that take part in the selection."""
    part = [s for s in scores if settings.takes_part(s.detector, s.panel.concern)]
    if not part:
        return np.full(len(scores[0].panel.ids), np.nan)
    return combine_p_values(np.column_stack([s.scores.p_value for s in part]), [s.detector for s in part], settings)


def combine_p_values(p_values: Floats, detectors: Sequence[Detector], settings: Settings) -> Floats:
    """Return one p-value per subject from a column of p-values for each detector, NaN where it says nothing."""
    weights = [settings.combination.weight(d.family) for d in detectors]
    return combine(p_values, method=settings.combination.method, weights=weights)
