"""The validation folder of a run: what was rejected, what was checked, and a page to read it on.

Great Expectations' own pages load scripts from other hosts, so they cannot be kept with a run and opened years later;
this page is rendered here from the same results and needs nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq

from data.contract import CONTRACT
from data.store import Store
from pipeline.load_report import ConstraintCount, LoadReport
from pipeline.validation.quarantine import QUARANTINE

EXAMPLES: Final = 5
"""How many rejected rows the page shows for each constraint of a table."""


def write_validation(report: LoadReport, folder: Path, store: Store) -> None:
    """Write `quarantine.parquet`, `results.json` and `index.html` into a folder, made if it is not there.

    The same records give the same bytes: no time, no run id, no path of the machine is written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rejected = store.arrow(f"FROM {QUARANTINE} ORDER BY table_name, source_file, source_row")
    pq.write_table(rejected, folder / "quarantine.parquet", compression="zstd")
    results = _results(report)
    text = json.dumps(results, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
    (folder / "results.json").write_text(text + "\n", encoding="utf-8")
    (folder / "index.html").write_text(_page(results, _examples(store)), encoding="utf-8")


def _results(report: LoadReport) -> dict[str, Any]:
    return {
        "contract_version": CONTRACT.version,
        "source": report.source,
        "inputs": [{"name": f.name, "sha256": f.sha256, "bytes": f.bytes} for f in report.inputs],
        "absent": list(report.absent),
        "notes": list(report.notes),
        "tables": [
            {
                "table": count.table,
                "rows_in": count.rows_in,
                "loaded": count.loaded,
                "quarantined": count.quarantined,
                "constraints": [_constraint(c) for c in report.constraints if c.table == count.table],
            }
            for count in report.counts
        ],
    }


def _constraint(constraint: ConstraintCount) -> dict[str, Any]:
    return {
        "constraint": constraint.constraint,
        "requirement": constraint.requirement,
        "rejects": constraint.rejects,
        "violations": constraint.violations,
        "great_expectations": dict(constraint.expectation),
    }


def _examples(store: Store) -> Mapping[tuple[str, str], Sequence[Mapping[str, Any]]]:
    rows = store.rows(
        f"SELECT table_name, constraint_name, source_file, source_row, row_id, reason FROM {QUARANTINE} "
        "QUALIFY row_number() OVER (PARTITION BY table_name, constraint_name ORDER BY source_file, source_row) "
        f"<= {EXAMPLES} "
        "ORDER BY table_name, constraint_name, source_file, source_row"
    )
    examples: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for table, constraint, source_file, source_row, row_id, reason in rows:
        example = {"file": source_file, "row": source_row, "id": row_id, "reason": reason}
        examples.setdefault((table, constraint), []).append(example)
    return examples


def _page(results: Mapping[str, Any], examples: Mapping[tuple[str, str], Sequence[Mapping[str, Any]]]) -> str:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = files("pipeline.validation").joinpath("page.html.jinja").read_text(encoding="utf-8")
    rejections = [
        {"table": table, "constraint": constraint, "examples": rows}
        for (table, constraint), rows in sorted(examples.items())
    ]
    return environment.from_string(template).render(results=results, rejections=rejections) + "\n"
