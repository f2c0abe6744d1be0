"""From the results of a stress plan to counts in each world: how many were flagged, and how many of them wrongly."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pandas as pd
import pyarrow.compute as pc

from data.errors import UsageError
from stress.effects import PLACE, read_part, results_file
from stress.plan import CONTROLS, TWIN

COMPARISON, CONTRADICTION, EXCESS, EITHER = "comparison", "contradiction", "excess", "either"
"""How somebody came to be flagged. Comparison and contradictions have error rates of their own."""

GROUPED_BY: Final = ("sex", "ethnicity", "disability", "archetype")
"""The breakdowns in which false flags are looked at."""

CELL: Final = (*PLACE, "scenario", "dose", "subject_kind", "concern", "how", "by", "group")
"""What is told apart. Over what is left, the seeds, means are taken: each is a world of its own."""

COUNTS: Final = ("wrong", "flagged", "negatives", "size")

_MEASURES: Final = ("flags_per_1000", "false_positive_rate")
_ROWS: Final = (*PLACE, "seed", "scenario", "dose", "subject_kind", "concern", "by", "group")


def world_counts(out: Path) -> pd.DataFrame:
    """Return, for every cell of a stress folder and all that is told apart in it, counts in its world.

    The columns are those of `CELL`, `seed`, and of `COUNTS`: people or teams `flagged`, those of them `wrong`, all
    `negatives`, and all there are (`size`).

    Raises:
        UsageError: this is no finished stress folder, or its plan kept too little.
    """
    rows = _read(out)
    totals = _counted(rows[rows["how"] == EITHER])
    parts = [totals.assign(how=EITHER)]
    for how in (COMPARISON, CONTRADICTION):
        family_rows = rows[rows["how"] == how]
        places = family_rows[[*PLACE, "subject_kind", "concern"]].drop_duplicates()
        # A family that says nothing in some cell, or of some group, has flagged nobody there.
        family_totals = _counted(family_rows)[[*_ROWS, "wrong", "flagged"]]
        family_counts = (
            totals.drop(columns=["wrong", "flagged"]).merge(places).merge(family_totals, on=list(_ROWS), how="left")
        )
        parts.append(family_counts.fillna({"wrong": 0.0, "flagged": 0.0}).assign(how=how))
    table = pd.concat(parts, ignore_index=True)
    return table.sort_values([*CELL, "seed"], kind="stable", ignore_index=True)[[*CELL, "seed", *COUNTS]]


def _read(out: Path) -> pd.DataFrame:
    columns = [*_ROWS, "scope", "name", "measure", "count", "n"]
    filters = (
        (pc.field("basis") == "flagged")
        & pc.field("scope").isin(["all", "family"])
        & pc.field("measure").isin(list(_MEASURES))
        & pc.field("by").isin(["all", *GROUPED_BY])
        & (pc.field("scenario") != CONTROLS)
        # What a scenario with a method of its own flags at dose 0 is what its twin flags.
        & ((pc.field("dose") > 0) | (pc.field("scenario") == TWIN))
    )
    rows: pd.DataFrame = read_part(results_file(out), columns=columns, filters=filters).to_pandas()
    absent = [m for m in _MEASURES if m not in set(rows["measure"])]
    if absent:
        raise UsageError(
            "The plan kept too little for a budget statement.",
            expected=f"the measures {' and '.join(_MEASURES)}, in at least one cell",
            found=f"no {' and no '.join(absent)}",
            where=str(out),
            hint="Add them to the plan's results.measures and run it again.",
        )
    family = rows["name"].where(rows["name"].isin([CONTRADICTION, EXCESS]), COMPARISON)
    return rows.assign(how=family.where(rows["scope"] == "family", EITHER))


def _counted(rows: pd.DataFrame) -> pd.DataFrame:
    """Add up families: nobody is flagged by two of them by comparison, for a concern selects everybody once."""
    flags = rows[rows["measure"] == _MEASURES[0]].groupby(list(_ROWS), observed=True, sort=True)
    flagged = flags.agg(flagged=("count", "sum"), size=("n", "max"))
    false_positives = rows[rows["measure"] == _MEASURES[1]].groupby(list(_ROWS), observed=True, sort=True)
    false_counts = false_positives.agg(wrong=("count", "sum"), negatives=("n", "max"))
    counts: pd.DataFrame = flagged.join(false_counts, how="inner").reset_index()
    return counts
