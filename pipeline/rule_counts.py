"""What each rule counts for every officer who made a claim: contradicted, judged, and those nothing can be said of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import partial

import numpy as np

from data.arrays import Array, Bools, Ids, Integers
from data.store import Store
from models.contradictions.count_query import count_query
from models.contradictions.rule import Rule


@dataclass(frozen=True)
class MonthlyCounts:
    """What one rule counts for every officer and calendar month with a claim: arrays aligned to `subject` and `month`.

    Hits, judged and cannot_say count claims. `hit_days` and `judged_days` count the days on which any claim is
    contradicted, or could be judged.
    """

    rule: Rule
    as_of: date
    subject: Ids
    month: Array
    hits: Integers
    judged: Integers
    cannot_say: Integers
    hit_days: Integers
    judged_days: Integers

    def of(self, which: Bools, ids: Ids) -> MonthlyCounts:
        """Return some of the months, of officers with these ids."""
        names = ("month", "hits", "judged", "cannot_say", "hit_days", "judged_days")
        return replace(self, subject=ids, **{name: getattr(self, name)[which] for name in names})

    def by_person(self, set_aside: Bools | None = None) -> RuleCounts:
        """Add the months of each officer up, without those that are set aside."""
        ids, which = np.unique(self.subject, return_inverse=True)
        taken = np.ones(len(self.subject), dtype=np.bool_) if set_aside is None else ~set_aside

        def total(values: Integers, of: Bools) -> Integers:
            return np.bincount(which.reshape(-1), weights=values * of, minlength=len(ids)).astype(np.int64)

        counts = {
            name: total(getattr(self, name), taken)
            for name in ("hits", "judged", "cannot_say", "hit_days", "judged_days")
        }
        return RuleCounts(self.rule, self.as_of, ids, **counts, set_aside=total(self.judged, ~taken))


@dataclass(frozen=True)
class RuleCounts:
    """What one rule counts for every officer who made a claim: arrays aligned to `ids`.

    Claims that belong to a practice are counted in `set_aside` and nowhere else.
    """

    rule: Rule
    as_of: date
    ids: Ids
    hits: Integers
    judged: Integers
    cannot_say: Integers
    hit_days: Integers
    judged_days: Integers
    set_aside: Integers

    @property
    def testable(self) -> Bools:
        """Of whom something could be said: who has judged days enough to reach the rule's floor."""
        return np.asarray(self.judged_days >= self.rule.minimum_days)

    def contribution(self, at: int) -> dict[str, int | str]:
        """Return what was counted for one officer."""
        names = ("hits", "judged", "cannot_say", "hit_days", "judged_days", "set_aside")
        counted = {name: int(getattr(self, name)[at]) for name in names}
        return {"rule": self.rule.name, "window_days": self.rule.window, **counted}

    @classmethod
    def written(cls, rule: Rule, as_of: date, rows: Mapping[int, Mapping[str, int]]) -> RuleCounts:
        """Return the counts of a rule from what `contribution` gave for each officer."""
        ids = np.array(sorted(rows), dtype=np.int64)
        names = ("hits", "judged", "cannot_say", "hit_days", "judged_days", "set_aside")
        counts = {n: np.array([rows[i][n] for i in ids.tolist()], dtype=np.int64) for n in names}
        return cls(rule, as_of, ids, **counts)


def count_contradictions(
    store: Store, rules: Iterable[Rule], as_of: date, *, span: int | None = None
) -> list[MonthlyCounts]:
    """Run the rules whose tables are there on the loaded records.

    With `span`, keys come in ranges of so many numbers, and rows are held against those of their own range alone.
    """
    present = store.tables("loaded")
    counts = []
    for rule in rules:
        if set(rule.tables) <= present:
            sql = count_query(rule, as_of, span=span)
            counts.append(store.kept(sql, partial(_monthly_counts, store, rule, as_of, sql), rule.name))
    return counts


def _monthly_counts(store: Store, rule: Rule, as_of: date, sql: str) -> MonthlyCounts:
    counted = store.arrow(sql, step=f"{as_of}/rules/{rule.name}")
    subject, month, *rest = (counted[n].to_numpy() for n in counted.column_names)
    months = np.asarray(month, dtype="datetime64[M]")
    integers = [np.asarray(column, dtype=np.int64) for column in (subject, *rest)]
    return MonthlyCounts(rule, as_of, integers[0], months, *integers[1:])


def skipped_rules(rules: Sequence[Rule], present: set[str]) -> list[tuple[str, tuple[str, ...]]]:
    """Return the rules that cannot run, each with the absent tables it needs."""
    return [(r.name, tuple(sorted(set(r.tables) - present))) for r in rules if not set(r.tables) <= present]
