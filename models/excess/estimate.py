"""One indicator's excess: rates next to peers, what was learned of the past, and whether excess came true there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from data.arrays import Bools, Floats, Positions
from features.past import History, IndicatorHistory
from models.excess.forgetting import Forgetting, Past, learn, past_of
from models.excess.peer_rates import Standings, expected_counts
from models.excess.relative_rates import RelativeRates, weights
from models.nulls.truncated import FEWEST_PEERS
from models.selection.by_chance import select_by_chance

Standing = Literal["checked", "withheld", "no_past", "too_few"]
"""Whether an excess of an indicator can be promised.

`checked`: those of whom an excess was surest on the earlier day had later about as much as was predicted. `withheld`:
less came than was predicted. `no_past`: records do not reach back far enough to learn how the past fades. `too_few`:
too few people or events to learn it from.
"""

SUREST: Final = 0.01
"""The share of people that a check takes at least, however few would have been flagged; never fewer than `FEWEST`."""

FEWEST: Final = 10

SHORT: Final = 1.645
"""By how many standard deviations less may come than predicted before nothing is promised: one in twenty, by chance."""


@dataclass(frozen=True)
class PastCheck:
    """Those of whom an excess was surest on a day: how many, what was predicted of them, and what came.

    They are those who were or would have been flagged, `flagged` of them, or more where these are few. `due` is what
    peers with the same exposure left since then; predicted and came are counts, `deviation` the standard deviation of
    the prediction.
    """

    people: int
    flagged: int
    due: float
    predicted: float
    came: float
    deviation: float

    @property
    def fell_short(self) -> bool:
        """Whether less came than chance allows."""
        return self.came < self.predicted - SHORT * self.deviation


@dataclass(frozen=True)
class Excess:
    """One indicator: what was learned, how it was borne out, and everybody's rates, or why there are none.

    `rates`, `counts` and `due` are aligned to the subjects; `counts` is what was counted in all periods, and `due` what
    peers with the same exposure would have left.
    """

    indicator: str
    periods: int
    ahead: int
    standing: Standing
    learned: Forgetting | None = None
    check: PastCheck | None = None
    past: Past | None = None
    rates: RelativeRates | None = None
    counts: Floats | None = None
    due: Floats | None = None

    def chance_under(self, times: float) -> Floats | None:
        """Return everybody's chance of a rate under so many times that of peers; NaN for who has too few peers."""
        if self.rates is None or self.standing != "checked":
            return None
        return self.rates.chance_under(times)


def estimate(
    history: History, name: str, standings: Standings, *, times: float, q: float, learned: Forgetting | None = None
) -> Excess:
    """Estimate an indicator's relative rates; what was `learned` before is not learned again."""
    seen = history.indicators[name]
    past = past_of(history, seen, standings)
    if past is None:
        return Excess(name, seen.now.periods, 0, "no_past")
    learned = learned or learn(past)
    if learned is None:
        return Excess(name, seen.now.periods, seen.ahead, "too_few", past=past)
    check = check_past(past, learned, times=times, q=q)
    standing: Standing = "withheld" if check.fell_short else "checked"
    rates, counts, due = relative_rates(history, seen, standings, learned)
    return Excess(name, seen.now.periods, seen.ahead, standing, learned, check, past, rates, counts, due)


def relative_rates(
    history: History, seen: IndicatorHistory, standings: Standings, learned: Forgetting
) -> tuple[RelativeRates, Floats, Floats]:
    """Return everybody's rates on the as-of date, with counts and what peers would have left, unweighted."""
    groups, times = standings.groups(history.ids(), 0, seen.now.periods), standings.times(history.ids())
    expected, value = expected_counts(seen.now, groups, times), np.nan_to_num(seen.now.value)
    weight = weights(learned.factor, seen.now.periods)
    enough = _enough_peers(groups[:, 0], expected.sum(axis=1) > 0)
    rates = RelativeRates(learned.shape, value @ weight, np.where(enough, expected @ weight, np.nan))
    return rates, value.sum(axis=1), expected.sum(axis=1)


def _enough_peers(group: Positions, exposed: Bools) -> Bools:
    sizes = np.bincount(group[exposed & (group >= 0)], minlength=int(group.max(initial=0)) + 1)
    return np.asarray(exposed & (group >= 0) & (sizes[np.maximum(group, 0)] >= FEWEST_PEERS))


def check_past(past: Past, learned: Forgetting, *, times: float, q: float, among: Bools | None = None) -> PastCheck:
    """Hold the earlier day's surest against what came since: of all, or of those `among` the past's people."""
    rates = past.rates(learned.factor, learned.shape)
    chance = np.where((past.due > 0) & (past.expected.sum(axis=1) > 0), rates.chance_under(times), np.nan)
    flagged = select_by_chance(chance, q=q).chosen
    least = min(max(FEWEST, int(SUREST * len(chance))), int(np.sum(~np.isnan(chance))))
    surest = np.zeros(len(chance), dtype=np.bool_)
    surest[np.argsort(chance, kind="stable")[:least]] = True  # NaN stands last
    chosen = flagged | surest
    if among is not None:
        chosen = chosen & among
    return held_against(rates, due=past.due, came=past.came, chosen=chosen, flagged=flagged)


def held_against(rates: RelativeRates, *, due: Floats, came: Floats, chosen: Bools, flagged: Bools) -> PastCheck:
    """Hold what rates predict of those chosen, with what peers left afterwards, against what came of them."""
    own, mean = due[chosen], rates.mean[chosen]
    spread = mean / (rates.shape + rates.expected[chosen])
    return PastCheck(
        people=int(chosen.sum()),
        flagged=int((flagged & chosen).sum()),
        due=float(own.sum()),
        predicted=float((own * mean).sum()),
        came=float(came[chosen].sum()),
        deviation=float(np.sqrt((own * mean + own**2 * spread).sum())),
    )
