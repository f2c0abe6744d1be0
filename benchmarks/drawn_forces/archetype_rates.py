"""How often innocent people of each archetype are flagged, next to all innocent people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from benchmarks.drawn_forces.over_forces import Force, interval_of_ratio, share_interval, table_of
from data.random import generator
from data.vocabulary import CONCERNS

_WHATEVER_FOR = {"anything": "flagged", "rate": "flagged_by_rate"} | {c: f"flagged_{c}" for c in CONCERNS}
"""What somebody is flagged for, with the column that counts it."""


def archetype_rates(drawn: list[Force]) -> Iterator[dict[str, Any]]:
    """Yield how often innocent people of each archetype are flagged, for each concern, by rate and for anything.

    The interval of how many times the overall rate that is, is over forces drawn again.
    """
    table = table_of(drawn, "archetypes")
    if table.empty:
        return
    every = table[table["archetype"] == "all"].set_index("force")
    for flagged_for, column in _WHATEVER_FOR.items():
        overall = every[column].sum() / every["people"].sum()
        for name, part in table.groupby("archetype", sort=True):
            people, flagged = int(part["people"].sum()), int(part[column].sum())
            if name == "all" or not people or not overall:
                continue
            low, high = share_interval(flagged, people)
            times = flagged / people / overall
            expected = part.set_index("force")["people"] * overall
            times_low, times_high = interval_of_ratio(
                part[column].tolist(), expected.tolist(), draws=generator(1, "archetype", flagged_for, str(name))
            )
            yield {
                "flagged_for": flagged_for,
                "archetype": name,
                "people": people,
                "flagged": flagged / people,
                "low": low,
                "high": high,
                "times_overall": times,
                "times_low": times_low,
                "times_high": times_high,
            }
