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
from pipeline.load_report import Loaded, RuleCount
from pipeline.validation.quarantine import QUARANTINE

EXAMPLES: Final = 5
"""How many rejected rows the page shows for each rule of a table."""


def write_validation(loaded: Loaded, folder: Path, store: Store) -> None:
    """Write `quarantine.parquet`, `results.json` and `index.html` into a folder, made if it is not there.

    The same records give the same bytes: no time, no run id, no path of the machine is written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rejected = store.arrow(f"FROM {QUARANTINE} ORDER BY table_name, source_file, source_row")
    pq.write_table(rejected, folder / "quarantine.parquet", compression="zstd")
    results = _results(loaded)
    text = json.dumps(results, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
    (folder / "results.json").write_text(text + "\n", encoding="utf-8")
    (folder / "index.html").write_text(_page(results, _examples(store)), encoding="utf-8")


def _results(loaded: Loaded) -> dict[str, Any]:
    return {
        "contract_version": CONTRACT.version,
        "source": loaded.source,
        "inputs": [{"name": f.name, "sha256": f.sha256, "bytes": f.bytes} for f in loaded.inputs],
        "absent": list(loaded.absent),
        "notes": list(loaded.notes),
        "tables": [
            {
                "table": count.table,
                "rows_in": count.rows_in,
                "loaded": count.loaded,
                "quarantined": count.quarantined,
                "rules": [_rule(rule) for rule in loaded.rules if rule.table == count.table],
            }
            for count in loaded.counts
        ],
    }


def _rule(rule: RuleCount) -> dict[str, Any]:
    return {
        "rule": rule.rule,
        "says": rule.says,
        "rejects": rule.rejects,
        "broken": rule.broken,
        "great_expectations": dict(rule.verdict),
    }


def _examples(store: Store) -> Mapping[tuple[str, str], Sequence[Mapping[str, Any]]]:
    found = store.rows(
        f"SELECT table_name, rule, source_file, source_row, row_id, reason FROM {QUARANTINE} "
        f"QUALIFY row_number() OVER (PARTITION BY table_name, rule ORDER BY source_file, source_row) <= {EXAMPLES} "
        "ORDER BY table_name, rule, source_file, source_row"
    )
    shown: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for table, rule, source_file, source_row, row_id, reason in found:
        example = {"file": source_file, "row": source_row, "id": row_id, "reason": reason}
        shown.setdefault((table, rule), []).append(example)
    return shown


def _page(results: Mapping[str, Any], examples: Mapping[tuple[str, str], Sequence[Mapping[str, Any]]]) -> str:
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = files("pipeline.validation").joinpath("page.html.jinja").read_text(encoding="utf-8")
    rejections = [{"table": table, "rule": rule, "examples": rows} for (table, rule), rows in sorted(examples.items())]
    return environment.from_string(template).render(results=results, rejections=rejections) + "\n"
