"""A run as OpenLineage events: a job for each stage, the datasets it read and wrote, and where each column comes from.

The events say what was read and written, by which statements, under which schema and with what outcome of validation.
They hold no value of any row. Nothing in them depends on the clock: the time of an event is that of the last as-of
date, a second later for each event that follows.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from importlib import metadata
from pathlib import Path
from typing import Any, Final

import duckdb
import pyarrow as pa
import rfc8785

from data.constraints import LOADED
from data.contract import CONTRACT
from data.source import InputFile
from data.store import Step
from pipeline.load_report import LoadReport
from pipeline.openlineage import facets
from pipeline.openlineage.stage_columns import add_stage_columns
from pipeline.openlineage.statement_columns import QUARANTINE, StatementColumns, statement_columns

FILE: Final = "lineage/openlineage.jsonl"
"""The events, one a line, in a run folder."""

RECORDS: Final = "opencse-records"
"""The namespace of record files."""

_JOBS: Final = "opencse"
_QUARANTINED: Final = ("table_name", "source_file", "source_row", "row_id", "rule", "reason")

_STAGES: Final[Mapping[str, str]] = {
    "load": "Read the record files, cell by cell, and stage them as the contract's tables.",
    "validate": "Hold every row to the contract; load those that meet it and quarantine the others.",
    "featurise": "Compute every indicator of every subject over its windows.",
    "detect": "Judge claims by rules, and compare subjects with their peers.",
    "flag": "Select, explain and find the rows behind each flag.",
    "seal": "Write flags, cited rows and scores as lines, and seal them in a Merkle log.",
}
"""The stages of a run in order, each a job, and what it does."""


@dataclass(frozen=True)
class RunFacts:
    """What the events of a run are made of: its statements and the files they are kept in, and what it read and wrote.

    `tables` are the tables written, by path in the run folder; `identity` is whatever the run is determined by.
    """

    steps: Sequence[Step]
    files: Sequence[str]
    loaded: LoadReport
    dates: Sequence[date]
    tables: Mapping[str, pa.Table]
    exposures: frozenset[str]
    identity: bytes

    @cached_property
    def columns(self) -> StatementColumns:
        """What the run's statements, and the stages that are none, say about columns."""
        columns = statement_columns(self.steps, self.files, self.exposures)
        add_stage_columns(columns, self.tables)
        return columns

    @cached_property
    def run_id(self) -> uuid.UUID:
        """The run's id: the same whenever the same is run on the same records."""
        whole = hashlib.sha256(self.identity)
        for file in self.loaded.inputs:
            whole.update(f"{file.name}\0{file.sha256}\n".encode())
        return uuid.uuid5(uuid.NAMESPACE_OID, whole.hexdigest())


def write_events(facts: RunFacts, folder: Path) -> None:
    """Write the events of a run, one canonical JSON object a line."""
    path = folder / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(rfc8785.dumps(event) + b"\n" for event in run_events(facts)))


def run_events(facts: RunFacts) -> Iterator[dict[str, Any]]:
    """Yield the events in order: the run starts, each stage starts and completes, the run completes."""
    run = _Events(facts)
    start = datetime.combine(max(facts.dates), datetime.min.time())
    events = [("run", "START"), *((s, t) for s in _STAGES for t in ("START", "COMPLETE")), ("run", "COMPLETE")]
    for second, (stage, kind) in enumerate(events):
        yield run.event(stage, kind, start + timedelta(seconds=second))


