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
    def headline_of_controls(self) -> list[str]:
        """What stands first: for each world, size and set, what its negative controls say; a failure before others."""
        return lines_of(self.controls)

    def to_json(self) -> dict[str, Any]:
        """Return everything but the effects as plain values."""
        failures = [asdict(failure) for failure in self.failures]
        controls = {place: [v.to_json() for v in verdicts] for place, verdicts in self.controls.items()}
        first = {"controls_say": self.headline_of_controls, "controls": controls}
        found = {"headline": self.headline, "broken": self.broken, "methods": self.methods}
        return {**first, **found, "failures": failures}


def overview(out: Path) -> Overview:
    """Compute the effects in a stress folder, write them beside the results, and return what stands out.

    Raises:
        UsageError: this is no finished stress folder.
    """
    told = effects_of(out)
    write_effects(out, told)
    cells = read_results(out).select([*_CASE, "seed"]).group_by([*_CASE, "seed"]).aggregate([]).to_pandas()
    cells = cells[cells["scenario"] != CONTROLS]
    moved = turnover(read_results(out, "flagged").to_pandas(), cells)
    highest = told.groupby([*PLACE, "scenario"], observed=True)["dose"].transform("max") == told["dose"]
    return Overview(
        headline=plain_rows(_headline(told[highest], moved)),
        broken=plain_rows(_broken(told)),
        methods=plain_rows(_methods(told[highest])),
        failures=read_failures(out),
        effects=told,
        controls=controls_of(out),
    )


def controls_of(out: Path) -> dict[str, list[ControlVerdict]]:
    """Return what the negative controls say of each world, size and set of a stress folder, over all its seeds."""
    rows = read_results(out, scenarios=[TWIN, CONTROLS]).to_pandas()
    return {
        f"{world} {people:,} {name}": judge(readings_of(some)) for (world, people, name), some in rows.groupby([*PLACE])
    }


def lines_of(controls: Mapping[str, Sequence[ControlVerdict]]) -> list[str]:
    """Return the first lines of an audit of a plan, one for each world, size and set; a failure before others."""
    lines = [f"{place}: {headline(verdicts)}" for place, verdicts in sorted(controls.items())]
    return sorted(lines, key=lambda line: ": CONTROLS FAILED" not in line) or [NONE_RUN]


def plain_rows(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return rows as plain values; NaN as None."""
    return [
        {str(k): None if isinstance(v, float) and np.isnan(v) else v for k, v in row.items()}
        for row in table.to_dict("records")
    ]


def _headline(told: pd.DataFrame, moved: pd.DataFrame) -> pd.DataFrame:
    whole = told[(told["basis"] == "flagged") & (told["scope"] == "all") & (told["by"] == "all")]
    whole = whole[whole["subject_kind"] == "officer"]
    keys = [*_CASE, "concern"]
    innocent = whole[whole["measure"] == _INNOCENT][[*keys, "twin", "effect", "low", "high", "seeds", "status"]]
    recall = whole[whole["measure"] == "recall"][[*keys, "effect", "low", "high"]]
    people = moved[moved["subject_kind"] == "officer"].drop(columns=["subject_kind", "seeds"])
    both = innocent.merge(recall, on=keys, how="left", suffixes=("", "_recall")).merge(people, on=keys, how="left")
    counted = ["gained", "lost", "found", "missed"]
    both[counted] = both[counted].fillna(0.0)
    seen = (both["twin"] > 0) | (both[counted].sum(axis=1) > 0)
    return both[seen].sort_values([*PLACE, "concern", "effect"], ascending=[True] * 4 + [False], kind="stable")


def _broken(told: pd.DataFrame) -> pd.DataFrame:
    """Return what got worse by more than chance: the largest effect over doses, and from which dose on it shows."""
    worse = np.sign(told["effect"]) * told["measure"].map(_HARM).fillna(0.0) > 0
    looked_at = (told["basis"] == "flagged") & (told["scope"] == "all") & told["measure"].isin(list(_HARM))
    looked_at &= told["status"] == "ok"
    surely = pd.Series(False, index=told.index)
    for whom in (told["by"] == "all", told["by"] != "all"):
        some = told.index[looked_at & whom]
        surely[some] = q_values(told.loc[some, "p_value"].to_numpy(dtype=np.float64)) <= LEVEL
    chosen = told[worse & surely]
    what = [k for k in KEYS if k != "dose"]
    first = chosen.groupby(what, observed=True)["dose"].min().rename("from_dose").reset_index()
    largest = chosen.loc[chosen["effect"].abs().groupby([chosen[k] for k in what], observed=True).idxmax()]
    ranked = largest.merge(first, on=what).assign(size=lambda rows: rows["effect"].abs())
    columns = [*PLACE, "scenario", "from_dose", "dose", "subject_kind", "concern", "measure", "by", "group"]
    ordered = ranked.sort_values(["size", *what], ascending=[False] + [True] * len(what), kind="stable")
    shown: pd.DataFrame = ordered[[*columns, "twin", "effect", "low", "high", "seeds"]].head(MOST)
    return shown


def _methods(told: pd.DataFrame) -> pd.DataFrame:
    """Return, for every method at an equal workload, the change in recall and the group that it hits most."""
    equal = told[(told["basis"] == "equal_workload") & (told["subject_kind"] == "officer")]
    # A rule says nothing of most people: it is no way of ranking them.
    equal = equal[~equal["name"].isin(list(rules()))]
    keys = [*_CASE, "concern", "scope", "name"]
    recall = equal[(equal["measure"] == "recall") & (equal["by"] == "all")]
    recall = recall[[*keys, "twin", "effect", "low", "high"]]
    groups = equal[(equal["measure"] == "false_positive_rate") & (equal["by"] != "all") & (equal["status"] == "ok")]
    at = groups.groupby(keys, observed=True)["effect"].idxmax().dropna()
    worst = groups.loc[at, [*keys, "by", "group", "effect", "low", "high", "q_value"]]
    both = recall.merge(worst, on=keys, how="left", suffixes=("", "_group"))
    return both.sort_values(keys, kind="stable")
