"""The inputs of an audit read from folders: a run, the records it ran on, and the truth they belong to.

Only audits read protected characteristics and truth. Records are loaded under the constraints of a run; who was
looked at, and what was flagged, comes from the run itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from audit.rates.truth_tables import CHARACTERISTICS, Truth
from data.arrow import ARROW_TYPES
from data.constraints import LOADED, constraints_of
from data.contract import CONTRACT
from data.errors import InputRejected, UsageError
from data.schema import Table
from data.store import Store
from pipeline.given_ids import GivenIds
from pipeline.loading import load_records
from pipeline.private_ids import Crosswalk, renumbered, rows_of_run
from pipeline.run_folder import RunFolder

FORMS: Final = (".parquet", ".csv", ".csv.gz")
"""The endings a table's file may have."""


_READ: Final = ("truth_subject", "truth_archetype", "truth_row")
"""The tables of a truth that rates are measured against."""


@dataclass(frozen=True)
class Background:
    """What only audits look at: protected characteristics, days of joining and names of units; None where absent."""

    people: pd.DataFrame | None
    units: pa.Table | None


def read_table(folder: Path, table: Table, columns: Sequence[str]) -> pa.Table | None:
    """Return some columns of a contract table from a folder of records or truth; None where it has no such file.

    Raises:
        InputRejected: the file cannot be read, or lacks a column.
    """
    path = next((p for form in FORMS if (p := folder / f"{table.name}{form}").is_file()), None)
    if path is None:
        return None
    schema = pa.schema([(name, ARROW_TYPES[table.column[name].type]) for name in columns])
    try:
        if path.suffix == ".parquet":
            return pq.read_table(path, columns=list(columns)).cast(schema)
        options = pa_csv.ConvertOptions(
            column_types=schema, include_columns=list(columns), strings_can_be_null=True, null_values=[""]
        )
        return pa_csv.read_csv(path, convert_options=options)
    except (OSError, pa.ArrowException, KeyError) as error:
        raise InputRejected(
            f"The table {table.name} cannot be read.",
            expected=f"the contract's columns {', '.join(columns)}",
            found=str(error).splitlines()[0],
            where=str(path),
        ) from error


def read_background(
    records: Path, *, source: str = "folder", run: RunFolder | None = None, known_by: Crosswalk | None = None
) -> Background:
    """Return protected characteristics, days of joining and names of units from a folder of records.

    Rows that violate the contract are left out, as a run leaves them out. Ids that are texts are those of the `run`, or
    numbered as the same records were when they were loaded before: `known_by`.

    Raises:
        UsageError: the folder is not there, or its ids cannot be told to be the run's.
        InputRejected: a file cannot be read.
    """
    if not records.is_dir():
        raise UsageError("The records folder cannot be opened.", expected="a folder of records", where=str(records))
    names = ("protected_characteristic", "officer", "unit")
    with Store() as store:
        loaded = load_records(records, source=source, store=store, check="constraints", tables=names)
        tables = {
            n: store.arrow(f"SELECT * FROM {LOADED}.{n} ORDER BY {CONTRACT[n].key}")
            for n in names
            if n in loaded.present
        }
    if run is not None:
        for name, rows in tables.items():
            domain = "unit" if name == "unit" else "officer"
            tables[name] = rows_of_run(rows, run, loaded, f"{domain}_id", domain)
    elif known_by is not None:
        for name, rows in tables.items():
            domain = "unit" if name == "unit" else "officer"
            tables[name] = renumbered(rows, loaded.crosswalk, known_by, f"{domain}_id", domain)
    protected, officers, units = (tables.get(name) for name in names)
    return Background(
        people_of(
            protected.select(["officer_id", *CHARACTERISTICS]) if protected is not None else None,
            officers.select(["officer_id", "joined_on"]) if officers is not None else None,
        ),
        units.select(["unit_id", "name"]) if units is not None else None,
    )


def with_given_units(about: Background | None, ids: GivenIds) -> Background | None:
    """Return a background whose units are named by the texts of their ids, where the records' names are not at hand.

    Example:
        >>> named = with_given_units(None, GivenIds({("unit", 3): "North", ("officer", 1): "P-1"}))
        >>> named.units.to_pylist() if named and named.units else None
        [{'unit_id': 3, 'name': 'North'}]
    """
    texts = {number: text for (of, number), text in sorted(ids.texts.items()) if of == "unit"}
    if not texts or (about is not None and about.units is not None):
        return about
    named = pa.table({"unit_id": list(texts), "name": list(texts.values())})
    return Background(None if about is None else about.people, named)


