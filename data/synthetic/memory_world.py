"""A synthetic force in memory: the tables that `generate` would write, without writing them."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

from data.arrow import arrow_schema
from data.contract import CONTRACT
from data.synthetic.build import build_parts
from data.synthetic.generate import make_cells
from data.synthetic.reference import reference_tables
from data.synthetic.truth_rates import RateTruth
from data.synthetic.world import World
from data.synthetic.world_truth import CellTruth, archetypes_table, subjects_table


@dataclass(frozen=True)
class MemoryWorld:
    """A world's record tables and its truth tables, by name, row by row as in the files that `generate` writes.

    What the typologies altered or removed (`truth/before`) is left out.
    """

    world: World
    records: dict[str, pa.Table]
    truth: dict[str, pa.Table]


def make_world(world: World) -> MemoryWorld:
    """Make a world in memory; 2,000 people over two years take about 400 MB while they are made, and 170 after.

    Example:
        >>> from data.synthetic.world import load
        >>> len(make_world(load("tiny", people=100, months=1)).records["officer"])
        100
    """
    parts = build_parts(world)
    pieces: dict[str, list[pa.Table]] = {name: [table] for name, table in reference_tables(parts).items()}
    notes: list[CellTruth] = []
    rates = RateTruth(parts)
    for tables, note in make_cells(parts):
        for name, table in tables.items():
            pieces.setdefault(name, []).append(table)
        notes.append(note)
        rates.add(note.counts)
    loose = world.recording.broken > 0
    records = {
        table.name: _joined(pieces.get(table.name, []), arrow_schema(table, strict=not loose)) for table in CONTRACT
    }
    truth = {
        "truth_subject": subjects_table(
            parts,
            [person for note in notes for person in note.involved],
            {subject: multiple for note in notes for subject, multiple in note.multiples.items()},
        ),
        "truth_row": _joined([note.rows for note in notes], arrow_schema(CONTRACT.truth["truth_row"], strict=True)),
        "truth_archetype": archetypes_table(parts),
        "truth_rate": pa.concat_tables(list(rates.tables())),
    }
    return MemoryWorld(world, records, truth)


def _joined(pieces: list[pa.Table], schema: pa.Schema) -> pa.Table:
    if not pieces:
        return schema.empty_table()
    # The texts of all cells are coded alike: to decode them once costs less than piece by piece.
    return pa.concat_tables(pieces).combine_chunks().cast(schema)
