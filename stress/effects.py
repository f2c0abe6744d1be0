"""Effects: how far each cell differs from its unperturbed twin, seed by seed, with intervals over the seeds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from data.errors import InputRejected, UsageError
from models.selection.fdr import q_values
from stress.cell import FLAGGED, RESULTS
from stress.plan import CONTROLS, TWIN

PLACE: Final = ("world", "people", "set")
"""Effects are told apart by these, and cells are paired within them and their seed."""

WHAT: Final = ("subject_kind", "concern", "basis", "scope", "name", "measure", "by", "group")
"""What is measured."""

ROUNDING: Final = 1e-9
"""Differences that differ by less than this share of them are the same."""

TABLE_SCHEMAS: Final = {"results": RESULTS, "flagged": FLAGGED}
"""The columns of the tables of a stress folder."""

KEYS: Final = (*PLACE, "scenario", "dose", *WHAT)

CONFIDENCE: Final = 0.95
"""Of the intervals."""

FEWEST: Final = 3
"""The fewest seeds from which an interval is worth much."""

COLUMNS: Final = (*KEYS, "twin", "value", "effect", "low", "high", "p_value", "q_value", "seeds", "status")
"""The columns of `effects.parquet`.

`twin` and `value` are means over the seeds in which both are defined, `effect` is the mean of their differences and
`low` and `high` bound it (Student's t over seeds). `q_value` is the smallest false discovery rate (Benjamini and
Hochberg) at which the effect stands out among all effects of the plan that have a p-value. `status`: `ok`, `too_few`
with fewer than three seeds, `undefined` with none. Where all differences are the same and not 0 there is no interval.
"""


def read_results(out: Path, name: str = "results", *, scenarios: Sequence[str] | None = None) -> pa.Table:
    """Return a table of a stress folder, of some scenarios only where they are named.

    Raises:
        UsageError: there is none.
    """
    filters = None if scenarios is None else [("scenario", "in", list(scenarios))]
    return read_part(results_file(out, name), filters=filters)


def read_part(path: Path, *, columns: Sequence[str] | None = None, filters: object = None) -> pa.Table:
    """Return some columns and rows of a table of a stress folder.

    Raises:
        InputRejected: its content cannot be read.
    """
    try:
        return pq.read_table(path, columns=None if columns is None else list(columns), filters=filters)
    except (pa.ArrowException, OSError) as error:
        raise unreadable(path, found=str(error).splitlines()[0]) from error


def unreadable(path: Path, *, found: str) -> InputRejected:
    """Return the refusal of a file of a stress folder that is not what its name says."""
    return InputRejected(
        "A file of the stress folder cannot be read.",
        expected=f"{path.name} as 'opencse stress' writes it",
        found=found,
        where=str(path),
        hint="Give the command that made the folder again: what is done is not done again.",
    )


def results_file(out: Path, name: str = "results") -> Path:
    """Return the file of a table of a stress folder, `results` or `flagged`.

    Raises:
        UsageError: there is none.
        InputRejected: it cannot be read, or lacks columns.
    """
    path = out / f"{name}.parquet"
    if not path.is_file():
        raise UsageError(
            "This is not a finished stress folder.",
            expected=f"a folder written by 'opencse stress', with {path.name}",
            where=str(out),
            hint="If a plan was stopped, give the same command again: it goes on where it was.",
        )
    try:
        names = pq.read_schema(path).names
    except (pa.ArrowException, OSError) as error:
        raise unreadable(path, found=str(error).splitlines()[0]) from error
    absent = [column for column in TABLE_SCHEMAS[name].names if column not in names]
    if absent:
        raise unreadable(path, found=f"no column {', '.join(absent)}")
    return path


def effects_of(out: Path) -> pd.DataFrame:
    """Return the effects in a stress folder, read scenario by scenario, so that a large plan takes little memory."""
    twins = read_results(out, scenarios=[TWIN])
    names = sorted(read_part(out / "results.parquet", columns=["scenario"])["scenario"].unique().to_pylist())
    parts = [
        effects(pa.concat_tables([twins, read_results(out, scenarios=[n])])) for n in names if n not in (TWIN, CONTROLS)
    ]
    table = pd.concat(parts, ignore_index=True) if parts else effects(twins)
    table["q_value"] = q_values(table["p_value"].to_numpy(dtype=np.float64))
    return table.sort_values(list(KEYS), kind="stable", ignore_index=True)


def effects(results: pa.Table) -> pd.DataFrame:
    """Return the effect of every scenario and dose on everything that was measured, one row each.

    A scenario with a cell at dose 0 is compared with that, because a method of its own runs in it; any other with the
    unperturbed twin of the same world, size, seed and set.
    """
    # Grouped on one thread, because the order in which floating-point numbers are added shows in their last bits.
    pairs = _pairs(results)
    counts = pc.CountOptions(mode="only_valid")
    summary = (
        pa.TableGroupBy(pairs, list(KEYS), use_threads=False)
        .aggregate(
            [
                *(("twin", "mean"), ("value", "mean"), ("gap", "mean"), ("gap", "min"), ("gap", "max")),
                ("gap", "stddev", pc.VarianceOptions(ddof=1)),
                ("gap", "count", counts),
            ]
        )
        .to_pandas()
    )
    seeds, effect = summary["gap_count"].to_numpy(), summary["gap_mean"].to_numpy(dtype=np.float64)
    spread = summary["gap_stddev"].to_numpy(dtype=np.float64)
    # Equal counts of equal people differ by the last bits of their quotients.
    constant = (
        summary["gap_max"] - summary["gap_min"] <= ROUNDING * (summary["gap_max"].abs() + summary["twin_mean"].abs())
    ).to_numpy()
    # Differences that are all the same and not 0 leave nothing to estimate a spread from: no interval then.
    half = np.where(constant & (effect != 0), np.nan, _half_width(spread, seeds))
    table = summary.rename(
        columns={"twin_mean": "twin", "value_mean": "value", "gap_mean": "effect", "gap_count": "seeds"}
    )
    table = table.assign(low=effect - half, high=effect + half, p_value=_p_values(effect, spread, seeds, constant))
    table["q_value"] = q_values(table["p_value"].to_numpy(dtype=np.float64))
    table["status"] = np.select([seeds == 0, seeds < FEWEST], ["undefined", "too_few"], "ok")
    ordered_table: pd.DataFrame = table[list(COLUMNS)].sort_values(list(KEYS), kind="stable", ignore_index=True)
    return ordered_table


def _pairs(results: pa.Table) -> pa.Table:
    """Return every cell's rows beside the twin's value and their difference; null where either is undefined."""
    columns = [*PLACE, "seed", *WHAT]
    # Arrow joins never match null with null, so that what is not told apart is told apart by an empty text.
    texts = {name: pc.fill_null(results[name], "") for name in columns if pa.types.is_string(results[name].type)}
    rows = pa.table({name: texts.get(name, results[name]) for name in [*columns, "scenario", "dose", "value"]})
    is_twin, at_zero = pc.equal(rows["scenario"], TWIN), pc.equal(rows["dose"], 0.0)
    cells = rows.filter(pc.invert(at_zero))
    dosed_twins = rows.filter(pc.and_(at_zero, pc.invert(is_twin)))
    has_own_twin = pc.is_in(cells["scenario"], value_set=dosed_twins["scenario"].unique())
    pairs = pa.concat_tables(
        [
            _with_twins(cells.filter(pc.invert(has_own_twin)), rows.filter(is_twin), columns),
            _with_twins(cells.filter(has_own_twin), dosed_twins, [*columns, "scenario"]),
        ]
    )
    gap = pc.subtract(pairs["value"], pairs["twin"])
    defined = pc.is_valid(gap)
    null = pa.scalar(None, pa.float64())
    pairs = pairs.append_column("gap", gap)
    for name in ("value", "twin"):
        pairs = pairs.set_column(pairs.column_names.index(name), name, pc.if_else(defined, pairs[name], null))
    return pairs


def _with_twins(cells: pa.Table, twins: pa.Table, keys: list[str]) -> pa.Table:
    # A left join: a cell without a twin stays, undefined, and shows as such.
    twin = twins.select([*keys, "value"]).rename_columns([*keys, "twin"])
    joined = cells.join(twin, keys=keys, join_type="left outer", use_threads=False)
    return joined.select([*cells.column_names, "twin"])


def _half_width(spread: np.ndarray, seeds: np.ndarray) -> np.ndarray:
    from scipy.stats import t

    with np.errstate(invalid="ignore", divide="ignore"):
        width: np.ndarray = t.ppf(0.5 + CONFIDENCE / 2, np.maximum(seeds - 1, 1)) * spread / np.sqrt(seeds)
    return np.where(seeds > 1, width, np.nan)


def _p_values(effect: np.ndarray, spread: np.ndarray, seeds: np.ndarray, constant: np.ndarray) -> np.ndarray:
    """Return two-sided p-values of the paired t-test; of the sign test where all differences are the same."""
    from scipy.stats import t

    with np.errstate(invalid="ignore", divide="ignore"):
        # Student's t-test of paired differences; a constant difference leaves it no spread, and the sign test does.
        t_test = 2 * t.sf(np.abs(effect) / (spread / np.sqrt(seeds)), np.maximum(seeds - 1, 1))
        sign_test = np.where(effect == 0, 1.0, 2.0 ** (1.0 - seeds))
    return np.where(seeds > 1, np.where(constant, sign_test, t_test), np.nan)


def turnover(flagged: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """Return how many people come to be flagged, and no longer are, against the twin: means over the seeds.

    `cells` names every cell there is, for one that flags nobody has no row in `flagged`. `gained` and `lost` count
    innocent subjects of a concern, `found` and `missed` those in whom something was planted.
    """
    directions = ["gained", "lost", "found", "missed"]
    place = [*PLACE, "scenario", "dose", "subject_kind", "concern"]
    if flagged.empty:
        return pd.DataFrame(columns=[*place, *directions, "seeds"])
    keys = [*PLACE, "seed", "subject_kind", "concern", "subject_id"]
    twin = flagged[flagged["scenario"] == TWIN][[*keys, "positive"]]
    cells = cells[cells["scenario"] != TWIN][[*PLACE, "seed", "scenario", "dose"]].drop_duplicates()
    twin_pairs = cells.merge(twin, on=[*PLACE, "seed"])
    scenario_flags = flagged[flagged["scenario"] != TWIN][[*keys, "scenario", "dose", "positive"]]
    # An outer join keeps who is flagged on one side only: these are the people the turnover is about.
    changes = twin_pairs.merge(
        scenario_flags, on=[*keys, "scenario", "dose"], how="outer", suffixes=("_before", "_after")
    )
    flagged_before, flagged_after = changes["positive_before"].notna(), changes["positive_after"].notna()
    positive = changes["positive_after"].where(flagged_after, changes["positive_before"]).astype(bool)
    counts = changes.assign(
        gained=flagged_after & ~flagged_before & ~positive,
        lost=flagged_before & ~flagged_after & ~positive,
        found=flagged_after & ~flagged_before & positive,
        missed=flagged_before & ~flagged_after & positive,
    )
    seeds = cells.groupby([*PLACE, "scenario", "dose"], sort=True, observed=True)["seed"].nunique().rename("seeds")
    totals = (
        counts.groupby(place, sort=True, observed=True)[directions]
        .sum()
        .reset_index()
        .merge(seeds.reset_index(), on=[*PLACE, "scenario", "dose"])
    )
    totals[directions] = totals[directions].div(totals["seeds"], axis=0)
    return totals


def write_effects(out: Path, table: pd.DataFrame) -> Path:
    """Write the effects as `effects.parquet` into a stress folder and return the file."""
    path = out / "effects.parquet"
    pq.write_table(pa.Table.from_pandas(table, preserve_index=False).replace_schema_metadata(None), path)
    return path