def people_of(protected: pa.Table | None, joined: pa.Table | None) -> pd.DataFrame | None:
    """Join what is known of officers; of rows with the same id the first stands."""
    parts: list[pd.DataFrame] = [
        t.to_pandas().drop_duplicates("officer_id") for t in (protected, joined) if t is not None
    ]
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else parts[0].merge(parts[1], on="officer_id", how="outer")


def records_beside(truth: Path) -> Path | None:
    """Return the records folder that stands beside a truth folder; None where none does."""
    beside = truth.resolve().parent / "records"
    return beside if beside.is_dir() else None


def read_truth(folder: Path, *, records: Path | None = None) -> Truth:
    """Return the truth of a synthetic world from its folder.

    With `records`, each planted row gets the day it became known and the day it happened, so that rows which no flag
    could have cited are left out of what evidence is measured against.

    Raises:
        UsageError: the folder is not there or holds no truth.
        InputRejected: a file cannot be read, or a row violates a constraint of the contract.
    """
    tables = {n: read_table(folder, CONTRACT.truth[n], CONTRACT.truth[n].names) for n in _READ}
    if tables["truth_subject"] is None:
        raise UsageError(
            "There is no truth in this folder.",
            expected="the truth/ folder of a synthetic world, with truth_subject.parquet",
            found="no such folder" if not folder.is_dir() else "no truth_subject in it",
            where=str(folder),
            hint="Real records have no truth: leave --truth out.",
        )
    _check_constraints({name: table for name, table in tables.items() if table is not None}, folder)
    rows = tables["truth_row"]
    if rows is not None and records is not None:
        rows = _with_days(rows, records)
    truth = Truth.of(tables["truth_subject"], tables["truth_archetype"], rows, multiples=_holds_multiples(folder))
    return replace(truth, folder=folder)


def _holds_multiples(truth: Path) -> bool:
    """Say whether intensities of a truth are multiples: those of worlds that say what was drawn for them are."""
    try:
        facts = json.loads((truth.resolve().parent / "world.json").read_text(encoding="utf-8"))
        return bool(facts["world"].get("draws"))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False


def _check_constraints(tables: Mapping[str, pa.Table], folder: Path) -> None:
    """Check every row of a truth: one that were left out, as a record would be, would change what is counted as right.

    Raises:
        InputRejected: a row violates a constraint of the contract.
    """
    with Store(threads=1) as store:
        for name, table in tables.items():
            # What a source notes beside a row: a truth has none.
            unnoted = pa.nulls(len(table), pa.string())
            store.register("truth_rows", table.append_column("unread", unnoted).append_column("refused", unnoted))
            for constraint in constraints_of(CONTRACT.truth[name]):
                query = f"SELECT count(*), min({constraint.message}) FROM truth_rows WHERE {constraint.violation}"
                ((rows, message),) = store.rows(query)
                if rows:
                    raise InputRejected(
                        f"The truth cannot be used: {rows:,} of {len(table):,} rows of {name} violate the contract.",
                        expected=constraint.requirement,
                        found=f"for example {message}",
                        where=str(folder),
                    )


def _with_days(rows: pa.Table, records: Path) -> pa.Table:
    """Add to each planted row the day it became known and the day it happened; a row that is not there has neither."""
    known = np.full(len(rows), np.datetime64("NaT"), dtype="datetime64[D]")
    happened = known.copy()
    names, keys = np.array(rows["table_name"].to_pylist(), dtype=object), rows["row_id"].to_numpy()
    for name in sorted(set(names.tolist()) & set(CONTRACT.records)):
        table = CONTRACT[name]
        columns = [str(table.key), *dict.fromkeys(str(c) for c in (table.known, table.occurred) if c)]
        recorded = read_table(records, table, columns)
        if recorded is None:
            continue
        of_table = names == name
        recorded = recorded.filter(pc.is_in(recorded[str(table.key)], value_set=pa.array(keys[of_table])))
        index = pd.Index(recorded[str(table.key)].to_numpy())
        first = ~index.duplicated()
        at = index[first].get_indexer(pd.Index(keys[of_table]))
        for into, column in ((known, table.known), (happened, table.occurred)):
            if column:
                days = recorded[column].cast(pa.timestamp("us")).to_numpy().astype("datetime64[D]")[first]
                into[of_table] = np.where(at >= 0, days[at] if len(days) else known[of_table], np.datetime64("NaT"))
    return rows.append_column("known_on", pa.array(known)).append_column("on", pa.array(happened))
