"""The overview of a stress folder: which scenario, at which dose, broke what, for whom, and by which method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd

from models.rules import rules
from models.selection.fdr import q_values
from stress.controls.readings import readings_of
from stress.controls.verdict import NONE_RUN, ControlVerdict, headline, judge
from stress.effects import KEYS, PLACE, effects_of, read_results, turnover, write_effects
from stress.harness import CellFailure, read_failures
from stress.plan import CONTROLS, TWIN

LEVEL: Final = 0.05
"""The false discovery rate at which something counts as broken.

It holds among what a plan says of everybody, and among what it says of groups: false-positive rates and recall of what
is flagged. Harms and gains are tested alike.
"""

MOST: Final = 20
"""How many of the largest effects are listed."""

_CASE: Final = [*PLACE, "scenario", "dose"]
_INNOCENT: Final = "innocent_flagged_per_46000"
_HARM: Final = {"false_positive_rate": 1.0, "recall": -1.0}
"""The measures that can break, and in which direction it is worse."""


@dataclass(frozen=True)
class Overview:
    """What a plan found: rows of plain values, ready to be shown; `effects` has everything behind them.

    `headline`: what each scenario does at its highest dose, for officers, by concern. `broken`: the largest harmful
    effects that stand out at `LEVEL` over three seeds or more, with the lowest dose at which each does. `methods`:
    at an equal workload, how far recall moves under each detector and baseline, and the group whose false-positive
    rate rises most.
    """

    headline: list[dict[str, Any]]
    broken: list[dict[str, Any]]
    methods: list[dict[str, Any]]
    failures: tuple[CellFailure, ...]
    effects: pd.DataFrame
    controls: dict[str, list[ControlVerdict]]

    @property
    def controls_headline(self) -> list[str]:
        """What stands first: for each world, size and set, what its negative controls say; a failure before others."""
        return control_lines(self.controls)

    def to_json(self) -> dict[str, Any]:
        """Return everything but the effects as plain values."""
        failures = [asdict(failure) for failure in self.failures]
        controls = {place: [v.to_json() for v in verdicts] for place, verdicts in self.controls.items()}
        return {
            "controls_say": self.controls_headline,
            "controls": controls,
            "headline": self.headline,
            "broken": self.broken,
            "methods": self.methods,
            "failures": failures,
        }


def overview(out: Path) -> Overview:
    """Compute the effects in a stress folder, write them beside the results, and return what stands out.

    Raises:
        UsageError: this is no finished stress folder.
    """
    table = effects_of(out)
    write_effects(out, table)
    cells = read_results(out).select([*_CASE, "seed"]).group_by([*_CASE, "seed"]).aggregate([]).to_pandas()
    cells = cells[cells["scenario"] != CONTROLS]
    changes = turnover(read_results(out, "flagged").to_pandas(), cells)
    highest = table.groupby([*PLACE, "scenario"], observed=True)["dose"].transform("max") == table["dose"]
    return Overview(
        headline=plain_rows(_headline(table[highest], changes)),
        broken=plain_rows(_broken(table)),
        methods=plain_rows(_methods(table[highest])),
        failures=read_failures(out),
        effects=table,
        controls=control_verdicts(out),
    )


def control_verdicts(out: Path) -> dict[str, list[ControlVerdict]]:
    """Return what the negative controls say of each world, size and set of a stress folder, over all its seeds."""
    rows = read_results(out, scenarios=[TWIN, CONTROLS]).to_pandas()
    return {
        f"{world} {people:,} {name}": judge(readings_of(cells))
        for (world, people, name), cells in rows.groupby([*PLACE])
    }


def control_lines(controls: Mapping[str, Sequence[ControlVerdict]]) -> list[str]:
    """Return the first lines of an audit of a plan, one for each world, size and set; a failure before others."""
    lines = [f"{place}: {headline(verdicts)}" for place, verdicts in sorted(controls.items())]
    return sorted(lines, key=lambda line: ": CONTROLS FAILED" not in line) or [NONE_RUN]


def plain_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows as plain values; NaN as None."""
    return [
        {str(k): None if isinstance(v, float) and np.isnan(v) else v for k, v in row.items()}
        for row in table.to_dict("records")
    ]


