"""One flag by a rule done again: with some of its rows taken away, with peers drawn anew, on another day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, Final

import numpy as np

from audit.flag.cited_rows import RowKey
from audit.flag.rerun import Rerun, without
from audit.flag.written_claims import WrittenClaims
from data.arrays import Ids
from data.store import Store
from features.table import FeatureTable
from pipeline.rule_counts import MonthlyCounts, RuleCounts, count_contradictions
from pipeline.rule_selection import RuleEvidence, RuleSelection, select_by_rules
from pipeline.settings import Settings

COUNTED: Final = ("hits", "judged", "cannot_say", "hit_days", "judged_days", "set_aside")


class RuleComparison:
    """An officer's claims under one rule set beside everybody's, repeatable without some of the rows in the store.

    The store holds the rows that the flag cites and nothing else. Everybody's counts, and what is ordinary, are those
    that the run wrote down; what is ordinary is fitted again where everybody is selected anew.
    """

    def __init__(self, rerun: Rerun, flag: Mapping[str, Any], store: Store) -> None:
        self.rerun, self.flag, self.store = rerun, flag, store
        self.rule = rerun.settings.repertoire.rules[flag["detectors"][0]]

    @cached_property
    def selection(self) -> RuleSelection:
        """The selection by all rules of the flag's concern, done again."""
        return next(s for s in self.rerun.by_rules(self.flag["as_of"]) if s.concern == self.flag["concern"])

    @cached_property
    def evidence(self) -> RuleEvidence:
        """What the rule counts of everybody beside what is ordinary, fitted again."""
        return next(e for e in self.selection.evidence if e.counts.rule.name == self.rule.name)

    @cached_property
    def written(self) -> WrittenClaims:
        """What the run wrote down of the officer's claims, and of what is ordinary."""
        return WrittenClaims(self.rerun, self.flag)

    def counted(self, rows: frozenset[RowKey] = frozenset()) -> dict[str, int]:
        """Count the officer's claims again from the cited rows alone, without some of them."""
        with without(self.store, rows):
            return self._own(count_contradictions(self.store, [self.rule], self.flag["as_of"]))

    def differing(self, monthly: Sequence[MonthlyCounts]) -> list[str]:
        """Return what differs between counts of the officer's claims and those that the run wrote down."""
        return [
            f"{name.replace('_', ' ')} come out as {value}, not {self.written.counted[name]}"
            for name, value in self._own(monthly).items()
            if value != self.written.counted[name]
        ]

    def _own(self, every: Sequence[MonthlyCounts]) -> dict[str, int]:
        if not every:
            return dict.fromkeys(COUNTED, 0)
        (monthly,) = every
        counts = monthly.by_person(self.rerun.set_aside(monthly))
        own = np.flatnonzero(counts.ids == self.flag["subject_id"])
        return {name: int(getattr(counts, name)[own[0]]) if len(own) else 0 for name in COUNTED}

    def clears(self, rows: frozenset[RowKey]) -> bool:
        """Say whether the flag would not be raised without these rows, what is ordinary being what it is."""
        return not self.reaches(self.counted(rows))

    def reaches(self, counted: Mapping[str, int]) -> bool:
        """Say whether an officer in the place of this one with such counts would be over the cut."""
        days = counted["hit_days"]
        enough = days >= self.rule.minimum_days
        return enough and bool(self.written.chance(days, counted["judged_days"]) <= self.flag["threshold"])

    def again_without(self, rows: frozenset[RowKey]) -> tuple[bool, int]:
        """Fit what is ordinary and select again without these rows.

        Returns whether the flag is gone, and how many others of its concern came or went.
        """
        counted = self.counted(rows)
        at = int(np.searchsorted(self.evidence.counts.ids, self.flag["subject_id"]))
        changed = [_with(e.counts, at, counted) if e is self.evidence else e.counts for e in self.selection.evidence]
        every = [c for s in self.rerun.by_rules(self.flag["as_of"]) if s is not self.selection for c in _counts(s)]
        evidence = [e for s in self.rerun.by_rules(self.flag["as_of"]) for e in s.evidence]
        again = select_by_rules([*changed, *every], self.officers, self.settings, before=evidence)
        mine = (self.flag["subject_id"], self.rule.name)
        before, after = (_flagged(s, self.flag["concern"]) for s in ([self.selection], again))
        return mine not in after, len((before ^ after) - {mine})

    def raised_with(self, drawn: Ids) -> bool:
        """Say whether the flag is raised when what is ordinary is fitted to other officers, drawn with replacement."""
        counts = [c for s in self.rerun.by_rules(self.flag["as_of"]) for c in _counts(s)]
        again = select_by_rules(counts, self.officers, self.settings, fitted_to=drawn)
        return (self.flag["subject_id"], self.rule.name) in _flagged(again, self.flag["concern"])

    @cached_property
    def officers(self) -> FeatureTable:
        """The officers in service on the flag's date, as the run wrote them down."""
        return self.rerun.table("officer", self.flag["as_of"], ())

    @cached_property
    def settings(self) -> Settings:
        """The run's settings with the level that its dates left to the flag's own date, which then stands alone."""
        settings = self.rerun.settings
        own = settings.contradictions.model_copy(update={"q": self.selection.level})
        each = settings.across_dates.model_copy(update={"method": "each"})
        return settings.model_copy(update={"contradictions": own, "across_dates": each})

    def fewer(self) -> int | None:
        """Return by how many contradicted days the officer would be clear of the cut, had they been borne out."""
        own = self.written.counted
        days = own["hit_days"]
        return next((less for less in range(1, days + 1) if not self.reaches(own | {"hit_days": days - less})), None)


def _counts(selection: RuleSelection) -> list[RuleCounts]:
    return [evidence.counts for evidence in selection.evidence]


def _flagged(selections: Sequence[RuleSelection], concern: str) -> set[tuple[int, str]]:
    return {pair for s in selections if s.concern == concern for pair in s.flagged}


def _with(counts: RuleCounts, at: int, counted: Mapping[str, int]) -> RuleCounts:
    changed = {}
    for name in COUNTED:
        changed[name] = getattr(counts, name).copy()
        changed[name][at] = counted[name]
    return replace(counts, **changed)
