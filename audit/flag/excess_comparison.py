"""One flag of excess done again, from the rows that it cites and what the run wrote down of everybody's past."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from audit.flag.cited_rows import RowKey
from audit.flag.rerun import FlagRow, Rerun, without
from audit.flag.side_by_side import SideBySide
from data.arrays import Floats
from data.store import Store
from features.history import history
from features.past import History, PeriodCounts
from models.excess.peer_rates import Standings
from pipeline.excess import compare_excess, select_excess, with_counts


class ExcessAgain:
    """A subject's excess, repeatable without rows in the store.

    The store holds the rows that a flag cites and nothing else. Where the subject stood in the past, and what was seen
    of everybody on an earlier day, is as the run wrote it down.
    """

    def __init__(self, rerun: Rerun, flag: Mapping[str, Any], store: Store) -> None:
        self.rerun, self.flag, self.store = rerun, flag, store
        past = rerun.past(flag["subject_kind"], flag["as_of"])
        assert past is not None, "a run with flags of excess keeps its past"
        self.past = past
        self.at = past.ids().tolist().index(flag["subject_id"])
        self.standings = Standings(past, rerun.settings.peers.smallest_group)
        self.before = compare_excess(past, flag["concern"], rerun.settings, self.standings)
        self.indicator = self.before.indicators[self.before.which[self.at]].indicator

    def clears(self, rows: frozenset[RowKey]) -> bool:
        """Say whether the subject would stay over the cut without these rows, its peers being what they are."""
        own = self._own(rows)
        one = next(e for e in self.before.indicators if e.indicator == self.indicator)
        chance = with_counts(one, self.at, own).chance_under(self.rerun.settings.excess.times)
        others = [e.chance_under(self.rerun.settings.excess.times) for e in self.before.indicators if e is not one]
        lowest = np.nanmin([c[self.at] for c in (chance, *others) if c is not None])
        return not lowest <= self.flag["threshold"]

    def again_without(self, rows: frozenset[RowKey]) -> tuple[bool, int]:
        """Select among everybody again without these rows; what was learned of the past stays.

        Returns whether the flag is gone, and how many others of its concern came or went.
        """
        own = self._own(rows)
        estimated = [
            with_counts(e, self.at, own) if e.indicator == self.indicator else e for e in self.before.indicators
        ]
        again = select_excess(self.past, self.flag["concern"], self.rerun.settings, self.standings, estimated)
        selected, subject = set(again.selected.tolist()), self.flag["subject_id"]
        return subject not in selected, len((selected ^ set(self.before.selected.tolist())) - {subject})

    def _own(self, rows: frozenset[RowKey]) -> Floats:
        """Return the subject's counts by period without these rows; none where nothing is left of the subject."""
        with without(self.store, rows):
            own = own_counts(self.rerun, self.store, self.flag, self.indicator)
        periods = self.past.indicators[self.indicator].now.periods
        return np.zeros(periods) if own is None else own.value[:periods]


def own_counts(rerun: Rerun, store: Store, row: FlagRow, name: str) -> PeriodCounts | None:
    """Return one subject's counts and exposures, a number for each period, from the rows in a store; None if gone."""
    indicators = rerun.settings.repertoire.indicators
    declarations, concerns = [indicators[name], indicators[str(indicators[name].exposure)]], [row["concern"]]
    again = history(
        store,
        declarations,
        concerns,
        kind=row["subject_kind"],
        as_of=row["as_of"],
        sources=rerun.sources,
        now_alone=True,
    )
    at = np.flatnonzero(again.ids() == row["subject_id"])
    return _counts_at(again, name, int(at[0]) if len(at) else None)


def own_counts_of_each(
    rerun: Rerun, beside: SideBySide, rows: Sequence[FlagRow], names: Sequence[str]
) -> dict[str, list[PeriodCounts | None]]:
    """Return by indicator, for each of some flags side by side, what `own_counts` returns for one."""
    indicators, first = rerun.settings.repertoire.indicators, rows[0]
    declarations = {i.name: i for name in names for i in (indicators[name], indicators[str(indicators[name].exposure)])}
    again = history(
        beside.store,
        list(declarations.values()),
        [first["concern"]],
        kind=first["subject_kind"],
        as_of=first["as_of"],
        sources=rerun.sources,
        now_alone=True,
    )
    places = [beside.numbering.position(again.ids(), flag, row["subject_id"]) for flag, row in enumerate(rows)]
    return {name: [_counts_at(again, name, at) for at in places] for name in names}


def _counts_at(again: History, name: str, at: int | None) -> PeriodCounts | None:
    if at is None or name not in again.indicators:
        return None
    now = again.indicators[name].now
    return PeriodCounts(now.value[at], now.exposure[at])


def past_faults(own: PeriodCounts | None, row: FlagRow, past: History, name: str) -> Iterator[str]:
    """Compare a subject's counts and exposures of each period, from the evidence alone, with those written down."""
    window = past.indicators[name].now
    if own is None:
        yield "computed again, the subject is not in service"
        return
    at = past.ids().tolist().index(row["subject_id"])
    for what, again, before in (("counts", own.value, window.value), ("exposures", own.exposure, window.exposure)):
        covered = ~np.isnan(before[at])
        if not np.array_equal(again[: window.periods][covered], before[at][covered]):
            yield f"{name}: {what} of the past come out differently"
