"""What each rule counts for every officer who made a claim: contradicted, judged, and those nothing can be said of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from data.arrays import Bools, Floats, Ids, Integers
from data.store import Store
from models.contradictions.claim_query import count_query
from models.contradictions.rule import Rule


@dataclass(frozen=True)
class RuleCounts:
    """What one rule counts for every officer who made a claim: arrays aligned to `ids`."""

    rule: Rule
    as_of: date
    ids: Ids
    hits: Integers
    judged: Integers
    cannot_say: Integers

    @property
    def share(self) -> Floats:
        """Contradicted claims in percent of those that could be judged; 0 where none could."""
        return 100.0 * self.hits / np.maximum(self.judged, 1)

    @property
    def reached(self) -> Bools:
        """Who reaches the rule's tolerance."""
        enough: Bools = self.hits >= self.rule.minimum_hits
        return enough & (self.share >= self.rule.minimum_share)


def count_contradictions(
    store: Store, rules: Iterable[Rule], as_of: date, *, span: int | None = None
) -> list[RuleCounts]:
    """Run the rules whose tables are there on the loaded records.

    With `span`, keys come in ranges of so many numbers, and rows are held against those of their own range alone.
    """
    present = store.tables("loaded")
    counts = []
    for rule in rules:
        if set(rule.tables) <= present:
            counted = store.arrow(count_query(rule, as_of, span=span), step=f"{as_of}/rules/{rule.name}")
            columns = [np.asarray(counted[n].to_numpy(), dtype=np.int64) for n in counted.column_names]
            counts.append(RuleCounts(rule, as_of, *columns))
    return counts


def skipped_rules(rules: Sequence[Rule], present: set[str]) -> list[tuple[str, tuple[str, ...]]]:
    """Return the rules that cannot run, each with the absent tables it needs."""
    return [(r.name, tuple(sorted(set(r.tables) - present))) for r in rules if not set(r.tables) <= present]


def rule_contribution(counts: RuleCounts, at: int) -> dict[str, int | str]:
    """Return what a rule counted for one officer."""
    return {
        "rule": counts.rule.name,
        "window_days": counts.rule.window,
        "hits": int(counts.hits[at]),
        "judged": int(counts.judged[at]),
        "cannot_say": int(counts.cannot_say[at]),
    }
