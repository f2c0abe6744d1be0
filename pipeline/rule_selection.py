"""From what rules count to flags: how often somebody ordinary in this force has as many, and a selection by rate.

A rule says which claims are contradicted; how many are worth a look depends on what is ordinary where they were made.
The null of each rule is fitted on the force at hand (`models.nulls.mixed_binomial`), officers are tested against it,
and who is flagged follows from a false discovery rate of the contradictions' own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np

from data.arrays import Bools, Floats, Ids, Positions
from data.vocabulary import CONCERNS, Concern
from features.table import FeatureTable
from models.nulls.counts_together import FittedCounts, fit_together
from models.nulls.mixed_binomial import Counts
from models.nulls.settled import is_settled
from models.selection.fdr import Selection, combine
from pipeline.compare import Selector
from pipeline.flag import Flag, contradiction_flag
from pipeline.rule_counts import RuleCounts
from pipeline.settings import Settings


@dataclass(frozen=True)
class RuleEvidence:
    """One rule's counts beside what is ordinary in the force: arrays are aligned to the counts' `ids`.

    `fitted` is None where too few people made claims, or none is contradicted: then nothing can be said of anybody, and
    neither where its fit did not come to rest.
    `p_value` is NaN for those who could not have reached the rule's floor, and 1 for those who did not.
    """

    counts: RuleCounts
    fitted: FittedCounts | None
    p_value: Floats
    role: Positions

    @cached_property
    def role_offset(self) -> Floats:
        """What each officer's role alone adds to the log-odds of a contradicted day."""
        offset = np.zeros(len(self.counts.ids))
        if self.fitted is not None:
            levels = self.fitted.null.group_levels[0]
            known = (self.role >= 0) & (self.role < len(levels))
            offset[known] = levels[self.role[known]]
        return offset

    @cached_property
    def score(self) -> Floats:
        """How unusual each officer is by this rule alone: minus the decimal logarithm of the chance, 0 without one."""
        return np.asarray(-np.log10(np.nan_to_num(self.p_value, nan=1.0)) + 0.0)

    @property
    def peers(self) -> int:
        """How many officers' claims could be judged."""
        return int(np.sum(self.counts.judged_days > 0))

    def ordinary(self, at: int) -> tuple[float, float]:
        """Return the contradicted days of 19 in 20 ordinary officers with the judged days of this one."""
        if self.fitted is None:
            return 0.0, 0.0
        return self.fitted.null.interval(float(self.counts.judged_days[at]), float(self.offset[at]))

    @cached_property
    def offset(self) -> Floats:
        """What each officer's role and area add to the log-odds of a contradicted day."""
        offset = np.zeros(len(self.counts.ids))
        if self.fitted is not None:
            offset[self.counts.judged_days > 0] = self.fitted.offset
        return offset


@dataclass(frozen=True, kw_only=True)
class RuleSelectionSummary:
    """How the selection by contradictions of one concern went, on one as-of date."""

    as_of: date
    concern: Concern
    rules: int
    tested: int
    selected: int
    insufficient: int
    threshold: float
    level: float


@dataclass(frozen=True)
class RuleSelection:
    """The officers whom the rules of one concern select: `combined` and `selection` are aligned to `ids`.

    `tests` says how many rules each officer was tested by.
    """

    concern: Concern
    as_of: date
    evidence: tuple[RuleEvidence, ...]
    ids: Ids
    tests: Positions
    combined: Floats
    selection: Selection
    level: float
    settings: Settings

    @cached_property
    def flags(self) -> tuple[Flag, ...]:
        """A flag for each rule that suffices alone to select an officer, by rule and officer."""
        return tuple(flag for evidence in self.evidence for flag in self._flags_of(evidence))

    @property
    def flagged(self) -> set[tuple[int, str]]:
        """Whom the flags are about, and by which rule, without what else they say."""
        return {
            (subject, evidence.counts.rule.name)
            for evidence in self.evidence
            for subject in evidence.counts.ids[self._chosen(evidence)[1]].tolist()
        }

    def _chosen(self, evidence: RuleEvidence) -> tuple[Floats, Bools]:
        """Return each officer's chance under a rule, all rules allowed for, and for whom it suffices to be selected."""
        at = np.searchsorted(self.ids, evidence.counts.ids)
        p_value = np.minimum(1.0, evidence.p_value * self.tests[at])
        return p_value, self.selection.chosen[at] & (np.nan_to_num(p_value, nan=1.0) <= self.selection.threshold)

    def _flags_of(self, evidence: RuleEvidence) -> list[Flag]:
        at = np.searchsorted(self.ids, evidence.counts.ids)
        p_value, chosen = self._chosen(evidence)
        return [
            contradiction_flag(
                evidence.counts,
                n,
                ordinary=evidence.ordinary(n),
                own=float(evidence.p_value[n]),
                score=float(evidence.score[n]),
                p_value=float(p_value[n]),
                q_value=float(self.selection.q_value[at[n]]),
                threshold=self.selection.threshold,
                purposes=self.settings.in_force,
            )
            for n in np.flatnonzero(chosen).tolist()
        ]

    @property
    def summary(self) -> RuleSelectionSummary:
        """How the selection went."""
        return RuleSelectionSummary(
            as_of=self.as_of,
            concern=self.concern,
            rules=len(self.evidence),
            tested=len(self.ids) - self.selection.insufficient,
            selected=int(self.selection.chosen.sum()),
            insufficient=self.selection.insufficient,
            threshold=self.selection.threshold,
            level=self.level,
        )


