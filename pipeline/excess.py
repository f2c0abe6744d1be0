"""The excess stage: who has a true rate well above that of peers, and how far such statements came true in the past."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Final

import numpy as np
import pyarrow as pa

from data.arrays import Floats, Ids, Positions
from data.vocabulary import Concern, SubjectKind
from features.indicator import Indicator
from features.past import PERIOD_DAYS, History
from models.excess.estimate import Excess, estimate, relative_rates
from models.excess.peer_rates import Standings
from models.excess.relative_rates import RelativeRates, weights
from models.nulls.truncated import SMALLEST
from models.scores import Contribution
from models.selection.by_chance import select_by_chance
from models.selection.fdr import Selection
from pipeline.flag import Flag
from pipeline.settings import Settings
from pipeline.wording import excess_sentence

NAME: Final = "excess"
"""The name under which excess stands in scores and flags."""

SCHEMA: Final = pa.schema(
    [
        ("as_of", pa.date32()),
        ("subject_kind", pa.string()),
        ("concern", pa.string()),
        ("indicator", pa.string()),
        ("standing", pa.string()),
        ("times", pa.float64()),
        ("q", pa.float64()),
        ("periods", pa.int32()),
        ("earlier_day", pa.date32()),
        ("factor", pa.float64()),
        ("shape", pa.float64()),
        ("people", pa.int64()),
        ("events", pa.int64()),
        ("people_then", pa.int64()),
        ("flagged_then", pa.int64()),
        ("due", pa.float64()),
        ("predicted", pa.float64()),
        ("came", pa.float64()),
        ("flagged", pa.int64()),
        ("expected_short", pa.float64()),
    ]
)
"""The columns of `excess.parquet`: what was learned of each indicator, how it was borne out, who is flagged."""


@dataclass(frozen=True)
class ExcessComparison:
    """Everybody of one kind, for one concern on one date, by the indicator of which an excess is the surest.

    `chance` is that of a rate under the settings' times; `which` is the position of the indicator it is about. NaN
    and -1 where nothing can be said. A flag claims an excess of that one indicator: what the others say is not added
    to it, so that how far they depend on one another plays no part.
    """

    history: History
    concern: Concern
    settings: Settings
    indicators: tuple[Excess, ...]
    chance: Floats
    which: Positions
    selection: Selection
    standings: Standings

    @property
    def kind(self) -> SubjectKind:
        """The kind of subject."""
        return self.history.kind

    @property
    def as_of(self) -> date:
        """The as-of date."""
        return self.history.as_of

    @cached_property
    def ids(self) -> Ids:
        """The subjects' ids, ascending."""
        return self.history.ids()

    @cached_property
    def labels(self) -> list[str]:
        """The peer group in which each subject stands on the as-of date."""
        return [self.standings.names[n] for n in self.standings.groups(self.ids, 0, 1)[:, 0].tolist()]

    @property
    def selected(self) -> Ids:
        """The ids of those who were selected."""
        return self.ids[self.selection.chosen]

    @cached_property
    def flags(self) -> tuple[Flag, ...]:
        """A flag for each who was selected, in the order of ids."""
        return tuple(self._flag(at) for at in np.flatnonzero(self.selection.chosen).tolist())

    @cached_property
    def score(self) -> Floats:
        """The chance as a score, in powers of ten: the surer an excess, the higher; 0 where nothing can be said."""
        chance = np.nan_to_num(self.chance, nan=1.0)
        return np.where(np.isnan(self.chance), 0.0, -np.log10(np.maximum(chance, SMALLEST)))

    def contribution(self, at: int) -> Contribution | None:
        """Return what the flag of a subject rests on, or would rest on; None where nothing can be said."""
        if self.which[at] < 0:
            return None
        one = self.indicators[self.which[at]]
        if one.rates is None or one.counts is None or one.due is None or one.learned is None:
            return None
        own = RelativeRates(one.rates.shape, one.rates.events[[at]], one.rates.expected[[at]])
        (low,), (high,) = own.interval()
        return Contribution(
            indicator=one.indicator,
            window_days=one.periods * PERIOD_DAYS,
            observed=float(one.counts[at]),
            expected=float(one.due[at]),
            shape=one.rates.shape,
            rate=float(own.mean[0]),
            rate_low=float(low),
            rate_high=float(high),
            chance=float(self.chance[at]),
            events=float(own.events[0]),
            due=float(own.expected[0]),
        )

    def next_to_everybody(self, one: Excess) -> RelativeRates | None:
        """Return the rates of one indicator next to everybody, wherever they are posted."""
        if one.learned is None:
            return None
        everybody = Standings(self.history, self.standings.smallest, posted=False)
        key = one.indicator
        if key not in self._everybody:
            own = estimate(
                self.history, key, everybody, times=self.settings.excess.times, q=self.settings.excess.q
            ).learned
            seen = self.history.indicators[key]
            rates, _, _ = relative_rates(self.history, seen, everybody, own or one.learned)
            self._everybody[key] = rates
        return self._everybody[key]

    @cached_property
    def _everybody(self) -> dict[str, RelativeRates]:
        return {}

    def _flag(self, at: int) -> Flag:
        settings, one = self.settings, self.indicators[self.which[at]]
        contribution, blind = self.contribution(at), self.next_to_everybody(one)
        assert contribution is not None
        assert one.learned is not None
        assert blind is not None
        own = RelativeRates(blind.shape, blind.events[[at]], blind.expected[[at]])
        indicator = settings.repertoire.indicators[one.indicator]
        (low,), (high,) = own.interval()
        return Flag(
            subject_kind=self.kind,
            subject_id=int(self.ids[at]),
            as_of=self.as_of,
            concern=self.concern,
            standard=indicator.standard if self.concern == "standards" else None,
            detectors=(NAME,),
            family="excess",
            promise="excess",
            score=float(self.score[at]),
            p_value=None,
            q_value=float(self.selection.q_value[at]),
            threshold=self.selection.threshold,
            audience=settings.in_force.audience[self.concern],
            policy=settings.policy.name,
            policy_version=settings.policy.version,
            explanation=excess_sentence(
                contribution,
                times=settings.excess.times,
                factor=one.learned.factor,
                everybody=(float(low), float(high)),
            ),
            status="selected",
            carried=((one.indicator, one.periods * PERIOD_DAYS),),
        )

    def rows(self) -> list[dict[str, object]]:
        """Return what was learned and borne out, a row of `excess.parquet` for each indicator."""
        return [self._row(number, one) for number, one in enumerate(self.indicators)]

    def _row(self, number: int, one: Excess) -> dict[str, object]:
        learned, check = one.learned, one.check
        mine = self.selection.chosen & (self.which == number)
        back = timedelta(days=PERIOD_DAYS * one.ahead)
        return {
            "as_of": self.as_of,
            "subject_kind": self.kind,
            "concern": self.concern,
            "indicator": one.indicator,
            "standing": one.standing,
            "times": self.settings.excess.times,
            "q": self.settings.excess.q,
            "periods": one.periods,
            "earlier_day": self.as_of - back if one.ahead else None,
            "factor": learned and learned.factor,
            "shape": learned and learned.shape,
            "people": learned and learned.people,
            "events": learned and learned.events,
            "people_then": check and check.people,
            "flagged_then": check and check.flagged,
            "due": check and check.due,
            "predicted": check and check.predicted,
            "came": check and check.came,
            "flagged": int(mine.sum()),
            "expected_short": float(self.chance[mine].sum()),
        }


