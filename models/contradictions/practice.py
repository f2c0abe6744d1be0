"""Practices: what many do although a rule speaks against it is a fact about a place or a custom, not about a person.

Three findings are made of each rule.

- **The force**: at least a quarter of the people whose claims could be judged have a contradicted one. What so many
  leave behind is how things are done or recorded here. Where fewer than `FEWEST_PEERS` people make such claims, nothing
  is ordinary among them: they may be the very people that the rule looks for.
- **An area, or a team**: people who are more often contradicted than nine in ten of the force are at least half of
  those who work there, and more than such places ordinarily have (`PLACE_SPREAD`). Areas and teams of all rules are
  selected together by false discovery rate.
- **A month**: claims of the whole force are contradicted at least three times as often as in the median month, for at
  least a tenth of the people. Ordinary months differ by a factor of two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from data.arrays import Array, Bools, Floats, Positions
from models.nulls.mixed_binomial import stated_null
from models.nulls.truncated import FEWEST_PEERS
from models.selection.fdr import q_values

Scope = Literal["force", "area", "team", "month"]

FORCE_SHARE: Final = 0.25
"""From such a share of people on, what a rule speaks against is a practice of the force."""

UNUSUAL: Final = 0.1
"""Somebody is contradicted often when fewer than one in ten ordinary people are as often."""

PLACE_SHARE: Final = 0.5
"""In a practice of an area or a team so many of those who work there are contradicted often."""

FEWEST: Final = 4
"""Fewer than four people are no practice, however small their team."""

PLACE_SPREAD: Final = 1.0
"""How much places ordinarily differ: the standard deviation of the log-odds that somebody there is contradicted often.

Stated, since teams with few such people cannot tell; in drawn forces teams differ by a quarter to a half.
"""

RATE: Final = 0.1
"""The false discovery rate of practices of areas and teams."""

MONTH_FACTOR: Final = 3.0
MONTH_SHARE: Final = 0.1


@dataclass(frozen=True)
class Claims:
    """What a rule counts by person and month, and where people work: arrays aligned to one another.

    `area` and `team` are ids, -1 where there is none. `person` and `month` are given for each person and month with a
    claim; `often` says for each who is contradicted often, `area` and `team` where that person works.
    """

    person: Positions
    month: Array
    hit_days: Floats
    judged_days: Floats
    area: Positions
    team: Positions
    often: Bools


@dataclass(frozen=True, kw_only=True)
class PracticeScope:
    """Where and when something is a practice; the months run from `since` to `until`, both included."""

    scope: Scope
    scope_id: int | None
    since: np.datetime64
    until: np.datetime64
    claims: int
    contradicted: int
    people: int
    people_contradicted: int
    q_value: float | None = None

    @property
    def is_part(self) -> bool:
        """Whether it concerns a part of the force or of the time: then its claims single nobody out."""
        return self.scope != "force"

    def covers(self, claims: Claims) -> Bools:
        """Return which persons' months it covers."""
        within: Bools = (claims.month >= self.since) & (claims.month <= self.until)
        if self.scope in ("area", "team"):
            within = within & (getattr(claims, self.scope) == self.scope_id)
        return within


def find_practices(rules: Sequence[Claims]) -> list[list[PracticeScope]]:
    """Return the practices of each rule, the force's first, then months, areas and teams."""
    places = _places(rules)
    return [[*_force(claims), *_months(claims), *of_places] for claims, of_places in zip(rules, places, strict=True)]


def _described(
    claims: Claims, inside: Bools, scope: Scope, scope_id: int | None, *, q_value: float | None = None
) -> PracticeScope:
    judged, hit = inside & (claims.judged_days > 0), inside & (claims.hit_days > 0)
    return PracticeScope(
        scope=scope,
        scope_id=scope_id,
        since=claims.month[judged].min(),
        until=claims.month[judged].max(),
        claims=int(claims.judged_days[inside].sum()),
        contradicted=int(claims.hit_days[inside].sum()),
        people=len(np.unique(claims.person[judged])),
        people_contradicted=len(np.unique(claims.person[hit])),
        q_value=q_value,
    )


def _force(claims: Claims) -> list[PracticeScope]:
    if not (claims.judged_days > 0).any():
        return []
    whole = _described(claims, np.ones(len(claims.person), dtype=np.bool_), "force", None)
    many = whole.people >= FEWEST_PEERS and whole.people_contradicted >= FORCE_SHARE * whole.people
    return [whole] if many else []


def _months(claims: Claims) -> list[PracticeScope]:
    months = np.unique(claims.month)
    parts = [claims.month == month for month in months]
    judged, hit = (np.array([days[part].sum() for part in parts]) for days in (claims.judged_days, claims.hit_days))
    share = hit / np.maximum(judged, 1)
    usual = float(np.median(share)) if len(share) else 0.0
    found = []
    for part, own in zip(parts, share.tolist(), strict=True):
        if own > 0 and own >= MONTH_FACTOR * usual:
            month = _described(claims, part, "month", None)
            if month.people_contradicted >= max(MONTH_SHARE * month.people, 10):
                found.append(month)
    return found


