"""A run as OpenLineage events: valid against the published schemas, and true to the statements that ran."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from data.contract import CONTRACT
from data.store import Step
from pipeline.openlineage.column_origins import NotParsed, own_columns, relation_of
from pipeline.openlineage.run_events import FILE
from pipeline.openlineage.statement_columns import statement_columns
from pipeline.run_folder import RunFolder

SHIFTS = own_columns("shift", ["shift_id", "officer_id", "minutes", "duty"])
PEOPLE = own_columns("people", ["officer_id", "rank"])
CATALOG = {"shift": SHIFTS, "people": PEOPLE}


@pytest.fixture(scope="module")
def events(finished: RunFolder) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (finished.path / FILE).read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def schemas() -> Registry[Any]:
    folder = os.environ.get("OPENCSE_OPENLINEAGE")
    if not folder:
        pytest.skip(
            "OPENCSE_OPENLINEAGE does not name the folder of the published OpenLineage schemas: it holds"
            " spec/OpenLineage.json and spec/facets/*.json of github.com/OpenLineage/OpenLineage"
        )
    documents = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(Path(folder).rglob("*.json"))]
    return Registry().with_resources([(d["$id"], Resource.from_contents(d)) for d in documents])


def facets(content: Any) -> Iterator[dict[str, Any]]:
    if isinstance(content, dict):
        if "_schemaURL" in content:
            yield content
        for inner in content.values():
            yield from facets(inner)
    elif isinstance(content, list):
        for inner in content:
            yield from facets(inner)


def dataset(events: list[dict[str, Any]], stage: str, name: str) -> dict[str, Any]:
    complete = next(e for e in events if (e["job"]["name"], e["eventType"]) == (stage, "COMPLETE"))
    return next(d for d in (*complete["inputs"], *complete["outputs"]) if d["name"] == name)


def columns_from(dataset: dict[str, Any], column: str) -> set[tuple[str, str]]:
    return {
        (field["name"], field["field"]) for field in dataset["facets"]["columnLineage"]["fields"][column]["inputFields"]
    }


# ---------------------------------------------------------------- queries


@pytest.mark.parametrize(
    ("query", "column", "origins", "rows"),
    [
        ("SELECT minutes + 1 AS more FROM shift", "more", {("minutes", "TRANSFORMATION")}, set()),
        (
            "SELECT s.* FROM shift AS s ANTI JOIN people USING (officer_id)",
            "duty",
            {("duty", "IDENTITY")},
            {"officer_id"},
        ),
        ("WITH c AS (SELECT duty AS kind FROM shift) SELECT kind FROM c", "kind", {("duty", "IDENTITY")}, set()),
        (
            "SELECT count(*) FILTER (WHERE duty = 'late') AS n FROM shift GROUP BY officer_id",
            "n",
            {("duty", "CONDITIONAL")},
            {"officer_id"},
        ),
        (
            "SELECT CASE WHEN duty = 'late' THEN minutes END AS late FROM shift",
            "late",
            {("duty", "CONDITIONAL"), ("minutes", "TRANSFORMATION")},
            set(),
        ),
        (
            "SELECT sum(m) AS total FROM (SELECT minutes AS m FROM shift WHERE duty = 'late')",
            "total",
            {("minutes", "AGGREGATION")},
            {"duty"},
        ),
        (
            "SELECT shift_id FROM shift WHERE officer_id IN (SELECT officer_id FROM people WHERE rank = 'sergeant')",
            "shift_id",
            {("shift_id", "IDENTITY")},
            {"officer_id", "rank"},
        ),
        (
            "SELECT row_number() OVER (PARTITION BY officer_id ORDER BY minutes) AS place FROM shift",
            "place",
            {("officer_id", "WINDOW"), ("minutes", "WINDOW")},
            set(),
        ),
        (
            "SELECT duty AS x FROM shift UNION ALL SELECT rank FROM people",
            "x",
            {("duty", "IDENTITY"), ("rank", "IDENTITY")},
            set(),
        ),
        (
            "SELECT list_filter([minutes], lambda x: x > 1) AS some FROM shift",
            "some",
            {("minutes", "TRANSFORMATION")},
            set(),
        ),
    ],
)
def test_a_column_is_followed_to_where_it_comes_from(
    query: str, column: str, origins: set[tuple[str, str]], rows: set[str]
) -> None:
    with duckdb.connect() as connection:
        relation = relation_of(query, CATALOG, connection)
    assert {(origin.column, origin.how) for origin in relation.columns[column]} == origins
    assert {origin.column for origin in relation.rows} == rows


def test_what_is_no_query_is_refused_and_named_among_the_unread() -> None:
    with duckdb.connect() as connection, pytest.raises(NotParsed):
        relation_of("DROP TABLE shift", CATALOG, connection)
    columns = statement_columns([Step("stage shift", "DROP TABLE shift")], ["sql/0001.sql"], ())
    assert [file for file, _ in columns.unread] == ["sql/0001.sql"]


# ---------------------------------------------------------------- the events of a run


def test_every_stage_starts_and_completes_and_names_the_run_as_its_parent(events: list[dict[str, Any]]) -> None:
    stages = ["load", "validate", "featurise", "detect", "flag", "seal"]
    both = [(stage, kind) for stage in stages for kind in ("START", "COMPLETE")]
    assert [(e["job"]["name"], e["eventType"]) for e in events] == [("run", "START"), *both, ("run", "COMPLETE")]
    run = events[0]["run"]["runId"]
    assert {e["run"]["facets"]["parent"]["run"]["runId"] for e in events[1:-1]} == {run}
    assert [e["eventTime"] for e in events] == sorted({e["eventTime"] for e in events})


def test_events_and_facets_meet_the_published_schemas(events: list[dict[str, Any]], schemas: Registry[Any]) -> None:
    numbers = 0
    for event in events:
        Draft202012Validator({"$ref": event["schemaURL"]}, registry=schemas).validate(event)
        for facet in facets(event):
            Draft202012Validator({"$ref": facet["_schemaURL"]}, registry=schemas).validate(facet)
            numbers += 1
    assert numbers > 100


def test_every_statement_was_read(events: list[dict[str, Any]], finished: RunFolder) -> None:
    facet = events[0]["run"]["facets"]["extractionError"]
    assert facet["failedTasks"] == 0
    assert facet["totalTasks"] > len(finished.json("lineage/steps.json")) / 2


def test_columns_lead_from_a_file_through_its_table_to_the_values(events: list[dict[str, Any]]) -> None:
    staged = dataset(events, "load", "staged.shift")
    assert columns_from(staged, "overtime_minutes") == {("shift.parquet", "overtime_minutes")}
    loaded = dataset(events, "validate", "loaded.shift")
    assert columns_from(loaded, "overtime_minutes") == {("staged.shift", "overtime_minutes")}
    features = dataset(events, "featurise", "features.parquet")
    assert ("loaded.shift", "overtime_minutes") in columns_from(features, "value")
    assert ("features.parquet", "value") in columns_from(dataset(events, "detect", "scores.parquet"), "score")
    assert ("scores.parquet", "score") in columns_from(dataset(events, "flag", "flags.parquet"), "score")
    evidence = dataset(events, "flag", "evidence.parquet")
    assert ("loaded.shift", "shift_id") in columns_from(evidence, "row_id")


def test_the_statements_read_what_the_declarations_say_they_read(
    events: list[dict[str, Any]], finished: RunFolder
) -> None:
    """Two ways to the same answer: the columns in the SQL that ran, and those that indicators and rules declare."""
    read = defaultdict(set)
    for stage, name in (
        ("featurise", "features.parquet"),
        ("featurise", "subjects.parquet"),
        ("detect", "scores.parquet"),
    ):
        lineage = dataset(events, stage, name)["facets"]["columnLineage"]
        for field in (*lineage["dataset"], *(f for of in lineage["fields"].values() for f in of["inputFields"])):
            if field["name"].startswith("loaded."):
                read[field["name"].removeprefix("loaded.")].add(field["field"])
    declared = defaultdict(set)
    for entry in finished.json("lineage/purposes.json"):
        for fed in entry["fed_by"]:
            for table, columns in fed["reads"].items():
                declared[table] |= set(columns)
    assert read.keys() == declared.keys() & {c["table"] for c in finished.manifest["counts"]}
    for table, columns in read.items():
        # What reads a column that no row fills was skipped, as what reads an absent table was.
        unfilled = {c.name for c in CONTRACT[table].columns if c.optional} if not finished.manifest["filled"] else set()
        assert unfilled == ({"unit_id"} if table == "complaint" else set())
        assert declared[table] - unfilled - columns <= {
            CONTRACT[table].key
        }  # a key tells rows apart where a statement counts them
        # Beside what is declared: the days that say from when on a row may be read, and the volumes of sources.
        beyond = columns - declared[table]
        assert beyond <= {"known_on", "ended_on", "finalised_on", "declared_on", "severity", "unit_id"}


def test_validation_stands_in_the_facets(events: list[dict[str, Any]], finished: RunFolder) -> None:
    counts = {count["table"]: count for count in finished.manifest["counts"]}
    shift = dataset(events, "validate", "loaded.shift")
    assert shift["outputFacets"]["outputStatistics"]["rowCount"] == counts["shift"]["loaded"]
    complete = next(e for e in events if (e["job"]["name"], e["eventType"]) == ("validate", "COMPLETE"))
    staged = next(d for d in complete["inputs"] if d["name"] == "staged.shift")
    assertions = {a["name"]: a for a in staged["inputFacets"]["dataQualityAssertions"]["assertions"]}
    assert assertions["required(officer_id)"] | {"description": ""} == {
        "assertion": "required",
        "name": "required(officer_id)",
        "column": "officer_id",
        "success": True,
        "severity": "error",
        "description": "",
        "expected": "0",
        "actual": "0",
    }
