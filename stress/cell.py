"""One cell of a plan: performed, measured, and written whole or not at all."""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from audit.rates import PositiveDefinition, RateOptions, Truth, rates
from audit.rates.positives import truth_labels
from data.memo import Memo, remembering
from data.staging import staged_file
from data.synthetic.memory_world import MemoryWorld, make_world
from data.synthetic.world import World
from pipeline.digest import digest, file_digest
from pipeline.seal import code_digest, code_version, library_versions
from stress.controls.control import control_input
from stress.controls.control_runs import nothing_planted, read_controls
from stress.controls.readings import rows_of
from stress.plan import CONTROLS, Cell
from stress.ranking import COMBINED, combined_scores
from stress.scenario_run import ScenarioResult, perform

PROVENANCE: Final = pa.schema(
    [
        ("cell", pa.string()),
        ("world", pa.string()),
        ("people", pa.int32()),
        ("seed", pa.int64()),
        ("set", pa.string()),
        ("scenario", pa.string()),
        ("dose", pa.float64()),
        ("world_digest", pa.string()),
        ("settings_digest", pa.string()),
        ("code_version", pa.string()),
        ("code_digest", pa.string()),
    ]
)
"""Where a row of the results comes from."""

RESULTS: Final = pa.schema(
    [
        *PROVENANCE,
        ("subject_kind", pa.string()),
        ("concern", pa.string()),
        ("basis", pa.string()),
        ("scope", pa.string()),
        ("name", pa.string()),
        ("measure", pa.string()),
        ("by", pa.string()),
        ("group", pa.string()),
        ("value", pa.float64()),
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("count", pa.float64()),
        ("n", pa.float64()),
        ("status", pa.string()),
    ]
)
"""The columns of `results.parquet`."""

FLAGGED: Final = pa.schema(
    [
        *PROVENANCE,
        ("subject_kind", pa.string()),
        ("subject_id", pa.int64()),
        ("concern", pa.string()),
        ("positive", pa.bool_()),
    ]
)
"""The columns of `flagged.parquet`: every subject flagged, and whether what it was flagged for was planted in it."""


def cell_id(cell: Cell) -> str:
    """Return a cell's id: a digest of everything that determines its rows, the code and the libraries among it.

    So whatever is done already is found again by any plan it is part of, and nothing is that would come out otherwise.
    """
    return digest(
        {**_identity(cell), "results": _result_settings(cell), "code": code_digest(), "libraries": _libraries()}
    )[:32]


@cache
def _libraries() -> dict[str, str]:
    return library_versions()


def _result_settings(cell: Cell) -> dict[str, Any]:
    return {name: str(value) for name, value in cell.results.model_dump(mode="json").items()}


@lru_cache(maxsize=4096)
def _identity(cell: Cell) -> dict[str, str]:
    path = Path(cell.scenario)
    # A file of the user's own counts by its content, wherever it lies; code that comes along by the code's digest.
    return {
        "world": cell.world,
        "people": str(cell.people),
        "seed": str(cell.seed),
        "set": cell.set,
        "scenario": path.stem if path.suffix == ".py" else cell.scenario,
        "scenario_file": file_digest(path) if path.suffix == ".py" else "",
        "dose": repr(cell.dose),
        "own_files": " ".join(sorted(file.sha256 for file in cell.settings.own_files)),
        "world_digest": digest(_texts(cell.resolved_world.model_dump(mode="json"))),
        "settings_digest": digest(_texts(cell.settings.model_dump(mode="json"))),
    }