def _places(rules: Sequence[Claims]) -> list[list[PracticeScope]]:
    """Return the areas and teams of each rule in which many are contradicted often.

    The share of such people elsewhere is what a place is held against: it cannot hide itself. Places with few of them
    count as tests of chance 1, since they are no practice whatever their chance.
    """
    tested, places = 0, list[tuple[int, Scope, int]]()
    tails = list[float]()
    for number, claims in enumerate(rules):
        for scope in _PLACES:
            ids, often, people = _tally(claims, scope, np.ones(len(claims.person), dtype=np.bool_))
            tested += len(ids)
            many = (often >= PLACE_SHARE * people) & (often >= FEWEST)
            for scope_id in ids[many].tolist():
                places.append((number, scope, scope_id))
                _, elsewhere, of = _tally(claims, scope, _outside(claims, scope, scope_id))
                at = ids == scope_id
                null = stated_null((elsewhere.sum() + 0.5) / (of.sum() + 1.0), PLACE_SPREAD)
                enough = of.sum() >= FEWEST_PEERS
                tails.append(float(null.upper_tail(often[at], people[at], np.zeros(1))[0]) if enough else 1.0)
    chances = np.ones(tested)
    chances[: len(tails)] = tails
    found: list[list[PracticeScope]] = [[] for _ in rules]
    areas = list[tuple[int, Bools]]()
    for (number, scope, scope_id), q_value in zip(places, q_values(chances).tolist()[: len(places)], strict=True):
        if q_value <= RATE:
            claims = rules[number]
            there = getattr(claims, scope) == scope_id
            # A team in an area that is found is part of that finding.
            if scope == "team" and any(of == number and (there & area).any() for of, area in areas):
                continue
            areas += [(number, there)] if scope == "area" else []
            inside = _best_run(claims, there)
            found[number].append(_described(claims, inside, scope, scope_id, q_value=q_value))
    return found


def _outside(claims: Claims, scope: Scope, scope_id: int) -> Bools:
    """Return the claims made in other areas than a place is in; for a team in no area, those of other teams."""
    there: Bools = getattr(claims, scope) == scope_id
    area = np.unique(claims.area[there])
    return ~there if scope == "team" and (area < 0).any() else ~np.isin(claims.area, area)


_PLACES: Final[tuple[Scope, ...]] = ("area", "team")


def _tally(claims: Claims, scope: Scope, part: Bools) -> tuple[Positions, Floats, Floats]:
    """Return the places of a kind in a part of the claims, the people contradicted often in each, and all people."""
    place = getattr(claims, scope)
    judged = part & (claims.judged_days > 0) & (place >= 0)
    _, first = np.unique(claims.person[judged], return_index=True)
    where, often = place[judged][first], claims.often[judged][first]
    ids, number = np.unique(where, return_inverse=True)
    contradicted = np.bincount(number, weights=often, minlength=len(ids)).astype(np.float64)
    return ids, contradicted, np.bincount(number, minlength=len(ids)).astype(np.float64)


def _best_run(claims: Claims, inside: Bools) -> Bools:
    """Return the part of a place's months, one after another, in which claims are contradicted more often than before
    or after; all of them where no run of months stands out.

    The run with the largest likelihood ratio of two rates against one, a scan statistic (Kulldorff 1997,
    Communications in Statistics 26:1481).
    """
    months = np.unique(claims.month[inside])
    hit, judged = (
        np.array([days[inside & (claims.month == month)].sum() for month in months])
        for days in (claims.hit_days, claims.judged_days)
    )
    best, chosen = _LEAST_GAIN, (0, len(months) - 1)
    whole = _log_likelihood(hit.sum(), judged.sum())
    for first in range(len(months)):
        for last in range(first, len(months)):
            x, n = float(hit[first : last + 1].sum()), float(judged[first : last + 1].sum())
            rest_x, rest_n = float(hit.sum()) - x, float(judged.sum()) - n
            gain = _log_likelihood(x, n) + _log_likelihood(rest_x, rest_n) - whole
            if n and gain > best and x * rest_n > rest_x * n:
                best, chosen = gain, (first, last)
    run: Bools = inside & (claims.month >= months[chosen[0]]) & (claims.month <= months[chosen[1]])
    return run


_LEAST_GAIN: Final = 6.0
"""So much log-likelihood a run of months has to gain over all of them: there are 78 runs in a year."""


def _log_likelihood(hits: float, trials: float) -> float:
    if hits <= 0 or hits >= trials:
        return 0.0
    share = hits / trials
    return float(hits * np.log(share) + (trials - hits) * np.log1p(-share))
