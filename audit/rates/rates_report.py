"""The report of all rates: made from a run or from tables, and written to a folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pyarrow as pa

from audit.rates.audit_inputs import AuditInputs
from audit.rates.date_overlap import date_overlap
from audit.rates.not_computed import (
    BECAUSE,
    Uncomputed,
    drawn,
    reported,
    sentences_of,
    uncomputed_rankings,
    without_places,
)
from audit.rates.population import AuditTables
from audit.rates.rate_options import COLUMNS, FORCE, RateOptions
from audit.rates.sweeps import CURVE, capacities, curves
from audit.rates.truth_tables import Truth
from data.staging import staged_folder
from data.writing import write_json, write_table
from pipeline.given_ids import NUMBERS, GivenIds
from pipeline.seal import code_digest, code_version

_TEXT: Final = ("subject_kind", "concern", "basis", "scope", "name", "measure", "by", "group", "reference", "interval")

SCHEMA: Final = pa.schema(
    [
        *(
            (c, pa.date32() if c == "as_of" else pa.string() if c in (*_TEXT, "status") else pa.float64())
            for c in COLUMNS
        ),
        (BECAUSE, pa.string()),
    ]
)
"""The columns of `rates.parquet`."""

CURVES: Final = pa.schema(
    [(c, pa.date32() if c == "as_of" else pa.string() if c in (*_TEXT, "over") else pa.float64()) for c in CURVE]
)
"""The columns of `curves.parquet`."""

CAPACITIES: Final = pa.schema([("selected_per_1000", pa.float64()), *SCHEMA])
"""The columns of `capacities.parquet`."""


@dataclass(frozen=True)
class RatesReport:
    """The tables of an audit of rates, and what determined it: see `docs/reference/rates.md`."""

    rates: pd.DataFrame
    curves: pd.DataFrame
    capacities: pd.DataFrame
    facts: dict[str, Any]


def rates_report(
    inputs: AuditInputs,
    *,
    options: RateOptions,
    facts: dict[str, Any] | None = None,
    ids: GivenIds = NUMBERS,
    sweeps: bool = True,
) -> RatesReport:
    """Make all tables of an audit. `facts` are noted beside them, with `ids`."""
    tables, truth, table = inputs.tables, inputs.truth, inputs.rates(options)
    overlap = date_overlap(tables, options)
    if not overlap.empty:
        table = pd.concat([table, overlap], ignore_index=True)
    uncomputed = uncomputed_of(tables, table, options)
    notes = [*(facts or {}).get("notes", []), *unmatched_flags(tables, ids), *sentences_of(uncomputed)]
    return RatesReport(
        rates=reported(table, uncomputed),
        curves=drawn(curves(tables, truth, options), uncomputed_rankings(tables)) if sweeps else _empty(CURVES),
        capacities=_capacities(tables, truth, options) if sweeps else _empty(CAPACITIES),
        facts={
            **(facts or {}),
            "notes": notes,
            "truth": truth is not None,
            "look_back_days": options.positive.look_back_days,
            "confidence": options.confidence,
            "smallest": options.smallest,
            "workload_per_1000": options.workload,
            "scaled_to": FORCE,
            "code": {"version": code_version(), "sha256": code_digest()},
        },
    )


def reported_rates(inputs: AuditInputs, options: RateOptions) -> pd.DataFrame:
    """Return `rates` for readers: with a column `because` that says why a value is not computed."""
    table = inputs.rates(options)
    return reported(table, uncomputed_of(inputs.tables, table, options))


def reported_curves(inputs: AuditInputs, options: RateOptions) -> pd.DataFrame:
    """Return `curves` for readers: without those of rankings that rank nobody."""
    return drawn(curves(inputs.tables, inputs.truth, options), uncomputed_rankings(inputs.tables))


def uncomputed_of(tables: AuditTables, table: pd.DataFrame, options: RateOptions) -> list[Uncomputed]:
    """Return what of a table of rates was not computed at an equal workload."""
    return [*without_places(table, options.workload), *uncomputed_rankings(tables)]


def _capacities(tables: AuditTables, truth: Truth | None, options: RateOptions) -> pd.DataFrame:
    return reported(capacities(tables, truth, options), uncomputed_rankings(tables))


def _empty(schema: pa.Schema) -> pd.DataFrame:
    return pd.DataFrame({name: [] for name in schema.names})


def unmatched_flags(tables: AuditTables, ids: GivenIds = NUMBERS) -> list[str]:
    """Say how many flags are about nobody in the population of their day, and which the first are."""
    keys = ["subject_kind", "subject_id", "as_of"]
    flags = pd.MultiIndex.from_frame(tables.flags[keys].astype({"subject_id": "int64"}))
    unmatched = flags[~flags.isin(pd.MultiIndex.from_frame(tables.subjects[keys]))]
    if not len(unmatched):
        return []
    named = ", ".join(f"{kind} {ids.text(kind, subject)} on {day.date()}" for kind, subject, day in unmatched[:3])
    return [
        f"{len(unmatched)} of {len(flags)} flags are about nobody in service on their day, and count nowhere: {named}."
    ]


def write(report: RatesReport, out: Path) -> None:
    """Write an audit's tables and `audit.json` to a new folder, whole or not at all; rates as CSV as well."""
    with staged_folder(out) as folder:
        for name, table, schema in (
            ("rates", report.rates, SCHEMA),
            ("curves", report.curves, CURVES),
            ("capacities", report.capacities, CAPACITIES),
        ):
            write_table(arrow(table, schema), folder / f"{name}.parquet")
        report.rates.to_csv(folder / "rates.csv", index=False, lineterminator="\n")
        write_json(report.facts, folder / "audit.json")


def arrow(table: pd.DataFrame, schema: pa.Schema) -> pa.Table:
    """Return a table of an audit as Arrow; NaN becomes null."""
    return pa.Table.from_pandas(table[schema.names], schema=schema, preserve_index=False)