@dataclass(frozen=True)
class _Events:
    facts: RunFacts

    @cached_property
    def producer(self) -> str:
        try:
            version = metadata.version("opencse")
        except metadata.PackageNotFoundError:
            version = "unknown"
        return f"urn:opencse:{version}"

    @cached_property
    def namespace(self) -> str:
        """The namespace of what the run itself made."""
        return f"opencse-run/{self.facts.run_id}"

    @cached_property
    def namespace_of(self) -> Mapping[str, str]:
        """The namespace of every table and file that a column may come from."""
        return _Namespaces(self.namespace, {file.name for file in self.facts.loaded.inputs})

    def event(self, stage: str, kind: str, at: datetime) -> dict[str, Any]:
        """Return one event; datasets stand in those that complete a stage."""
        complete = kind == "COMPLETE" and stage != "run"
        return {
            "eventTime": f"{at.isoformat()}Z",
            "eventType": kind,
            "producer": self.producer,
            "schemaURL": f"{facets.SPEC}#/$defs/RunEvent",
            "run": {"runId": str(self._id(stage)), "facets": self._run_facets(stage)},
            "job": {"namespace": _JOBS, "name": stage, "facets": self._job_facets(stage)},
            "inputs": self._inputs(stage) if complete else [],
            "outputs": [self._output(name) for name in self._outputs(stage)] if complete else [],
        }

    def _id(self, stage: str) -> uuid.UUID:
        return self.facts.run_id if stage == "run" else uuid.uuid5(self.facts.run_id, stage)

    def _run_facets(self, stage: str) -> dict[str, Any]:
        dates = self.facts.dates
        of = {
            "nominalTime": self._facet("NominalTimeRunFacet", nominalStartTime=f"{max(dates)}T00:00:00Z"),
            "processing_engine": self._facet("ProcessingEngineRunFacet", name="DuckDB", version=duckdb.__version__),
        }
        columns = self.facts.columns
        if stage == "run":
            of["extractionError"] = self._facet(
                "ExtractionErrorRunFacet",
                totalTasks=columns.statements,
                failedTasks=len(columns.unread),
                errors=[{"errorMessage": message, "task": file} for file, message in columns.unread],
            )
            return of
        parent = {"run": {"runId": str(self.facts.run_id)}, "job": {"namespace": _JOBS, "name": "run"}}
        return of | {"parent": self._facet("ParentRunFacet", **parent)}

    def _job_facets(self, stage: str) -> dict[str, Any]:
        says = _STAGES.get(stage, "Load, validate, featurise, detect, flag and seal.")
        kind = "DAG" if stage == "run" else "TASK"
        return {
            "documentation": self._facet("DocumentationJobFacet", description=says, contentType="text/plain"),
            "jobType": self._facet(
                "JobTypeJobFacet",
                processingType="BATCH",
                integration="OPENCSE",
                jobType=kind,
            ),
        }

    def _outputs(self, stage: str) -> list[str]:
        tables = [count.table for count in self.facts.loaded.counts]
        written = [name for name in self.facts.tables if not name.startswith("loaded/")]
        later = {"flags.parquet", "evidence.parquet"}
        of = {
            "load": [f"staged.{table}" for table in tables],
            "validate": [*(f"{LOADED}.{table}" for table in tables), QUARANTINE],
            "featurise": [n for n in written if n in ("features.parquet", "subjects.parquet", "history.parquet")],
            "flag": [n for n in self.facts.tables if n in later or n.startswith("loaded/")],
            "seal": ["ledger/flags.jsonl", "ledger/rows.jsonl", "ledger/scores.jsonl", "ledger/leaves.jsonl"],
        }
        of["detect"] = [n for n in written if n not in {*of["featurise"], *of["flag"]}]
        return of[stage]

    def _inputs(self, stage: str) -> list[dict[str, Any]]:
        if stage == "load":
            return [self._file(file) for file in self.facts.loaded.inputs]
        if stage == "seal":
            return [self._dataset(name) for name in self.facts.tables if name in _SEALED or name.startswith("loaded/")]
        names: set[str] = set()
        for output in self._outputs(stage):
            columns = self.facts.columns.datasets.get(output)
            for origins in [columns.rows, *columns.fields.values()] if columns else ():
                names |= {table for table, _ in origins}
        names -= set(self._outputs(stage))
        return [self._staged(n) if stage == "validate" else self._dataset(n) for n in sorted(names)]

    def _file(self, file: InputFile) -> dict[str, Any]:
        version = self._facet("DatasetVersionDatasetFacet", datasetVersion=f"sha256:{file.sha256}")
        statistics = self._facet("InputStatisticsInputDatasetFacet", size=file.bytes, fileCount=1)
        inputs = {"inputStatistics": statistics}
        return {"namespace": RECORDS, "name": file.name, "facets": {"version": version}, "inputFacets": inputs}

    def _staged(self, name: str) -> dict[str, Any]:
        """Return a staged table with what was asked of its rows, and how many broke it."""
        table = name.partition(".")[2]
        constraints = self.facts.loaded.constraints
        found = {"dataQualityAssertions": facets.assertions(self.producer, table, constraints)}
        return self._dataset(name) | {"inputFacets": found}

    def _dataset(self, name: str) -> dict[str, Any]:
        of: dict[str, Any] = {}
        fields = self._fields(name)
        if fields:
            of["schema"] = self._facet("SchemaDatasetFacet", fields=fields)
        rows = self._rows(name)
        if rows is not None:
            of["dataQualityMetrics"] = self._facet("DataQualityMetricsDatasetFacet", rowCount=rows, columnMetrics={})
        return {"namespace": self.namespace_of[name], "name": name, "facets": of}

    def _output(self, name: str) -> dict[str, Any]:
        dataset, columns = self._dataset(name), self.facts.columns.datasets.get(name)
        if columns is not None:
            dataset["facets"]["columnLineage"] = facets.column_lineage(self.producer, columns, self.namespace_of)
        rows = self._rows(name)
        statistics = {} if rows is None else {"outputStatistics": self._facet(_STATISTICS, rowCount=rows)}
        return dataset | {"outputFacets": statistics}

    def _fields(self, name: str) -> list[dict[str, str]]:
        kind, _, table = name.partition(".")
        if kind in ("staged", LOADED) and table in CONTRACT.records:
            more = ("source_file", "source_row", *(("unread", "refused") if kind == "staged" else ()))
            return facets.contract_fields(CONTRACT[table], more)
        if name == QUARANTINE:
            return [{"name": column} for column in _QUARANTINED]
        return facets.arrow_fields(self.facts.tables[name].schema) if name in self.facts.tables else []

    def _rows(self, name: str) -> int | None:
        kind, _, table = name.partition(".")
        count = next((c for c in self.facts.loaded.counts if c.table == table), None)
        if kind in ("staged", LOADED) and count is not None:
            return count.rows_in if kind == "staged" else count.loaded
        if name == QUARANTINE:
            return sum(c.quarantined for c in self.facts.loaded.counts)
        return self.facts.tables[name].num_rows if name in self.facts.tables else None

    def _facet(self, kind: str, **content: Any) -> facets.Facet:
        return facets.facet(self.producer, kind, **content)


_STATISTICS: Final = "OutputStatisticsOutputDatasetFacet"
_SEALED: Final = ("flags.parquet", "evidence.parquet", "scores.parquet", "practices.parquet")


class _Namespaces(dict[str, str]):
    """The namespace of a dataset by its name: that of the records for record files, else the run's own."""

    def __init__(self, own: str, files: Iterable[str]) -> None:
        super().__init__(dict.fromkeys(files, RECORDS))
        self._own = own

    def __missing__(self, name: str) -> str:
        return self._own