def compare_excess(
    history: History, concern: Concern, settings: Settings, standings: Standings | None = None
) -> ExcessComparison:
    """Compare everybody's rates of what feeds a concern with those of peers, and select those well above them."""
    standings = standings or Standings(history, settings.peers.smallest_group)
    serving = [i.name for i in settings.indicators if reads(i) and concern in i.concerns]
    names = sorted(set(serving) & set(history.indicators))
    times, q = settings.excess.times, settings.excess.q
    return select_excess(
        history, concern, settings, standings, [estimate(history, n, standings, times=times, q=q) for n in names]
    )


def select_excess(
    history: History, concern: Concern, settings: Settings, standings: Standings, estimated: Sequence[Excess]
) -> ExcessComparison:
    """Select among everybody by what was estimated of each indicator."""
    n = len(history.ids())
    chances = np.full((len(estimated) + 1, n), np.inf)
    for number, one in enumerate(estimated):
        chance = one.chance_under(settings.excess.times)
        if chance is not None:
            chances[number] = np.where(np.isnan(chance), np.inf, chance)
    which = np.argmin(chances, axis=0)
    lowest = chances[which, np.arange(n)]
    said = np.isfinite(lowest)
    chance = np.where(said, lowest, np.nan)
    selection = select_by_chance(chance, q=settings.excess.q)
    which = np.where(said, which, -1)
    return ExcessComparison(history, concern, settings, tuple(estimated), chance, which, selection, standings)


def with_counts(one: Excess, at: int, own: Floats) -> Excess:
    """Return an indicator's excess with other counts of one subject, what peers would have left staying what it is."""
    if one.rates is None or one.learned is None:
        return one
    events = one.rates.events.copy()
    events[at] = np.nan_to_num(own) @ weights(one.learned.factor, len(own))
    return replace(one, rates=replace(one.rates, events=events))


def reads(indicator: Indicator) -> bool:
    """Say whether an indicator is a count with an exposure that it is no part of."""
    counts = indicator.aggregate in ("count", "distinct")
    rate = counts and isinstance(indicator.exposure, str) and not indicator.proportion
    return rate and indicator.read_by is None


def excess_table(compared: Sequence[ExcessComparison]) -> pa.Table:
    """Return what was learned and borne out, as `excess.parquet`."""
    rows = [row for one in compared for row in one.rows()]
    keys = ["as_of", "subject_kind", "concern", "indicator"]
    return pa.Table.from_pylist(rows, schema=SCHEMA).sort_by([(key, "ascending") for key in keys])
