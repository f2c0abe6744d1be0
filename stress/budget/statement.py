"""The budget statement of a stress folder: put together from its results, and written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from audit.rates.rate_options import FORCE
from data.staging import staged_folder
from data.writing import write_json, write_table
from stress.budget.group_rates import group_rates
from stress.budget.promise import (
    CONFIDENCE,
    EXCEEDS,
    HOLDS,
    LEVEL,
    NO_PROMISE,
    TOO_FEW,
    cell_verdicts,
    mean_p_values,
    upper_bounds,
)
from stress.budget.statement_text import statement_lines
from stress.budget.world_counts import CELL, COMPARISON, world_counts
from stress.controls.control import Reading
from stress.controls.library.null_world import ANY
from stress.controls.readings import readings_of
from stress.controls.verdict import FAILED, pool
from stress.effects import PLACE, read_results
from stress.harness import read_plan
from stress.overview import control_lines, control_verdicts, plain_rows
from stress.plan import CONTROLS, TWIN


@dataclass(frozen=True)
class BudgetStatement:
    """A budget statement; `docs/reference/budget.md` describes everything in `content`, the content of `budget.json`.

    `cells` has a row for everything that was tested or counted: each scenario, dose, group and way of being flagged.
    """

    content: dict[str, Any]
    cells: pd.DataFrame


def budget_statement(out: Path) -> BudgetStatement:
    """Return the budget statement of a stress folder.

    Raises:
        UsageError: this is no finished stress folder, it does not say of which plan, or the plan kept too little.
    """
    plan = read_plan(out)
    counts = world_counts(out)
    cells = cells_of(counts, plan)
    controls = control_verdicts(out)
    everybody = cells[cells["by"] == "all"]
    unperturbed = everybody[everybody["scenario"] == TWIN]
    stops = breaking_doses(cells)
    content = {
        "controls_say": control_lines(controls),
        "controls": {place: [v.to_json() for v in verdicts] for place, verdicts in controls.items()},
        "controls_failed": any(v.status == FAILED for verdicts in controls.values() for v in verdicts),
        "title": plan["title"],
        "test": _test(cells),
        "targets": targets(everybody, plan),
        "null_worlds": plain_rows(unperturbed[~unperturbed["planted"]]) or _of_controls(out, plan),
        "planted_worlds": plain_rows(unperturbed[unperturbed["planted"]]),
        "groups": group_rates(counts),
        "scenarios": plain_rows(everybody[everybody["scenario"] != TWIN]),
        "stops": stops[stops["by"] == "all"].drop(columns=["by", "group"]).pipe(plain_rows),
        "stops_by_group": plain_rows(stops[(stops["by"] != "all") & (stops["verdict"] == EXCEEDS)]),
        "groups_by_verdict": _counted(stops[stops["by"] != "all"]),
    }
    return BudgetStatement(content, cells)


def cells_of(counts: pd.DataFrame, plan: Mapping[str, Any]) -> pd.DataFrame:
    """Return a row for every cell, over its worlds: what was promised, what was achieved, and what becomes of it.

    Cells of everybody are tested together, and so are those of groups.
    """
    # A world in which nobody is flagged has no false flags: its share is 0, as the definition of the rate has it.
    share = np.where(counts["flagged"] > 0, counts["wrong"] / counts["flagged"].where(counts["flagged"] > 0), 0.0)
    innocents = 1000.0 * counts["wrong"] / counts["size"].where(counts["size"] > 0)
    rows = counts.assign(share=share, innocents=innocents, any=(counts["wrong"] > 0).astype(np.float64))
    cells = (
        rows.groupby(list(CELL), sort=True, observed=True)
        .agg(
            worlds=("seed", "nunique"),
            worlds_with_any=("any", "sum"),
            achieved=("share", "mean"),
            spread=("share", "std"),
            innocents_per_1000=("innocents", "mean"),
            innocents_spread=("innocents", "std"),
        )
        .reset_index()
    )
    worlds = cells["worlds"].to_numpy(dtype=np.float64)
    target = np.array([_target(plan, row) for row in zip(*(cells[c] for c in ("set", "concern", "how")), strict=True)])
    planted = cells["world"].map({name: bool(about["planted"]) for name, about in plan["worlds"].items()}).to_numpy()
    achieved, error = (cells[c].to_numpy(dtype=np.float64) for c in ("achieved", "spread"))
    error = error / np.sqrt(worlds)
    cells = cells.assign(
        planted=planted.astype(bool),
        target=target,
        standard_error=error,
        upper=upper_bounds(achieved, error, worlds, planted=planted),
        p_value=mean_p_values(achieved, error, worlds, target, planted=planted),
        innocents_error=cells["innocents_spread"] / np.sqrt(worlds),
    )
    per_force = (cells["innocents_per_1000"] * FORCE / 1000).where(cells["subject_kind"] == "officer")
    cells = cells.assign(**{f"innocents_per_{FORCE}": per_force})
    return _with_verdicts(cells.drop(columns=["spread", "innocents_spread"]))


def _with_verdicts(cells: pd.DataFrame) -> pd.DataFrame:
    parts = []
    for _, family in cells.groupby(cells["by"] == "all", sort=True):
        columns = (family[c].to_numpy(dtype=np.float64) for c in ("achieved", "p_value", "worlds", "target"))
        q, labels = cell_verdicts(*columns)
        parts.append(family.assign(q_value=q, verdict=labels))
    return pd.concat(parts).sort_index() if parts else cells.assign(q_value=[], verdict=[])


def _target(plan: Mapping[str, Any], row: tuple[str, str, str]) -> float:
    """Return what was promised: only a selection by false discovery rate promises anything, and only by comparison."""
    name, concern, how = row
    selection = plan["sets"][name]["selection"][concern]
    return float(selection["q"]) if selection["method"] == "fdr" and how == COMPARISON else float("nan")


def targets(cells: pd.DataFrame, plan: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what each detector set promises of each concern and kind of subject that it compares."""
    rows = []
    promises = cells[cells["how"] == COMPARISON][["set", "subject_kind", "concern"]].drop_duplicates()
    for name, kind, concern in sorted(promises.itertuples(index=False, name=None)):
        how = plan["sets"][name]["selection"][concern]
        rows.append(
            {
                "set": name,
                "subject_kind": kind,
                "concern": concern,
                "method": how["method"],
                "target": how.get("q"),
                "per_thousand": how.get("per_thousand"),
                "dependence": how["dependence"],
            }
        )
    return rows