def rule_evidence(
    counts: Sequence[RuleCounts],
    officers: FeatureTable,
    *,
    fitted_to: Ids | None = None,
    before: Sequence[RuleEvidence] = (),
) -> list[RuleEvidence]:
    """Set what rules count beside what is ordinary among all officers, by role and area.

    With `fitted_to`, officers' ids, repeated where somebody counts more than once, what is ordinary is that among them.
    `before` is what came of other counts of the same officers: what it says of counts that are the very same stands.
    """
    places = _Places.of(officers)
    every = [_trials(c, places) for c in counts]
    peers = None if fitted_to is None else [_drawn(c, t, fitted_to) for c, t in zip(counts, every, strict=True)]
    known = {id(e.counts): e.fitted.middle for e in before if e.fitted is not None}
    middles = [known.get(id(c)) for c in counts] if fitted_to is None else None
    fitted = fit_together(every, fitted_to=peers, middles=middles)
    return [
        RuleEvidence(c, f, _p_values(c, f), places.standing(c.ids, "role")) for c, f in zip(counts, fitted, strict=True)
    ]


def select_by_rules(
    counts: Sequence[RuleCounts],
    officers: FeatureTable,
    settings: Settings,
    selector: Selector | None = None,
    *,
    fitted_to: Ids | None = None,
    before: Sequence[RuleEvidence] = (),
) -> tuple[RuleSelection, ...]:
    """Select officers by what the rules of each concern count; see `rule_evidence`.

    Takes one as-of date. Where dates share a false discovery rate the same selector has to see them all, in order.
    """
    return select_by_evidence(rule_evidence(counts, officers, fitted_to=fitted_to, before=before), settings, selector)


def select_by_evidence(
    every: Sequence[RuleEvidence], settings: Settings, selector: Selector | None = None
) -> tuple[RuleSelection, ...]:
    """Select officers by what rules count, set beside what is ordinary."""
    selector = selector or Selector(settings)
    by_concern = {c: tuple(e for e in every if e.counts.rule.concern == c) for c in CONCERNS}
    return tuple(_selected(c, evidence, settings, selector) for c, evidence in by_concern.items() if evidence)


def _selected(
    concern: Concern, evidence: tuple[RuleEvidence, ...], settings: Settings, selector: Selector
) -> RuleSelection:
    ids = np.unique(np.concatenate([e.counts.ids for e in evidence]))
    p_values = np.full((len(ids), len(evidence)), np.nan)
    for column, one in enumerate(evidence):
        p_values[np.searchsorted(ids, one.counts.ids), column] = one.p_value
    combined = combine(p_values, method="bonferroni")
    selection, level = selector.select_by_rules(combined, concern)
    tests = np.sum(~np.isnan(p_values), axis=1).astype(np.intp)
    return RuleSelection(concern, evidence[0].counts.as_of, evidence, ids, tests, combined, selection, level, settings)


def _trials(counts: RuleCounts, places: _Places) -> Counts:
    """Return days contradicted out of days judged, of officers with any, and the numbers of their roles and areas.

    Whoever left before the as-of date has no role there: nothing is added for them.
    """
    some = counts.judged_days > 0
    ids = counts.ids[some]
    hits, trials = (days[some].astype(np.float64) for days in (counts.hit_days, counts.judged_days))
    return Counts(hits, trials, places.groups(ids))


def role_and_area(ids: Ids, officers: FeatureTable) -> tuple[Positions, Positions]:
    """Return the numbers of some officers' roles and areas among those of all officers, as nulls of rules take them."""
    return _Places.of(officers).groups(ids)


def _drawn(counts: RuleCounts, trials: Counts, officers: Ids) -> Counts:
    """Return the trials of these officers, as often as each is named."""
    ids = counts.ids[counts.judged_days > 0]
    at = np.clip(np.searchsorted(ids, officers), 0, max(len(ids) - 1, 0))
    at = at[ids[at] == officers] if len(ids) else np.empty(0, dtype=np.intp)
    return Counts(trials.hits[at], trials.trials[at], tuple(g[at] for g in trials.groups))


@dataclass(frozen=True)
class _Places:
    """The number of each officer's role and area, -1 where it is not known; ids ascend."""

    ids: Ids
    numbers: Mapping[str, Positions]

    @classmethod
    def of(cls, officers: FeatureTable) -> _Places:
        numbers = {}
        for name in ("role", "area_id"):
            values = officers.subjects[name].to_pylist()
            number = {value: at for at, value in enumerate(sorted({v for v in values if v is not None}))}
            numbers[name] = np.array([number.get(value, -1) for value in values], dtype=np.intp)
        return cls(officers.ids, numbers)

    def groups(self, ids: Ids) -> tuple[Positions, Positions]:
        """Return the numbers of some people's roles and areas."""
        return self.standing(ids, "role"), self.standing(ids, "area_id")

    def standing(self, ids: Ids, name: str) -> Positions:
        """Return the numbers of some people's roles or areas; -1 also for whoever is not an officer on the date."""
        if not len(self.ids):
            return np.full(len(ids), -1, dtype=np.intp)
        at = np.clip(np.searchsorted(self.ids, ids), 0, len(self.ids) - 1)
        return np.where(self.ids[at] == ids, self.numbers[name][at], -1)


def _p_values(counts: RuleCounts, fitted: FittedCounts | None) -> Floats:
    p_value = np.full(len(counts.ids), np.nan)
    if fitted is not None and is_settled(fitted.null):
        p_value[counts.judged_days > 0] = fitted.p_value
        p_value[counts.hit_days < counts.rule.minimum_days] = 1.0
        p_value[~counts.testable] = np.nan
    return p_value
