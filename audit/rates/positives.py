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

from audit.rates.truth_tables import Truth
from data.arrays import Bools, Days, Floats, Ids, Integers

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
class PositiveDefinition:
    """The definition's one parameter: for how many days after a pattern's last day its subject still is positive."""

    look_back_days: int = LOOK_BACK_DAYS

    def active(self, started: Days, ended: Days, as_of: date) -> Bools:
        """Say which spells began before the day and ran, or lasted, into the look-back; an end of NaT is none.

        Example:
            >>> started = np.array(["2024-01-01", "2024-01-01", "2026-01-01"], dtype="datetime64[D]")
            >>> ended = np.array(["NaT", "2024-06-30", "NaT"], dtype="datetime64[D]")
            >>> PositiveDefinition(look_back_days=90).active(started, ended, date(2025, 1, 1)).tolist()
            [True, False, False]
        """
        day = np.datetime64(as_of, "D")
        return (started < day) & (np.isnat(ended) | (ended >= day - np.timedelta64(self.look_back_days, "D")))


@dataclass(frozen=True)
class TruthLabels:
    """What the truth says of subjects, aligned to them: whether positive, in which standing, and of which typology.

    `standing` holds positions in `STANDINGS`. `typologies` holds, for each active typology of the concern, who has it;
    a subject may have several. `multiple` is the largest of a subject's active spells of the concern, NaN where none
    says one.
    """

    positive: Bools
    standing: Integers
    typologies: dict[str, Bools]
    multiple: Floats


def truth_labels(
    truth: Truth,
    *,
    kind: str,
    concern: str,
    as_of: date,
    ids: Ids,
    teams: Ids | None,
    definition: PositiveDefinition,
) -> TruthLabels:
    """Return what the truth says of subjects of a kind, as far as one concern goes, at an as-of date.

    `teams` gives the team of each officer (any number that is no team where unknown), or None.

    Example:
        >>> import pandas as pd
        >>> spell = {"subject_kind": "officer", "subject_id": 7, "concern": "standards", "typology": "disclosure",
        ...          "started_on": date(2026, 1, 5), "ended_on": None}
        >>> labels = truth_labels(Truth.of(pd.DataFrame([spell])), kind="officer", concern="standards",
        ...                       as_of=date(2026, 6, 1), ids=np.array([6, 7]), teams=None,
        ...                       definition=PositiveDefinition())
        >>> labels.positive.tolist(), [STANDINGS[at] for at in labels.standing]
        ([False, True], ['clean', 'positive'])
    """
    spells = truth.subjects
    of_kind, active = spells.kind == kind, definition.active(spells.started, spells.ended, as_of)
    of_concern = of_kind & active & (spells.concern == concern)
    positive = np.isin(ids, spells.ids[of_concern])
    started = spells.started < np.datetime64(as_of, "D")
    standing = np.zeros(len(ids), dtype=np.int64)
    # From the weakest to the strongest: who stands in several ways is left in the last that is written.
    standing[np.isin(ids, spells.ids[of_kind & started & ~active])] = STANDINGS.index("past")
    if kind == "officer" and teams is not None:
        planted_units = spells.ids[(spells.kind == "unit") & active]
        standing[np.isin(teams, planted_units)] = STANDINGS.index("member_of_planted_unit")
    standing[np.isin(ids, spells.ids[of_kind & active & ~of_concern])] = STANDINGS.index("other_concern")
    standing[positive] = STANDINGS.index("positive")
    names = sorted(set(spells.typology[of_concern].tolist()))
    typologies = {n: np.isin(ids, spells.ids[of_concern & (spells.typology == n)]) for n in names}
    return TruthLabels(positive, standing, typologies, _largest_multiples(truth, of_concern, ids))


def _largest_multiples(truth: Truth, of_concern: Bools, ids: Ids) -> Floats:
    known = of_concern & ~np.isnan(truth.subjects.multiple)
    largest = dict.fromkeys(ids.tolist(), np.nan)
    for subject, multiple in zip(truth.subjects.ids[known].tolist(), truth.subjects.multiple[known], strict=True):
        if subject in largest:
            largest[subject] = np.fmax(largest[subject], multiple)
    return np.array(list(largest.values()), dtype=np.float64)


def active_archetypes(truth: Truth, *, as_of: date, ids: Ids, definition: PositiveDefinition) -> dict[str, Bools]:
    """Return, for each archetype there is, which officers were of it within the look-back."""
    spells = truth.archetypes
    active = definition.active(spells.started, spells.ended, as_of)
    names = sorted(set(spells.archetype.tolist()))
    return {n: np.isin(ids, spells.ids[active & (spells.archetype == n)]) for n in names}
