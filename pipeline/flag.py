"""From what was said of everybody to a few flags: records worth a human look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from features.base import Concern, Subject
from features.catalogue import indicators
from models.base import Contribution, Family
from models.purposes import Purposes
from models.selection import Selection, combine, select_by_capacity, select_by_fdr
from pipeline.detect import Contradicted, Detected
from pipeline.explanation import rule_sentence, statistical_sentence
from pipeline.settings import ByRate, Settings


@dataclass(frozen=True, kw_only=True)
class Flag:
    """A record worth a human look; never a finding. `carried` lists the indicators and windows it rests on."""

    subject_kind: Subject
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
    """How one concern's selection went: how many were compared, selected, tied at the cut, and could not be judged."""

    as_of: date
    subject_kind: Subject
    concern: Concern
    method: str
    compared: int
    selected: int
    tied: int
    insufficient: int
    threshold: float


def flag_statistical(
    detected: Sequence[Detected], settings: Settings, purposes: Purposes
) -> tuple[list[Flag], list[Outcome]]:
    """Combine what detectors say of each subject and concern, select, and explain."""
    flags: list[Flag] = []
    outcomes: list[Outcome] = []
    panels = {id(d.panel): d.panel for d in detected}
    for key, view in panels.items():
        said = [d for d in detected if id(d.panel) == key]
        p_values = np.column_stack([d.scores.p_value for d in said])
        combined = combine(p_values)
        selection = _select(combined, settings, view.concern)
        chosen = np.flatnonzero(selection.chosen).tolist()
        flags += [_statistical(said, at, float(combined[at]), selection, settings, purposes) for at in chosen]
        outcomes.append(
            Outcome(
                as_of=view.as_of,
                subject_kind=view.kind,
                concern=view.concern,
                method=settings.selection[view.concern].method,
                compared=len(view.ids) - selection.insufficient,
                selected=int(selection.chosen.sum()),
                tied=int(selection.tied.sum()),
                insufficient=selection.insufficient,
                threshold=selection.threshold,
            )
        )
    return flags, outcomes


def _select(combined: np.ndarray, settings: Settings, concern: Concern) -> Selection:
    how = settings.selection[concern]
    if isinstance(how, ByRate):
        return select_by_fdr(combined, q=how.q)
    return select_by_capacity(combined, places=round(how.per_thousand * len(combined) / 1000))


def _statistical(
    said: Sequence[Detected], at: int, p_value: float, selection: Selection, settings: Settings, purposes: Purposes
) -> Flag:
    view = said[0].panel
    heard = [d for d in said if not np.isnan(d.scores.p_value[at])]
    carrying = [d for d in heard if len(heard) * d.scores.p_value[at] <= selection.threshold]
    carrying.sort(key=lambda d: (d.scores.p_value[at], d.detector.name))
    contributions = _carried(carrying, at, selection.threshold / len(heard))
    group = view.peers.labels[at]
    return Flag(
        subject_kind=view.kind,
        subject_id=int(view.ids[at]),
        as_of=view.as_of,
        concern=view.concern,
        standard=indicators()[contributions[0].indicator].standard if contributions else None,
        detectors=tuple(d.detector.name for d in carrying),
        family="unit" if view.kind == "unit" else carrying[0].detector.family,
        score=float(-np.log10(p_value)),
        p_value=p_value,
        q_value=float(selection.q_value[at]),
        threshold=selection.threshold,
        audience=purposes.audience[view.concern],
        policy=settings.policy.name,
        policy_version=settings.policy.version,
        explanation=statistical_sentence(
            [d.detector for d in carrying], contributions, group=group, peers=view.peers.sizes[group], p_value=p_value
        ),
        status="tied_at_cut" if selection.tied[at] else "selected",
        carried=tuple((c.indicator, c.window_days) for c in contributions),
    )


def _carried(carrying: Sequence[Detected], at: int, cut: float) -> list[Contribution]:
    """Return the contributions that a flag rests on, the strongest first.

    Where a detector gives p-values per indicator: those that would reach the cut alone, else the strongest. Where it
    does not: all that it lists.
    """
    kept: dict[tuple[str, int], Contribution] = {}
    for detected in carrying:
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