def breaking_doses(cells: pd.DataFrame) -> pd.DataFrame:
    """Return, for each scenario and whatever a target was promised for, from which dose on it is exceeded.

    `from_dose` is the lowest dose at which it is, `holds_to` the highest below which, and at which, every dose holds;
    either may be missing. `upper` is the highest upper bound up to there, `measured_to` the highest dose there is,
    and `unperturbed` the verdict where nothing is wrong.
    """
    keys = [c for c in (*CELL, "planted") if c not in ("dose", "scenario")]
    promised_cells = cells[cells["verdict"] != NO_PROMISE]
    unperturbed = promised_cells[promised_cells["scenario"] == TWIN].set_index(keys)["verdict"]
    stops = []
    for key, rows in promised_cells[promised_cells["scenario"] != TWIN].groupby(
        [*keys, "scenario"], sort=True, observed=True
    ):
        place = dict(zip([*keys, "scenario"], key, strict=True))
        # The scenario is the last key; what is left names the unperturbed cell.
        setting = tuple(key)[:-1]
        stops.append({**place, **_stop(rows), "unperturbed": unperturbed.get(setting)})
    columns = [*keys, "scenario", *_STOP, "unperturbed"]
    return pd.DataFrame(stops, columns=columns)


_STOP: Final = ("verdict", "from_dose", "holds_to", "measured_to", "achieved", "standard_error", "q_value", "upper")


