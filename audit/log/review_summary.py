"""What reviews of a run come to: who looked, agreed or overrode, what was contested, how many people were cleared."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median
from typing import Any

from audit.log.reviews import AGREEING, CLEARING, Review

Person = tuple[str, int]


@dataclass(frozen=True)
class Reviewed:
    """The reviews of one flag, the earliest first; the last of them stands."""

    flag_id: str
    reviews: tuple[Review, ...]

    @property
    def standing(self) -> Review:
        """The review that has not been superseded."""
        return self.reviews[-1]

    @property
    def sense(self) -> str:
        """Whether the flag was agreed with, overridden, or neither can be said."""
        outcome = self.standing.outcome
        return "agreed" if outcome in AGREEING else "overrode" if outcome in CLEARING else "other"

    @property
    def contest(self) -> str:
        """Whether it was contested, and whether what was decided then differs from what was decided before."""
        contested = [at for at, review in enumerate(self.reviews) if review.contested]
        if not contested:
            return ""
        before = self.reviews[contested[0] - 1].outcome if contested[0] else None
        if before is None:
            return "contested"
        return "contested, upheld" if before == self.standing.outcome else "contested, changed"


@dataclass(frozen=True)
class Agreement:
    """How often two readers who looked at the same flags decided the same; kappa corrects for chance (Cohen 1960)."""

    readers: tuple[str, str]
    flags: int
    same: int
    kappa: float | None


@dataclass(frozen=True)
class ReviewSummary:
    """Everything there is to say about the reviews of a run.

    `surfaced` counts the people and units with a flag; of them `cleared` those whose every flag was last found to be of
    no concern or a recording error, `upheld` those with a flag that was agreed with, and `open` all others.
    """

    flags: int
    reviewed: tuple[Reviewed, ...]
    outcomes: Mapping[str, int]
    surfaced: int
    cleared: int
    upheld: int
    open: int
    median_seconds: float | None
    agreements: tuple[Agreement, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the counts as plain data."""
        return {
            "flags": self.flags,
            "reviewed": len(self.reviewed),
            "outcomes": dict(self.outcomes),
            "agreed": sum(r.sense == "agreed" for r in self.reviewed),
            "overrode": sum(r.sense == "overrode" for r in self.reviewed),
            "contested": Counter(r.contest for r in self.reviewed if r.contest),
            "surfaced": self.surfaced,
            "cleared": self.cleared,
            "upheld": self.upheld,
            "open": self.open,
            "median_seconds": self.median_seconds,
            "agreement": [vars(a) for a in self.agreements],
        }


def summarise(flags: Sequence[Mapping[str, Any]], reviews: Iterable[Review]) -> ReviewSummary:
    """Return what reviews come to; `flags` are the rows of `flags.parquet`."""
    by_flag: dict[str, list[Review]] = defaultdict(list)
    for review in reviews:
        by_flag[review.flag_id].append(review)
    reviewed = tuple(Reviewed(f["flag_id"], tuple(by_flag[f["flag_id"]])) for f in flags if f["flag_id"] in by_flag)
    sense = {r.flag_id: r.sense for r in reviewed}
    people: dict[Person, list[str]] = defaultdict(list)
    for flag in flags:
        people[flag["subject_kind"], flag["subject_id"]].append(sense.get(flag["flag_id"], "open"))
    cleared = sum(all(one == "overrode" for one in senses) for senses in people.values())
    upheld = sum("agreed" in senses for senses in people.values())
    seconds = [review.seconds for r in reviewed for review in r.reviews if review.seconds is not None]
    return ReviewSummary(
        flags=len(flags),
        reviewed=reviewed,
        outcomes=Counter(r.standing.outcome for r in reviewed),
        surfaced=len(people),
        cleared=cleared,
        upheld=upheld,
        open=len(people) - cleared - upheld,
        median_seconds=median(seconds) if seconds else None,
        agreements=tuple(_agreements(reviewed)),
    )


def _agreements(reviewed: Iterable[Reviewed]) -> Iterable[Agreement]:
    decided: dict[str, dict[str, str]] = defaultdict(dict)
    for one in reviewed:
        for review in one.reviews:
            if review.reviewer is not None and not review.contested:
                decided[review.reviewer][one.flag_id] = review.outcome
    for first, second in combinations(sorted(decided), 2):
        both = sorted(decided[first].keys() & decided[second].keys())
        if both:
            pairs = [(decided[first][flag], decided[second][flag]) for flag in both]
            same = sum(a == b for a, b in pairs)
            yield Agreement((first, second), len(pairs), same, _kappa(pairs))


def _kappa(pairs: Sequence[tuple[str, str]]) -> float | None:
    """Return Cohen's kappa; null where chance alone would always agree."""
    n = len(pairs)
    firsts, seconds = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    by_chance = sum(firsts[outcome] * seconds[outcome] for outcome in firsts) / n**2
    same = sum(a == b for a, b in pairs) / n
    return None if by_chance == 1 else (same - by_chance) / (1 - by_chance)
