"""What a run keeps of the records once they are loaded, so that after a kill they need not be read and checked again.

The loaded tables stand in the unfinished folder as Parquet, with what loading had to say and the statements that ran. A
run that is gone on with takes them up if code, libraries, settings and every record file are as they were, and every
file that was kept is whole. They are removed before the run is sealed.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from data.constraints import LOADED
from data.date_precision import declare
from data.optional_columns import note_filled
from data.source import Bending, InputFile
from data.store import Step, Store, literal, quoted
from data.writing import write_json
from pipeline.digest import file_digest
from pipeline.load_report import ConstraintCount, LoadReport, TableCount
from pipeline.stage_origin import StageOrigin, names_in

KEPT: Final = ".loaded"
"""The folder of an unfinished run that holds the loaded tables."""

_STAGE: Final = f"{KEPT}/stage.json"
_VALIDATION: Final = "validation"


def write_loaded(folder: Path, store: Store, loaded: LoadReport, origin: StageOrigin) -> None:
    """Keep the loaded tables of a store in an unfinished run, whose validation is written."""
    (folder / KEPT).mkdir()
    for name in sorted(store.tables(LOADED)):
        path = folder / KEPT / f"{name}.parquet"
        store.run(f"COPY {LOADED}.{quoted(name)} TO {literal(str(path))} (FORMAT parquet, COMPRESSION zstd)")
    content = {
        **origin.to_json(),
        "report": _report_json(loaded),
        "steps": [[step.name, step.sql] for step in store.steps],
        "files": {name: file_digest(folder / name) for name in _names(folder)},
    }
    write_json(content, folder / _STAGE)


def read_loaded(folder: Path, store: Store, origin: StageOrigin) -> LoadReport | None:
    """Fill a store with the tables that an unfinished run kept; None where there are none, or anything has changed.

    Everything in the folder but what was kept and the validation is removed, so that what follows is written anew.
    """
    try:
        content = json.loads((folder / _STAGE).read_text(encoding="utf-8"))
        report = _report(content["report"])
        files = dict(content["files"])
        same = origin.is_of(content, report.inputs)
        same = same and files.keys() == set(_names(folder))
        same = same and all(file_digest(folder / name) == sha256 for name, sha256 in files.items())
        steps = [Step(name, sql) for name, sql in content["steps"]]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    if not same:
        return None
    for path in folder.iterdir():
        if path.name not in (KEPT, _VALIDATION):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    store.run(f"CREATE SCHEMA IF NOT EXISTS {LOADED}")
    for path in sorted((folder / KEPT).glob("*.parquet")):
        store.run(f"CREATE TABLE {LOADED}.{quoted(path.stem)} AS FROM read_parquet({literal(str(path))})")
    declare(store, report.coarse)
    note_filled(store)
    store.steps.extend(steps)
    return report


def drop_loaded(folder: Path) -> None:
    """Remove what was kept: nothing of it belongs to a run."""
    shutil.rmtree(folder / KEPT, ignore_errors=True)


def _names(folder: Path) -> list[str]:
    kept = [f"{top}/{name}" for top in (KEPT, _VALIDATION) for name in names_in(folder / top)]
    return [name for name in kept if name != _STAGE]


def _report_json(loaded: LoadReport) -> dict[str, Any]:
    coarse = [[table, column, precision] for (table, column), precision in sorted(loaded.coarse.items())]
    return {
        "source": loaded.source,
        "inputs": [asdict(file) for file in loaded.inputs],
        "counts": [asdict(count) for count in loaded.counts],
        "absent": list(loaded.absent),
        "notes": list(loaded.notes),
        "constraints": [asdict(constraint) for constraint in loaded.constraints],
        "bendings": [asdict(bending) for bending in loaded.bendings],
        "coarse": coarse,
        "sampled": dict(loaded.sampled),
    }


def _report(content: Mapping[str, Any]) -> LoadReport:
    return LoadReport(
        source=content["source"],
        inputs=tuple(InputFile(**file) for file in content["inputs"]),
        counts=tuple(TableCount(**count) for count in content["counts"]),
        absent=tuple(content["absent"]),
        notes=tuple(content["notes"]),
        constraints=tuple(ConstraintCount(**constraint) for constraint in content["constraints"]),
        bendings=tuple(Bending(**bending) for bending in content["bendings"]),
        coarse={(table, column): precision for table, column, precision in content["coarse"]},
        sampled=content["sampled"],
    )