def _stop(rows: pd.DataFrame) -> dict[str, Any]:
    by_dose = rows.sort_values("dose", kind="stable")
    verdict_labels, doses = by_dose["verdict"].tolist(), by_dose["dose"].tolist()
    held_count = next((at for at, verdict in enumerate(verdict_labels) if verdict != HOLDS), len(verdict_labels))
    verdict = next((v for v in (EXCEEDS, TOO_FEW) if v in verdict_labels), HOLDS)
    # What is told is the dose at which it breaks; else the one that is hardest to tell from breaking.
    at = verdict_labels.index(EXCEEDS) if verdict == EXCEEDS else int(np.nanargmax(by_dose["upper"].to_numpy()))
    figures = {name: float(by_dose[name].iloc[at]) for name in ("achieved", "standard_error", "q_value", "upper")}
    return {
        "verdict": verdict,
        "from_dose": doses[verdict_labels.index(EXCEEDS)] if verdict == EXCEEDS else None,
        "holds_to": doses[held_count - 1] if held_count else None,
        "measured_to": doses[-1],
        **figures,
    }


def _test(cells: pd.DataFrame) -> dict[str, Any]:
    cells_tested = cells[cells["p_value"].notna()]
    return {
        "level": LEVEL,
        "adjusted_by": "Benjamini and Hochberg",
        "cells_of_everybody": int((cells_tested["by"] == "all").sum()),
        "cells_of_groups": int((cells_tested["by"] != "all").sum()),
        "where_nothing_is_planted": "one-sided binomial test of the share of worlds with any flag",
        "where_something_is_planted": "one-sided t-test over worlds of the share of flags that are false",
        "confidence_of_upper_bounds": CONFIDENCE,
    }


def _of_controls(out: Path, plan: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what the control of null worlds counted, for a plan that has no world without anything planted."""
    rows = read_results(out, scenarios=[CONTROLS]).to_pandas()
    null_rows = []
    for place, control_rows in rows.groupby([*PLACE], sort=True):
        readings = pool(r for r in readings_of(control_rows).get("null_world", []) if r.what == ANY)
        null_rows += [_of_reading(r, dict(zip(PLACE, place, strict=True)), plan) for r in readings]
    return null_rows


def _of_reading(reading: Reading, place: dict[str, Any], plan: Mapping[str, Any]) -> dict[str, Any]:
    rate, n = np.array([reading.count / reading.n]), np.array([reading.n])
    error = np.sqrt(rate * (1 - rate) / (n - 1)) if reading.n > 1 else np.array([np.nan])
    target = np.array([_target(plan, (place["set"], reading.concern, COMPARISON))])
    p_value = mean_p_values(rate, error, n, target, planted=np.array([False]))
    q, (label,) = cell_verdicts(rate, p_value, n, target)
    return {
        **place,
        "scenario": CONTROLS,
        "subject_kind": reading.subject_kind,
        "concern": reading.concern,
        "how": COMPARISON,
        "planted": False,
        "worlds": int(reading.n),
        "worlds_with_any": reading.count,
        "achieved": float(rate[0]),
        "standard_error": None if np.isnan(error[0]) else float(error[0]),
        "upper": float(upper_bounds(rate, error, n, planted=np.array([False]))[0]),
        "target": float(target[0]),
        "p_value": float(p_value[0]),
        "q_value": float(q[0]),
        "verdict": label,
    }


def _counted(stops: pd.DataFrame) -> dict[str, int]:
    return {verdict: int((stops["verdict"] == verdict).sum()) for verdict in (EXCEEDS, TOO_FEW, HOLDS)}


def write_statement(statement: BudgetStatement, out: Path) -> None:
    """Write `budget.json`, `budget.txt` and every cell as `budget.parquet` to a new folder, whole or not at all."""
    with staged_folder(out) as folder:
        write_json(statement.content, folder / "budget.json")
        (folder / "budget.txt").write_text("\n".join(statement_lines(statement.content)) + "\n", encoding="utf-8")
        write_table(pa.Table.from_pandas(statement.cells, preserve_index=False), folder / "budget.parquet")
