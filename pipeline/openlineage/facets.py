"""OpenLineage facets: small pieces of JSON, each with the published schema that it meets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import pyarrow as pa

from data.contract import CONTRACT
from data.schema import Table
from pipeline.load_report import ConstraintCount
from pipeline.openlineage.column_origins import DIRECT
from pipeline.openlineage.statement_columns import ColumnName, DatasetColumns, Use

SPEC: Final = "https://openlineage.io/spec/2-0-2/OpenLineage.json"
"""The schema of the events."""

_VERSIONS: Final[Mapping[str, str]] = {
    "ColumnLineageDatasetFacet": "1-2-0",
    "DataQualityAssertionsDatasetFacet": "1-1-0",
    "DataQualityMetricsDatasetFacet": "1-0-0",
    "DatasetVersionDatasetFacet": "1-0-1",
    "DocumentationJobFacet": "1-1-0",
    "ExtractionErrorRunFacet": "1-1-2",
    "InputStatisticsInputDatasetFacet": "1-0-0",
    "JobTypeJobFacet": "2-0-4",
    "NominalTimeRunFacet": "1-0-1",
    "OutputStatisticsOutputDatasetFacet": "1-0-2",
    "ParentRunFacet": "1-2-0",
    "ProcessingEngineRunFacet": "1-1-1",
    "SchemaDatasetFacet": "1-2-0",
}

Facet = dict[str, Any]


def facet(producer: str, kind: str, **content: Any) -> Facet:
    """Return a facet of a published kind.

    Example:
        >>> facet("urn:x", "DatasetVersionDatasetFacet", datasetVersion="1")["_schemaURL"].rpartition("/")[2]
        'DatasetVersionDatasetFacet'
    """
    url = f"https://openlineage.io/spec/facets/{_VERSIONS[kind]}/{kind}.json#/$defs/{kind}"
    return {"_producer": producer, "_schemaURL": url, **content}


def contract_fields(table: Table, more: Iterable[str] = ()) -> list[dict[str, str]]:
    """Return the columns of a table of the contract as fields of a schema, `more` ones after them as texts."""
    own = [{"name": c.name, "type": c.type, "description": c.doc} for c in table.columns]
    return [*own, *({"name": name, "type": "VARCHAR"} for name in more)]


def arrow_fields(schema: pa.Schema) -> list[dict[str, str]]:
    """Return the columns of a written table as fields of a schema."""
    return [{"name": field.name, "type": str(field.type)} for field in schema]


def column_lineage(producer: str, columns: DatasetColumns, namespace_of: Mapping[str, str]) -> Facet:
    """Return the facet that says what each column comes from, and what decides which rows there are.

    `namespace_of` gives the namespace of each table or file that columns may come from.
    """
    fields = {name: {"inputFields": _inputs(origins, namespace_of)} for name, origins in sorted(columns.fields.items())}
    return facet(producer, "ColumnLineageDatasetFacet", fields=fields, dataset=_inputs(columns.rows, namespace_of))


def _inputs(origins: Mapping[ColumnName, set[Use]], namespace_of: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "namespace": namespace_of[table],
            "name": table,
            "field": column,
            "transformations": [
                {"type": "DIRECT" if how in DIRECT else "INDIRECT", "subtype": how, "description": by}
                for how, by in sorted(uses)
            ],
        }
        for (table, column), uses in sorted(origins.items())
    ]


def assertions(producer: str, table: str, constraints: Iterable[ConstraintCount]) -> Facet:
    """Return the facet of a table's constraints: what each asks for and how many rows broke it."""
    columns = set(CONTRACT[table].names)
    return facet(
        producer,
        "DataQualityAssertionsDatasetFacet",
        assertions=[
            {
                "assertion": constraint.constraint.partition("(")[0],
                "name": constraint.constraint,
                "success": constraint.violations == 0,
                "severity": "error" if constraint.rejects else "warn",
                "description": constraint.requirement,
                "expected": "0",
                "actual": str(constraint.violations),
                **({"column": column} if (column := _inside(constraint.constraint)) in columns else {}),
            }
            for constraint in constraints
            if constraint.table == table
        ],
    )


def _inside(constraint: str) -> str:
    return constraint.partition("(")[2].removesuffix(")")
