"""Whom to look at first: everybody by the evidence of all detectors and rules, those included that keep no rate.

A ranking promises no rate; it says in which order a fixed number of people is looked at. In standards each kind of
conduct shows in a rule or an indicator of its own, and the strongest sign decides. Of officers in welfare and culture
one state shows weakly in several, and what they come to together decides. A team stands out in one or two of few kinds
of counts, which differ by far between ordinary teams: each is set against how much teams differ in it first. See
`models.pooled_rates`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np

from data.arrays import Array, Floats, Ids, Positions
from data.vocabulary import Concern, SubjectKind
from models.pooled_rates import Counted, counted_in, pooled_excess, standardised_excess
from models.selection.fdr import combine
from pipeline.compare import Comparison
from pipeline.rule_selection import RuleEvidence, RuleSelection

Pooling = Callable[[Sequence[Counted], Positions], Floats]

POOLED: Final[Mapping[tuple[SubjectKind, Concern], Pooling]] = MappingProxyType(
    {
        ("officer", "welfare"): pooled_excess,
        ("officer", "culture"): pooled_excess,
        ("unit", "culture"): standardised_excess,
    }
)
"""Of whom, and for which concern, signs are added up, and how; everybody else is ranked by the strongest sign."""


@dataclass(frozen=True)
class RankedSubjects:
    """A score for each subject of a comparison, higher first, NaN where nothing is said, and a p-value if it is one."""

    score: Floats
    p_value: Floats


def rank_everybody(compared: Comparison, contradictions: Sequence[RuleSelection] = ()) -> RankedSubjects:
    """Rank the subjects of one comparison by what its detectors, and the rules of the same concern, say of them.

    Where signs are added up they are counts of indicators and rules, whichever detectors take part. At least one
    detector other than a baseline has to be among the scores.
    """
    panel = compared.panel
    rules = [
        evidence
        for selected in contradictions
        if panel.kind == "officer" and (selected.concern, selected.as_of) == (panel.concern, panel.as_of)
        for evidence in selected.evidence
    ]
    pooling = POOLED.get((panel.kind, panel.concern))
    if pooling is not None:
        counted = [*counted_in(panel), *(_counted(evidence, panel.ids) for evidence in rules)]
        score = pooling(counted, panel.group_of)
        return RankedSubjects(score, np.full(len(score), np.nan))
    detectors, how = [s for s in compared.scores if s.detector.family != "baseline"], compared.settings.combination
    signs = [s.scores.p_value for s in detectors]
    signs += [_aligned(evidence.p_value, evidence.counts.ids, panel.ids) for evidence in rules]
    weights = [*(how.weight(s.detector.family) for s in detectors), *(how.weight("contradiction") for _ in rules)]
    p_value = combine(np.column_stack(signs), method=how.method, weights=weights)
    # A p-value of 0, which underflow can give, becomes an infinite score: first, as it should be.
    with np.errstate(divide="ignore"):
        return RankedSubjects(np.abs(np.log10(p_value)), p_value)


def _counted(evidence: RuleEvidence, ids: Ids) -> Counted:
    counts = evidence.counts
    return Counted(_aligned(counts.hit_days, counts.ids, ids), _aligned(counts.judged_days, counts.ids, ids))


def _aligned(values: Array, of: Ids, ids: Ids) -> Floats:
    """Return values in the order of other ids, NaN for whoever has none."""
    aligned = np.full(len(ids), np.nan)
    if len(of):
        at = np.minimum(np.searchsorted(of, ids), len(of) - 1)
        own = of[at] == ids
        aligned[own] = values[at[own]]
    return aligned