def _headline(table: pd.DataFrame, changes: pd.DataFrame) -> pd.DataFrame:
    everybody = table[(table["basis"] == "flagged") & (table["scope"] == "all") & (table["by"] == "all")]
    everybody = everybody[everybody["subject_kind"] == "officer"]
    keys = [*_CASE, "concern"]
    innocent = everybody[everybody["measure"] == _INNOCENT][[*keys, "twin", "effect", "low", "high", "seeds", "status"]]
    recall = everybody[everybody["measure"] == "recall"][[*keys, "effect", "low", "high"]]
    officers = changes[changes["subject_kind"] == "officer"].drop(columns=["subject_kind", "seeds"])
    rows = innocent.merge(recall, on=keys, how="left", suffixes=("", "_recall")).merge(officers, on=keys, how="left")
    directions = ["gained", "lost", "found", "missed"]
    rows[directions] = rows[directions].fillna(0.0)
    visible = (rows["twin"] > 0) | (rows[directions].sum(axis=1) > 0)
    return rows[visible].sort_values([*PLACE, "concern", "effect"], ascending=[True] * 4 + [False], kind="stable")


def _broken(table: pd.DataFrame) -> pd.DataFrame:
    """Return what got worse by more than chance: the largest effect over doses, and from which dose on it shows."""
    worse = np.sign(table["effect"]) * table["measure"].map(_HARM).fillna(0.0) > 0
    tested = (table["basis"] == "flagged") & (table["scope"] == "all") & table["measure"].isin(list(_HARM))
    tested &= table["status"] == "ok"
    # Everybody and groups are two families of tests: the thousands of groups would drown the few tests of everybody.
    significant = pd.Series(False, index=table.index)
    for population in (table["by"] == "all", table["by"] != "all"):
        index = table.index[tested & population]
        significant[index] = q_values(table.loc[index, "p_value"].to_numpy(dtype=np.float64)) <= LEVEL
    # Gains were tested with harms, in the same families; only harms are listed.
    harms = table[worse & significant]
    keys = [k for k in KEYS if k != "dose"]
    from_dose = harms.groupby(keys, observed=True)["dose"].min().rename("from_dose").reset_index()
    largest = harms.loc[harms["effect"].abs().groupby([harms[k] for k in keys], observed=True).idxmax()]
    ranking = largest.merge(from_dose, on=keys).assign(size=lambda rows: rows["effect"].abs())
    columns = [*PLACE, "scenario", "from_dose", "dose", "subject_kind", "concern", "measure", "by", "group"]
    ordered_harms = ranking.sort_values(["size", *keys], ascending=[False] + [True] * len(keys), kind="stable")
    top: pd.DataFrame = ordered_harms[[*columns, "twin", "effect", "low", "high", "seeds"]].head(MOST)
    return top


def _methods(table: pd.DataFrame) -> pd.DataFrame:
    """Return, for every method at an equal workload, the change in recall and the group that it hits most."""
    rows = table[(table["basis"] == "equal_workload") & (table["subject_kind"] == "officer")]
    # A rule says nothing of most people: it is no way of ranking them.
    rows = rows[~rows["name"].isin(list(rules()))]
    keys = [*_CASE, "concern", "scope", "name"]
    recall = rows[(rows["measure"] == "recall") & (rows["by"] == "all")]
    recall = recall[[*keys, "twin", "effect", "low", "high"]]
    groups = rows[(rows["measure"] == "false_positive_rate") & (rows["by"] != "all") & (rows["status"] == "ok")]
    at = groups.groupby(keys, observed=True)["effect"].idxmax().dropna()
    worst = groups.loc[at, [*keys, "by", "group", "effect", "low", "high", "q_value"]]
    pairs = recall.merge(worst, on=keys, how="left", suffixes=("", "_group"))
    return pairs.sort_values(keys, kind="stable")
