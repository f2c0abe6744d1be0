"""The ground truth of a world: whom patterns were planted in, and every row they added, altered or removed.

Beside the contract's truth tables, `truth/before/<table>.parquet` holds each altered or removed row as it was, with
the typology and its subject. Taking the `truth_row` rows out of the records and putting these back gives the world
without typologies, exactly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pyarrow as pa

from data.contract import CONTRACT
from data.schema import Table
from data.synthetic import dirt
from data.synthetic.build import Parts
from data.synthetic.plantings import Subject, Typology
from data.synthetic.plot import Effect
from data.synthetic.rows import joined, to_arrow
from data.synthetic.writing import TableFile, arrow_schema

_OF = (("typology", pa.string()), ("subject_kind", pa.string()), ("subject_id", pa.int64()))


@dataclass(frozen=True)
class Note:
    """The truth about one cell."""

    rows: pa.Table
    before: dict[str, pa.Table]


class TruthFiles:
    """The truth folder while it is written."""

    def __init__(self, folder: Path, parts: Parts) -> None:
        self._parts = parts
        tables = CONTRACT.truth
        self._files = {
            name: TableFile(folder / f"{name}.parquet", arrow_schema(table, coded=False))
            for name, table in tables.items()
        }
        loose = parts.world.recording.broken > 0
        before = {table.name: arrow_schema(table, coded=False, loose=loose, extra=_OF) for table in CONTRACT}
        self._before = {
            name: TableFile(folder / "before" / f"{name}.parquet", schema) for name, schema in before.items()
        }
        self._files["truth_subject"].write(_subjects(parts))
        self._files["truth_archetype"].write(_archetypes(parts))

    @property
    def rows(self) -> dict[str, int]:
        """The rows written so far, by truth table."""
        return {name: file.rows for name, file in self._files.items()}

    def write(self, note: Note) -> None:
        """Add the truth about a cell."""
        self._files["truth_row"].write(note.rows)
        for name, table in note.before.items():
            self._before[name].write(table)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for file in (*self._files.values(), *self._before.values()):
            file.__exit__(kind, error, at)
        for file in self._before.values():
            if not file.rows:
                file.path.unlink()


def note(parts: Parts, effect: Effect) -> Note:
    """Return the truth about one cell as tables, sorted."""
    ids = parts.force.people.officer_id
    named = [name for name, keys, _ in effect.rows for _ in range(len(keys))]
    columns = {
        "table_name": pa.array(named, pa.string()),
        "row_id": pa.array(np.concatenate([np.zeros(0, dtype=np.int64), *(keys for _, keys, _ in effect.rows)])),
        **_of(parts, [(subject, len(keys)) for _, keys, subject in effect.rows]),
    }
    rows = pa.table(columns).cast(arrow_schema(CONTRACT.truth["truth_row"], coded=False))
    before = {}
    for name, pieces in effect.before.items():
        made = to_arrow(joined([data for data, _ in pieces]), officer_ids=ids)
        made = _with(made, _of(parts, [(subject, len(data)) for data, subject in pieces]))
        made = dirt.broken(made, name, share=parts.world.recording.broken, seed=parts.world.seed)
        before[name] = made.sort_by(CONTRACT[name].key)
    order = [(name, "ascending") for name in ("typology", "subject_id", "table_name", "row_id")]
    return Note(rows.sort_by(order), before)


def _of(parts: Parts, counts: Sequence[tuple[Subject, int]]) -> dict[str, pa.Array]:
    """Return the columns that say whose rows these are: `count` rows of each subject in turn."""
    each = [count for _, count in counts]
    kinds = np.repeat(np.array([subject.pattern.subject for subject, _ in counts], dtype=object), each)
    names = np.repeat(np.array([subject.pattern.name for subject, _ in counts], dtype=object), each)
    ids = np.repeat(np.array([_id_of(parts, subject) for subject, _ in counts], dtype=np.int64), each)
    return {
        "typology": pa.array(names, pa.string()),
        "subject_kind": pa.array(kinds, pa.string()),
        "subject_id": pa.array(ids, pa.int64()),
    }


def _with(table: pa.Table, columns: dict[str, pa.Array]) -> pa.Table:
    for name, values in columns.items():
        table = table.append_column(name, values)
    return table


def _id_of(parts: Parts, subject: Subject) -> int:
    force = parts.force
    if subject.pattern.subject == "unit":
        return int(force.structure.team_unit[subject.member])
    return int(force.people.officer_id[subject.member])


def _subjects(parts: Parts) -> pa.Table:
    planted = _sorted(parts, parts.typologies)
    concerns = [s.pattern.concern if isinstance(s.pattern, Typology) else "" for s in planted]
    columns: dict[str, Sequence[object]] = {
        "subject_kind": [s.pattern.subject for s in planted],
        "subject_id": [_id_of(parts, s) for s in planted],
        "concern": concerns,
        "typology": [s.pattern.name for s in planted],
        **_dates(parts, planted),
        "intensity": [round(s.intensity, 3) for s in planted],
    }
    return _table(CONTRACT.truth["truth_subject"], columns)


def _archetypes(parts: Parts) -> pa.Table:
    planted = _sorted(parts, parts.archetypes)
    columns: dict[str, Sequence[object]] = {
        "officer_id": [_id_of(parts, s) for s in planted],
        "archetype": [s.pattern.name for s in planted],
        **_dates(parts, planted),
    }
    return _table(CONTRACT.truth["truth_archetype"], columns)


def _sorted(parts: Parts, by_cell: dict[int, list[Subject]]) -> list[Subject]:
    everybody = [subject for subjects in by_cell.values() for subject in subjects]
    return sorted(everybody, key=lambda s: (s.pattern.name, _id_of(parts, s)))


def _dates(parts: Parts, planted: list[Subject]) -> dict[str, list[date | None]]:
    """Return the days of each subject; the end is null where the pattern lasts to the end of the world."""
    return {
        "started_on": [_date(s.first) for s in planted],
        "ended_on": [None if s.last >= parts.force.end - 1 else _date(s.last) for s in planted],
    }


def _date(day: int) -> date:
    return date(1970, 1, 1) + timedelta(days=day)


def _table(table: Table, columns: Mapping[str, Sequence[object]]) -> pa.Table:
    schema = arrow_schema(table, coded=False)
    return pa.table({field.name: pa.array(columns[field.name], field.type) for field in schema}, schema=schema)
