"""Flags: records worth a human look, each with the scores or counts it rests on and an explanation in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from data.vocabulary import Concern, Promise, SubjectKind
from models.detector import Family
from models.purposes import Purposes
from models.scores import Contribution
from models.selection.fdr import Selection, decisive_sources
from pipeline.detector_scores import DetectorScores
from pipeline.rule_counts import RuleCounts
from pipeline.settings import ByCapacity, Settings
from pipeline.wording import rule_sentence, statistical_sentence


@dataclass(frozen=True, kw_only=True)
class Flag:
    """A record worth a human look; never a finding. `carried` lists the indicators and windows it rests on.

    `promise` says what is claimed of it, each with an error rate of its own: see `data.vocabulary.Promise`.
    """

    subject_kind: SubjectKind
    subject_id: int
    as_of: date
    concern: Concern
    standard: str | None
    detectors: tuple[str, ...]
    family: Family
    promise: Promise
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


def comparison_flag(
    scores: Sequence[DetectorScores], at: int, *, p_value: float, selection: Selection, settings: Settings
) -> Flag:
    """Return the flag of one selected subject of a panel, by its position, from what those say that take part."""
    scores = [s for s in scores if settings.takes_part(s.detector, s.panel.concern)]
    view, purposes, known = scores[0].panel, settings.in_force, settings.repertoire.indicators
    p_values = np.array([s.scores.p_value[at] for s in scores])
    weights = [settings.combination.weight(s.detector.family) for s in scores]
    total = sum(weights[n] for n in np.flatnonzero(~np.isnan(p_values)).tolist())
    strongest = decisive_sources(p_values, selection.threshold, method=settings.combination.method, weights=weights)
    carry = [scores[n] for n in strongest]
    contributions = _carried(carry, at, [selection.threshold * weights[n] / total for n in strongest])
    group, by_capacity = view.peers.labels[at], isinstance(settings.selection[view.concern], ByCapacity)
    return Flag(
        subject_kind=view.kind,
        subject_id=int(view.ids[at]),
        as_of=view.as_of,
        concern=view.concern,
        standard=known[contributions[0].indicator].standard if contributions else None,
        detectors=tuple(d.detector.name for d in carry),
        family="unit" if view.kind == "unit" else carry[0].detector.family,
        promise="none" if by_capacity else "comparison",
        score=float(-np.log10(p_value)),
        p_value=p_value,
        # Whoever stands highest is taken: a q-value would say of such flags what nobody promises.
        q_value=None if by_capacity else float(selection.q_value[at]),
        threshold=selection.threshold,
        audience=purposes.audience[view.concern],
        policy=settings.policy.name,
        policy_version=settings.policy.version,
        explanation=statistical_sentence(
            [result.detector for result in carry],
            contributions,
            known,
            group=group,
            peers=view.peers.sizes[group],
            p_value=p_value,
            by_capacity=by_capacity,
        ),
        status="tied_at_cut" if selection.tied[at] else "selected",
        carried=tuple((c.indicator, c.window_days) for c in contributions),
    )


def _carried(carry: Sequence[DetectorScores], at: int, cuts: Sequence[float]) -> list[Contribution]:
    """Return the contributions that a flag rests on, the strongest first.

    Where a detector gives p-values per indicator: those that would reach the cut alone, else the strongest. Where it
    does not: all that it lists.
    """
    carried: dict[tuple[str, int], Contribution] = {}
    for result, cut in zip(carry, cuts, strict=True):
        listed = result.scores.contributions[at]
        tested = [c for c in listed if c.p_value is not None]
        alone = [c for c in tested if len(tested) * (c.p_value or 0.0) <= cut] or tested[:1]
        for contribution in alone if tested else listed:
            carried.setdefault((contribution.indicator, contribution.window_days), contribution)
    return list(carried.values())


def contradiction_flag(
    counts: RuleCounts,
    at: int,
    *,
    ordinary: tuple[float, float],
    own: float,
    score: float,
    p_value: float,
    q_value: float,
    threshold: float,
    purposes: Purposes,
) -> Flag:
    """Return the flag of one officer selected by a rule, by position in its counts.

    `own` is the chance under the rule alone and `score` its strength; `p_value` is that chance once all rules that
    could have flagged the officer are allowed for, and `ordinary` the contradicted days of 19 in 20 ordinary officers.
    """
    rule = counts.rule
    return Flag(
        subject_kind="officer",
        subject_id=int(counts.ids[at]),
        as_of=counts.as_of,
        concern=rule.concern,
        standard=rule.standard,
        detectors=(rule.name,),
        family="contradiction",
        promise="contradiction",
        score=score,
        p_value=p_value,
        q_value=q_value,
        threshold=threshold,
        audience=purposes.audience[rule.concern],
        policy=rule.policy,
        policy_version=rule.dated.version,
        explanation=rule_sentence(rule, counts.contribution(at), ordinary=ordinary, chance=own),
        status="selected",
    )
