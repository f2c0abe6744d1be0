"""From what was said of everybody to a few flags: records worth a human look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np

from data.arrays import Floats
from data.vocabulary import Concern, SubjectKind
from features.declared import indicators
from models.detector import Family
from models.panel import Panel
from models.purposes import Purposes
from models.scores import Contribution
from models.selection.across_dates import SequentialSelection
from models.selection.false_bounds import bound_false
from models.selection.fdr import Selection, combine, decisive_sources, select_by_capacity
from pipeline.compare import Contradicted, Detected
from pipeline.settings import ByRate, Settings
from pipeline.wording import rule_sentence, statistical_sentence


@dataclass(frozen=True, kw_only=True)
class Flag:
    """A record worth a human look; never a finding. `carried` lists the indicators and windows it rests on."""

    subject_kind: SubjectKind
    subject_id: int
    as_of: date
    concern: Concern
    standard: str | None
    detectors: tuple[str, ...]
    family: Family
    score: float
    p_value: float | None
    q_value: float | None
    threshold: float
    audience: str
    policy: str
    policy_version: int
    explanation: str
    status: str
    carried: tuple[tuple[str, int], ...] = ()

    def content(self) -> dict[str, Any]:
        """Return the fields that make up the flag, without those derived from it."""
        return {k: v for k, v in vars(self).items() if k != "carried"}


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How one concern's selection went: how many were compared, selected, tied at the cut, and could not be judged.

    `level` is the false discovery rate allowed on this date, None for a selection by capacity. At most `false_at_most`
    of the selected are false with probability `confidence`; `possible` and `bound_level` bound any of them a reader
    picks (see `models.selection.false_bounds`).
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
    false_at_most: int
    possible: int
    bound_level: float


@dataclass
class Selector:
    """Selects on one as-of date after another of a run with `total` dates, keeping what the dates share."""

    settings: Settings
    total: int = 1
    _dates: dict[tuple[SubjectKind, Concern], SequentialSelection] = field(default_factory=dict)

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


def flag_statistical(
    detected: Sequence[Detected], settings: Settings, purposes: Purposes, selector: Selector | None = None
) -> tuple[list[Flag], list[Outcome]]:
    """Combine what detectors say of each subject and concern, select, and explain.

    Takes one as-of date. Where dates share a false discovery rate the same selector has to see them all, in order.
    """
    selector = selector or Selector(settings)
    flags: list[Flag] = []
    outcomes: list[Outcome] = []
    panels = {id(d.panel): d.panel for d in detected}
    for key, view in panels.items():
        said = [d for d in detected if id(d.panel) == key]
        combined = combined_p_values(said, settings)
        selection, level = selector.select(combined, view)
        chosen = np.flatnonzero(selection.chosen).tolist()
        flags += [_statistical(said, at, float(combined[at]), selection, settings, purposes) for at in chosen]
        outcomes.append(_outcome(view, combined, selection, level, settings))
    return flags, outcomes


def combined_p_values(said: Sequence[Detected], settings: Settings) -> Floats:
    """Return one p-value per subject from what several detectors say of a panel."""
    p_values = np.column_stack([d.scores.p_value for d in said])
    return combine(p_values, method=settings.combination.method, weights=_weights(said, settings))


def _weights(said: Sequence[Detected], settings: Settings) -> list[float]:
    return [settings.combination.weight(d.detector.family) for d in said]


def _outcome(view: Panel, combined: Floats, selection: Selection, level: float | None, settings: Settings) -> Outcome:
    how = settings.selection[view.concern]
    bound = bound_false(combined, confidence=settings.bounds.confidence, dependence=how.dependence)
    return Outcome(
        as_of=view.as_of,
        subject_kind=view.kind,
        concern=view.concern,
        method=how.method,
        dependence=how.dependence,
        combination=settings.combination.method,
        compared=len(view.ids) - selection.insufficient,
        selected=int(selection.chosen.sum()),
        tied=int(selection.tied.sum()),
        insufficient=selection.insufficient,
        threshold=selection.threshold,
        level=level,
        confidence=bound.confidence,
        false_at_most=bound.at_most(combined[selection.chosen]),
        possible=bound.possible,
        bound_level=bound.level,
    )


def _statistical(
    said: Sequence[Detected], at: int, p_value: float, selection: Selection, settings: Settings, purposes: Purposes
) -> Flag:
    view = said[0].panel
    p_values = np.array([d.scores.p_value[at] for d in said])
    weights = _weights(said, settings)
    heard = sum(weights[n] for n in np.flatnonzero(~np.isnan(p_values)).tolist())
    strongest = decisive_sources(p_values, selection.threshold, method=settings.combination.method, weights=weights)
    carry = [said[n] for n in strongest]
    contributions = _carried(carry, at, [selection.threshold * weights[n] / heard for n in strongest])
    group = view.peers.labels[at]
    return Flag(
        subject_kind=view.kind,
        subject_id=int(view.ids[at]),
        as_of=view.as_of,
        concern=view.concern,
        standard=indicators()[contributions[0].indicator].standard if contributions else None,
        detectors=tuple(d.detector.name for d in carry),
        family="unit" if view.kind == "unit" else carry[0].detector.family,
        score=float(-np.log10(p_value)),
        p_value=p_value,
        q_value=float(selection.q_value[at]),
        threshold=selection.threshold,
        audience=purposes.audience[view.concern],
        policy=settings.policy.name,
        policy_version=settings.policy.version,
        explanation=statistical_sentence(
            [d.detector for d in carry], contributions, group=group, peers=view.peers.sizes[group], p_value=p_value
        ),
        status="tied_at_cut" if selection.tied[at] else "selected",
        carried=tuple((c.indicator, c.window_days) for c in contributions),
    )


def _carried(carry: Sequence[Detected], at: int, cuts: Sequence[float]) -> list[Contribution]:
    """Return the contributions that a flag rests on, the strongest first.

    Where a detector gives p-values per indicator: those that would reach the cut alone, else the strongest. Where it
    does not: all that it lists.
    """
    kept: dict[tuple[str, int], Contribution] = {}
    for detected, cut in zip(carry, cuts, strict=True):
        listed = detected.scores.contributions[at]
        tested = [c for c in listed if c.p_value is not None]
        alone = [c for c in tested if len(tested) * (c.p_value or 0.0) <= cut] or tested[:1]
        for contribution in alone if tested else listed:
            kept.setdefault((contribution.indicator, contribution.window_days), contribution)
    return list(kept.values())


def flag_contradictions(contradicted: Sequence[Contradicted], purposes: Purposes) -> list[Flag]:
    """Return a flag for every officer who reaches a rule's tolerance."""
    return [_contradiction(c, at, purposes) for c in contradicted for at in np.flatnonzero(c.reached).tolist()]


def _contradiction(found: Contradicted, at: int, purposes: Purposes) -> Flag:
    rule = found.rule
    hits, judged, cannot_say = int(found.hits[at]), int(found.judged[at]), int(found.cannot_say[at])
    return Flag(
        subject_kind="officer",
        subject_id=int(found.ids[at]),
        as_of=found.as_of,
        concern=rule.concern,
        standard=rule.standard,
        detectors=(rule.name,),
        family="contradiction",
        score=float(hits),
        p_value=None,
        q_value=None,
        threshold=float(rule.minimum_hits),
        audience=purposes.audience[rule.concern],
        policy=rule.policy,
        policy_version=rule.dated.version,
        explanation=rule_sentence(rule, hits=hits, judged=judged, cannot_say=cannot_say),
        status="selected",
    )
