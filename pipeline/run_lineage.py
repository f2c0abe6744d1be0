"""The folder `lineage/` of a run: every statement that ran, what fed each concern, and OpenLineage events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa

from data.store import Store
from data.writing import write_json
from models.lineage import lineage
from pipeline.load_report import LoadReport
from pipeline.openlineage.run_events import RunFacts, write_events
from pipeline.run_folder import CONFIG
from pipeline.seal import code_digest
from pipeline.settings import Settings


def write_lineage(
    store: Store,
    settings: Settings,
    folder: Path,
    *,
    loaded: LoadReport,
    dates: Sequence[date],
    tables: Mapping[str, pa.Table],
) -> None:
    """Write a run's lineage into its folder, where its settings stand already; `tables` are those it wrote, by path.

    A statement that reads a record file names it relative to the records folder: started there, it runs as kept.
    """
    index = []
    place = folder / "lineage"
    (place / "sql").mkdir(parents=True, exist_ok=True)
    for number, step in enumerate(store.steps, start=1):
        name = f"sql/{number:04d}-{step.name.replace('/', '-').replace(' ', '-')}.sql"
        (place / name).write_text(step.sql + "\n", encoding="utf-8")
        index.append({"step": step.name, "file": name})
    write_json(index, place / "steps.json")
    fed = lineage(settings.in_force, indicators=settings.indicators, rules=settings.rules)
    write_json(fed, place / "purposes.json")
    facts = RunFacts(
        steps=store.steps,
        files=[entry["file"] for entry in index],
        loaded=loaded,
        dates=dates,
        tables=tables,
        exposures=frozenset(i.exposure for i in settings.indicators if isinstance(i.exposure, str)),
        identity=(folder / CONFIG).read_bytes() + code_digest().encode(),
    )
    write_events(facts, folder)
