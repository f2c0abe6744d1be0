"""From the results of stress plans to the small tables that findings are written from, and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from data.errors import UsageError
from stress.budget import budget_statement
from stress.effects import PLACE, effects, read_part, results_file
from stress.harness import read_failures, read_plan
from stress.plan import CONTROLS, TWIN
from stress.ranking import COMBINED

FLAGGED, TOGETHER, BASELINE = "flagged", "detectors", "baseline"
"""Whose selection: what was flagged; at an equal workload all detectors together, or a baseline."""

GROUPED_BY: Final = ("sex", "ethnicity", "disability", "carer", "service", "archetype")
"""The breakdowns among which the groups are looked for that a scenario moves."""

ALWAYS: Final = (("disability", "yes"), ("archetype", "long_term_condition"))
"""Groups that are told for every scenario."""

MOST: Final = 5
"""How many further groups are kept for each scenario and concern: those whose rate moves most at the highest dose."""

DIGITS: Final = 6
"""The figures that are kept of each number, so that a table does not depend on the last bits."""

CASE: Final = (*PLACE, "scenario", "dose", "subject_kind", "concern")
_MEASURES: Final = {
    "innocent_flagged_per_46000": "innocents",
    "false_positive_rate": "rate",
    "precision": "precision",
    "recall": "recall",
}
_FIGURES: Final = ("twin", "value", "effect", "low", "high")
_FILES: Final = ("everybody", "groups", "budget", "plans")


@dataclass(frozen=True)
class FindingTables:
    """What findings are written from; every table has a row for each case, in a fixed order.

    `everybody`: for each scenario, dose, concern and method, what becomes of the innocents flagged per 46,000, the
    false-positive rate, precision and recall: the twin's value, its own, their difference and its interval over seeds.
    `groups`: the same of the groups that move most, for what is flagged. `budget`: where the promise stops holding.
    `plans`: the plans behind it, what their controls say, and the code that ran.
    """

    everybody: pd.DataFrame
    groups: pd.DataFrame
    budget: pd.DataFrame
    plans: pd.DataFrame


def tables_of(folders: Sequence[Path]) -> FindingTables:
    """Return the tables of one or more stress folders; only worlds in which something is planted are kept.

    Raises:
        UsageError: a folder is not finished, has failed cells, or two of them hold the same cells.
    """
    parts = [_of_folder(folder) for folder in folders]
    tables = [pd.concat([part[at] for part in parts], ignore_index=True) for at in range(len(_FILES))]
    result = FindingTables(*(_rounded(table) for table in tables))
    if result.everybody.duplicated([*CASE, "basis", "method"]).any():
        raise UsageError("Two folders hold the same scenarios and doses.", found=", ".join(map(str, folders)))
    return result


def _of_folder(folder: Path) -> tuple[pd.DataFrame, ...]:
    plan = read_plan(folder)
    failures = read_failures(folder)
    if failures:
        raise UsageError("Some cells of the plan failed.", found=failures[0].error, where=str(folder))
    planted_worlds = [name for name, about in plan["worlds"].items() if about["planted"]]
    effect_rows = _effects(folder, planted_worlds)
    everybody = effect_rows[effect_rows["by"] == "all"]
    statement = budget_statement(folder).content
    stops = pd.DataFrame(statement["stops"])
    about = {
        "title": plan["title"],
        "seeds": len(plan["seeds"]),
        "people": ", ".join(str(n) for n in plan["people"]),
        "controls": " ".join(statement["controls_say"]),
        "code_version": _first(folder, "code_version"),
        "code_digest": _first(folder, "code_digest"),
        "generator": plan.get("generator"),  # none from before plans said so
    }
    return (
        _wide(everybody, ["basis", "method"]),
        _groups(effect_rows[effect_rows["by"] != "all"]),
        stops,
        pd.DataFrame([about]),
    )


def _first(folder: Path, column: str) -> str:
    values = read_part(results_file(folder), columns=[column])[column].unique().to_pylist()
    return ", ".join(sorted(values))


def _effects(folder: Path, worlds: Sequence[str]) -> pd.DataFrame:
    """Return the effects that findings tell, scenario by scenario, so that a large plan takes little memory."""
    equal = (pc.field("basis") == "equal_workload") & (pc.field("by") == "all")
    same_workload = equal & ((pc.field("scope") == BASELINE) | (pc.field("name") == COMBINED))
    flagged = (pc.field("basis") == FLAGGED) & (pc.field("scope") == "all")
    filters = (
        (same_workload | (flagged & pc.field("by").isin(["all", *GROUPED_BY])))
        & pc.field("measure").isin(list(_MEASURES))
        & pc.field("world").isin(pa.array(list(worlds), pa.string()))
        & (pc.field("scenario") != CONTROLS)
    )
    columns = [*PLACE, "seed", "scenario", "dose", "subject_kind", "concern", "basis", "scope", "name", "measure"]
    rows = read_part(results_file(folder), columns=[*columns, "by", "group", "value"], filters=filters)
    # The twins are read once and paired with one scenario after another.
    twins = rows.filter(pc.equal(rows["scenario"], TWIN))
    names = sorted(set(rows["scenario"].unique().to_pylist()) - {TWIN})
    parts = [effects(pa.concat_tables([twins, rows.filter(pc.equal(rows["scenario"], n))])) for n in names]
    table = pd.concat(parts, ignore_index=True) if parts else effects(twins)
    method = table["name"].where(table["basis"] != FLAGGED, FLAGGED).where(table["name"] != COMBINED, TOGETHER)
    return table.assign(method=method)


def _wide(effect_rows: pd.DataFrame, extra_keys: Sequence[str]) -> pd.DataFrame:
    """Return one row for each case with every measure beside the others."""
    keys = [*CASE, *extra_keys]
    wide = effect_rows.groupby(keys, observed=True, sort=True)["seeds"].max().reset_index()
    for measure, name in _MEASURES.items():
        of_measure = effect_rows[effect_rows["measure"] == measure].rename(columns={s: f"{name}_{s}" for s in _FIGURES})
        wide = wide.merge(of_measure[[*keys, *(f"{name}_{s}" for s in _FIGURES)]], on=keys, how="left")
    # A team is not so many of 46,000 people, and what nothing was said of needs no row.
    defined = wide["rate_value"].notna()
    return wide[defined].sort_values(keys, kind="stable", ignore_index=True)


def _groups(effect_rows: pd.DataFrame) -> pd.DataFrame:
    wide = _wide(effect_rows[effect_rows["basis"] == FLAGGED], ["by", "group"])
    keys = [*PLACE, "scenario", "subject_kind", "concern"]
    highest = wide[wide["dose"] == wide.groupby(keys, observed=True)["dose"].transform("max")]
    changes = highest[highest["rate_effect"].abs() > 0].assign(size=lambda rows: rows["rate_effect"].abs())
    by_size = changes.sort_values(["size", "by", "group"], ascending=[False, True, True], kind="stable")
    top = by_size.groupby(keys, observed=True, sort=True).head(MOST)[[*keys, "by", "group"]]
    group_names = pd.MultiIndex.from_frame(highest[["by", "group"]])
    fixed = highest[group_names.isin(ALWAYS)]
    groups = pd.concat([top, fixed[[*keys, "by", "group"]]]).drop_duplicates()
    return wide.merge(groups, on=[*keys, "by", "group"]).sort_values([*CASE, "by", "group"], ignore_index=True)


def _rounded(table: pd.DataFrame) -> pd.DataFrame:
    floats = {str(name): table[name].map(_figures) for name in table if table[name].dtype.kind == "f"}
    return table.assign(**floats)


def _figures(value: float) -> float:
    return value if not np.isfinite(value) else float(f"{value:.{DIGITS}g}")


def write(tables: FindingTables, folder: Path) -> None:
    """Write the tables as CSV, for people to read and for pages to be made from again."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in _FILES:
        getattr(tables, name).to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")


def read(folder: Path) -> FindingTables:
    """Read the tables.

    Raises:
        UsageError: there are none.
    """
    absent = [name for name in _FILES if not (folder / f"{name}.csv").is_file()]
    if absent:
        raise UsageError(
            "There are no findings to write pages from.",
            expected=f"{', '.join(f'{name}.csv' for name in _FILES)}",
            where=str(folder),
            hint="Give the folders of finished stress plans.",
        )
    # A group may be called "none".
    return FindingTables(
        *(pd.read_csv(folder / f"{name}.csv", keep_default_na=False, na_values=[""]) for name in _FILES)
    )