def _texts(value: Any) -> Any:
    """Return settings with numbers as text, because canonical JSON is particular about them."""
    if isinstance(value, dict):
        return {str(name): _texts(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_texts(inner) for inner in value]
    return repr(value) if isinstance(value, float) else value


def run_cell(cell: Cell, out: Path) -> None:
    """Perform a cell, measure it, and write its files under their names when they are complete."""
    world, memo = world_in_memory(cell.resolved_world)
    # What a scenario leaves as it is in the world has been computed for the cell before.
    with remembering(memo):
        result = perform(world, settings=cell.settings, scenario=cell.declaration, dose=cell.dose)
        results, flagged = measure_controls(cell, result) if cell.scenario == CONTROLS else measure(cell, result)
    name = cell_id(cell)
    # The results come last: where they are, everything of the cell is.
    write_whole(flagged, out / f"{name}.flagged.parquet")
    write_whole(results, out / f"{name}.parquet")


_last: dict[str, tuple[MemoryWorld, Memo]] = {}
"""The last world made in this process, and what was computed of it: the cells of a world come one after another."""


def world_in_memory(world: World) -> tuple[MemoryWorld, Memo]:
    """Return a world, made unless it was the last, and what its cells share."""
    key = world.model_dump_json()
    last = _last.get(key)
    if last is None:
        made = make_world(world)
        last = made, Memo(lasting=made.records.values())
        # Where cells are run in threads, another may put its own world here at the same time.
        _last.clear()
        _last[key] = last
    return last


def measure_controls(cell: Cell, result: ScenarioResult) -> tuple[pa.Table, pa.Table]:
    """Return what the negative controls of a cell count, beside the unperturbed run; nobody is flagged by them."""
    # One null world a seed: the verdict pools them over the seeds of the plan.
    world = cell.resolved_world
    inputs = control_input(
        result.records,
        settings=cell.settings,
        as_of=world.ends_on,
        truth=result.truth,
        trial=result.trial,
        null_worlds=(nothing_planted(world),),
        seed=cell.seed,
    )
    readings, _ = read_controls(inputs)
    return _arrow(rows_of(readings), _provenance(cell), RESULTS), FLAGGED.empty_table()


def measure(cell: Cell, result: ScenarioResult) -> tuple[pa.Table, pa.Table]:
    """Return the rates of a cell and whom it flagged, each row with its provenance."""
    provenance = _provenance(cell)
    return _rates(cell, result, provenance), _flagged(cell, result, provenance)


def _provenance(cell: Cell) -> dict[str, Any]:
    identity = _identity(cell)
    return {f.name: identity.get(f.name, "") for f in PROVENANCE} | {
        "cell": cell_id(cell),
        "people": cell.people,
        "seed": cell.seed,
        "dose": cell.dose,
        "code_version": code_version(),
        "code_digest": code_digest(),
    }


def _rates(cell: Cell, result: ScenarioResult, provenance: dict[str, Any]) -> pa.Table:
    trial, records, truth = result.trial, result.records, result.truth
    characteristics = records["protected_characteristic"].to_pandas()
    officers = records["officer"].select(["officer_id", "joined_on"]).to_pandas()
    table = rates(
        trial.flags,
        subjects=trial.subjects,
        scores=pa.concat_tables([trial.scores, combined_scores(trial.comparisons, trial.contradictions)]),
        truth=_truth(cell, truth),
        people=officers.merge(characteristics, on="officer_id", how="left"),
        units=records["unit"],
        options=RateOptions(workload=cell.results.workload, measures=cell.results.measures, by=cell.results.by),
    )
    # All detectors together are no detector of their own that might have flagged somebody.
    selected = ~((table["basis"] == "flagged") & (table["name"] == COMBINED))
    return _arrow(table[selected], provenance, RESULTS)


def _truth(cell: Cell, truth: dict[str, pa.Table]) -> Truth:
    return Truth.of(truth["truth_subject"], truth["truth_archetype"], multiples=True)


def _flagged(cell: Cell, result: ScenarioResult, provenance: dict[str, Any]) -> pa.Table:
    """Return the subjects flagged, once for each concern."""
    keys = ["subject_kind", "concern", "subject_id"]
    flags = result.trial.flags.select(keys).to_pandas().drop_duplicates().sort_values(keys)
    truth = _truth(cell, result.truth)
    parts = []
    for (kind, concern), rows in flags.groupby(["subject_kind", "concern"], sort=True):
        ids = rows["subject_id"].to_numpy(dtype=np.int64)
        labels = truth_labels(
            truth,
            kind=str(kind),
            concern=str(concern),
            as_of=result.trial.as_of[-1],
            ids=ids,
            teams=None,
            definition=PositiveDefinition(),
        )
        parts.append(rows.assign(positive=labels.positive))
    subjects = pd.concat(parts) if parts else flags.assign(positive=False)
    return _arrow(subjects, provenance, FLAGGED)


def _arrow(rows: pd.DataFrame, provenance: dict[str, Any], schema: pa.Schema) -> pa.Table:
    n = len(rows)
    arrays = [
        pa.repeat(pa.scalar(provenance[f.name], f.type), n)
        if f.name in provenance
        else pa.array(rows[f.name].to_numpy(), f.type, from_pandas=True)
        for f in schema
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


def write_whole(table: pa.Table, path: Path) -> None:
    """Write a Parquet file that is there whole or not at all."""
    with staged_file(path) as temporary:
        pq.write_table(table, temporary, compression="zstd", row_group_size=max(len(table), 1))
