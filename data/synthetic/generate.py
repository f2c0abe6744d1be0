"""Making a synthetic force: layer after layer, cell after cell, into a folder of records and a folder of truth."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa

from data.arrays import Array
from data.arrow import arrow_schema
from data.contract import CONTRACT
from data.progress import FractionProgress
from data.staging import staged_folder
from data.synthetic import dirt, world_truth
from data.synthetic.build import Parts, build_cell, build_parts
from data.synthetic.reference import reference_tables
from data.synthetic.rows import Rows, to_arrow
from data.synthetic.table_files import TableFile
from data.synthetic.world import World

GENERATOR = 7
"""Version of the generator: the same version, world, seed and size give the same bytes."""

_HIGH_CARDINALITY = ("TIMESTAMP",)


@dataclass(frozen=True)
class Generated:
    """A world that was written: where, how many rows each table has, and its days.

    `ends_on` is the first day after the world: every row is known before it, so it is the latest useful as-of date.
    """

    out: Path
    records: Path
    truth: Path
    rows: dict[str, int]
    truth_rows: dict[str, int]
    starts_on: date
    ends_on: date


def generate(
    world: World, *, out: Path, threads: int = 1, progress: FractionProgress | None = None, block: int = 1
) -> Generated:
    """Write a world to a new folder: `records/`, `truth/` and `world.json`.

    The folder is filled under a temporary name and renamed when complete. The bytes depend on the world alone, not on
    `threads` nor on `block`, the number of cells handed to a thread at a time. Raises UsageError if `out` exists, or
    if another command is writing there.
    """
    with staged_folder(out) as folder:
        (folder / "records").mkdir()
        (folder / "truth" / "before").mkdir(parents=True)
        report = progress or (lambda stage, fraction: None)
        report("workforce", 0.0)
        parts = build_parts(world)
        report("workforce", 1.0)
        rows, truth_rows = _write(parts, folder, threads=threads, block=block, report=report)
        summary = {
            "generator": GENERATOR,
            "world": world.model_dump(mode="json"),
            "starts_on": world.starts_on.isoformat(),
            "ends_on": world.ends_on.isoformat(),
            "rows": rows,
            "truth_rows": truth_rows,
        }
        (folder / "world.json").write_text(json.dumps(summary, indent=2, sort_keys=True) + "\n", "utf-8")
    return Generated(out, out / "records", out / "truth", rows, truth_rows, world.starts_on, world.ends_on)


def _write(
    parts: Parts, folder: Path, *, threads: int, block: int, report: FractionProgress
) -> tuple[dict[str, int], dict[str, int]]:
    reference = reference_tables(parts)
    with ExitStack() as stack:
        files = {
            table.name: stack.enter_context(_file(folder / "records", table.name, parts.world)) for table in CONTRACT
        }
        for name, table in reference.items():
            files[name].write(table)
        notes = stack.enter_context(world_truth.TruthFiles(folder / "truth", parts))
        cells = parts.force.structure.cells
        for done, (tables, note) in enumerate(make_cells(parts, threads=threads, block=block), start=1):
            for name, table in tables.items():
                files[name].write(table)
            notes.write(note)
            report("records", done / cells)
    return {name: file.rows for name, file in files.items()}, notes.rows


def _file(folder: Path, name: str, world: World) -> TableFile:
    table = CONTRACT[name]
    is_dirty = world.recording.broken > 0
    plain = [column.name for column in table.columns if column.type in _HIGH_CARDINALITY]
    plain += [column.name for column in table.columns if column.type == "BIGINT" and column.references is None]
    schema = arrow_schema(table, coded=not is_dirty, strict=not is_dirty)
    return TableFile(folder / f"{name}.parquet", schema, plain=(*plain, "incident_id", "shift_id"))


def make_cells(
    parts: Parts, *, threads: int = 1, block: int = 1
) -> Iterator[tuple[dict[str, pa.Table], world_truth.CellTruth]]:
    """Yield what each cell holds, in order, while later cells are made in other threads."""
    count = parts.force.structure.cells
    blocks = [range(first, min(first + block, count)) for first in range(0, count, block)]
    if threads <= 1:
        for cells in blocks:
            yield from _block(parts, cells)
        return
    with ThreadPoolExecutor(threads) as pool:
        running: list[Future[list[tuple[dict[str, pa.Table], world_truth.CellTruth]]]] = []
        waiting = iter(blocks)
        for cells in waiting:
            running.append(pool.submit(_block, parts, cells))
            if len(running) > threads:
                yield from running.pop(0).result()
        for future in running:
            yield from future.result()


def _block(parts: Parts, cells: range) -> list[tuple[dict[str, pa.Table], world_truth.CellTruth]]:
    return [_cell(parts, number) for number in cells]


def _cell(parts: Parts, number: int) -> tuple[dict[str, pa.Table], world_truth.CellTruth]:
    cell, innocent, effect = build_cell(parts, number)
    ids = parts.force.people.officer_id
    tables = {name: to_arrow(in_order(data), officer_ids=ids) for name, data in cell.tables.items()}
    share, seed = parts.world.recording.broken, parts.world.seed
    if share > 0:
        tables = {name: dirt.broken(table, name, share=share, seed=seed) for name, table in tables.items()}
    return tables, world_truth.note(parts, innocent, effect)


def in_order(data: Rows) -> Rows:
    """Return the rows to be written, sorted by owner, then time, then id: planted rows stand among the others."""
    key = data[data.table.key or ""]
    packed = data[data.owner].astype(np.uint64) << np.uint64(43)
    packed |= data.time().astype(np.uint64) << np.uint64(17)
    packed |= key.astype(np.uint64) & np.uint64((1 << 17) - 1)
    order: Array = np.argsort(packed, kind="stable")
    written = Rows(data.table, {name: values for name, values in data.columns.items() if not name.startswith("_")})
    return written.take(order)
