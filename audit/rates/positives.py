"""Who counts as positive at an as-of date: the one place that decides whom a flag is right about.

A subject is positive for a concern when a pattern of that concern was planted in that very subject, began before the
as-of date, and was still running within the look-back: `started_on < as_of` and (`ended_on` is null or
`ended_on >= as_of - look_back_days`). Everybody else is negative for that concern, whatever else was planted in them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt

from audit.rates.truth_tables import Truth
from data.arrays import Bools, Ids

Days = npt.NDArray[np.datetime64]

LOOK_BACK_DAYS: Final = 365
"""How long after its last day a pattern still counts, unless asked otherwise: the longest window detectors use."""

STANDINGS: Final = ("clean", "other_concern", "member_of_planted_unit", "past", "positive")
"""How a subject stands to what was planted, as far as one concern goes.

`positive`: see above. `other_concern`: not positive, but positive for another concern. `member_of_planted_unit`: an
officer, none of these, in a team that is positive for some concern. `past`: none of these, but something was planted
and ended before the look-back. `clean`: nothing of the kind. All but the first named are negatives, and are counted
among the false positives when flagged.
"""


@dataclass(frozen=True)
class Positive:
    """The definition's one parameter: for how many days after a pattern's last day its subject still is positive."""

    look_back_days: int = LOOK_BACK_DAYS

    def running(self, started: Days, ended: Days, as_of: date) -> Bools:
        """Say which spells began before the day and ran, or lasted, into the look-back; an end of NaT is none."""
        day = np.datetime64(as_of, "D")
        return (started < day) & (np.isnat(ended) | (ended >= day - np.timedelta64(self.look_back_days, "D")))


@dataclass(frozen=True)
class Judged:
    """What the truth says of some subjects, aligned to them: whether positive, how they stand, and of which typology.

    `typologies` holds, for each typology of the concern that runs, who has it; a subject may have several.
    """

    positive: Bools
    standing: npt.NDArray[np.int64]
    typologies: dict[str, Bools]


def judge(truth: Truth, *, kind: str, concern: str, as_of: date, ids: Ids, teams: Ids | None, rule: Positive) -> Judged:
    """Return what the truth says of subjects of a kind, as far as one concern goes, at an as-of date.

    `teams` gives the team of each officer (any number that is no team where unknown), or None.
    """
    spells = truth.subjects
    of_kind, running = spells.kind == kind, rule.running(spells.started, spells.ended, as_of)
    mine = of_kind & running & (spells.concern == concern)
    positive = np.isin(ids, spells.ids[mine])
    standing = np.zeros(len(ids), dtype=np.int64)
    over = spells.started < np.datetime64(as_of, "D")
    standing[np.isin(ids, spells.ids[of_kind & over & ~running])] = STANDINGS.index("past")
    if kind == "officer" and teams is not None:
        standing[np.isin(teams, spells.ids[(spells.kind == "unit") & running])] = STANDINGS.index(
            "member_of_planted_unit"
        )
    standing[np.isin(ids, spells.ids[of_kind & running & ~mine])] = STANDINGS.index("other_concern")
    standing[positive] = STANDINGS.index("positive")
    names = sorted(set(spells.typology[mine].tolist()))
    return Judged(positive, standing, {n: np.isin(ids, spells.ids[mine & (spells.typology == n)]) for n in names})


def archetypes_of(truth: Truth, *, as_of: date, ids: Ids, rule: Positive) -> dict[str, Bools]:
    """Return, for each archetype there is, which officers were of it within the look-back."""
    spells = truth.archetypes
    running = rule.running(spells.started, spells.ended, as_of)
    names = sorted(set(spells.archetype.tolist()))
    return {n: np.isin(ids, spells.ids[running & (spells.archetype == n)]) for n in names}
