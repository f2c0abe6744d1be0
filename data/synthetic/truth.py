"""The ground truth of a world: whom patterns were planted in, and every row they added, altered or removed.

Beside the contract's truth tables, `truth/before/<table>.parquet` holds each altered or removed row as it was, with
the typology and its subject. Taking the `truth_row` rows out of the records and putting these back gives the world
without typologies, exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import numpy as np
import pyarrow as pa

from data.arrow import arrow_schema
from data.contract import CONTRACT
from data.synthetic import dirt
from data.synthetic.build import Parts
from data.synthetic.plantings import Subject, Typology
from data.synthetic.plot import Effect
from data.synthetic.rows import NO_TIME, days, integers, joined, numbers, texts, to_arrow
from data.synthetic.table_files import TableFile
from data.vocabulary import Concern

_OF = (("typology", pa.string()), ("subject_kind", pa.string()), ("subject_id", pa.int64()))


@dataclass(frozen=True)
class Told:
    """A person or team of whom the truth tells, by id, for one subject of one pattern; archetypes are of no concern."""

    subject: Subject
    id: int
    concern: Concern | Literal[""]


@dataclass(frozen=True)
class Note:
    """The truth about one cell; `involved` are those whom patterns are about besides their subjects."""

    rows: pa.Table
    before: dict[str, pa.Table]
    involved: tuple[Told, ...]


class TruthFiles:
    """The truth folder while it is written."""

    def __init__(self, folder: Path, parts: Parts) -> None:
        self._parts = parts
        tables = CONTRACT.truth
        self._files = {
            name: TableFile(folder / f"{name}.parquet", arrow_schema(table, strict=True))
            for name, table in tables.items()
        }
        loose = parts.world.recording.broken > 0
        before = {table.name: arrow_schema(table, strict=not loose, extra=_OF) for table in CONTRACT}
        self._before = {
            name: TableFile(folder / "before" / f"{name}.parquet", schema) for name, schema in before.items()
        }
        self._involved: list[Told] = []
        self._files["truth_archetype"].write(archetypes_table(parts))

    @property
    def rows(self) -> dict[str, int]:
        """The rows written so far, by truth table."""
        return {name: file.rows for name, file in self._files.items()}

    def write(self, note: Note) -> None:
        """Add the truth about a cell."""
        self._files["truth_row"].write(note.rows)
        self._involved += note.involved
        for name, table in note.before.items():
            self._before[name].write(table)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is None:
            self._files["truth_subject"].write(subjects_table(self._parts, self._involved))
        for file in (*self._files.values(), *self._before.values()):
            file.__exit__(kind, error, at)
        for file in self._before.values():
            if not file.rows:
                file.path.unlink()


def note(parts: Parts, effect: Effect) -> Note:
    """Return the truth about one cell as tables, sorted."""
    ids = parts.force.people.officer_id
    own = {subject: _own(parts, subject) for subject in effect.subjects}
    others = {
        subject: [(Told(subject, int(ids[one.person]), one.concern), one.tables) for one in involved]
        for subject, involved in effect.involved.items()
    }
    told = [
        (name, keys, one)
        for name, keys, subject in effect.rows
        for one in (own[subject], *(other for other, tables in others[subject] if name in tables))
    ]
    named = [name for name, keys, _ in told for _ in range(len(keys))]
    columns = {
        "table_name": texts(named),
        "row_id": integers(np.concatenate([np.zeros(0, dtype=np.int64), *(keys for _, keys, _ in told)])),
        **_of([(one, len(keys)) for _, keys, one in told]),
    }
    rows = pa.table(columns).cast(arrow_schema(CONTRACT.truth["truth_row"], strict=True))
    before = {}
    for name, pieces in effect.before.items():
        made = to_arrow(joined([data for data, _ in pieces]), officer_ids=ids)
        made = _with(made, _of([(own[subject], len(data)) for data, subject in pieces]))
        made = dirt.broken(made, name, share=parts.world.recording.broken, seed=parts.world.seed)
        before[name] = made.sort_by(CONTRACT[name].key)
    order = [(name, "ascending") for name in ("typology", "subject_id", "table_name", "row_id")]
    return Note(rows.sort_by(order), before, tuple(other for pairs in others.values() for other, _ in pairs))


def _of(counts: Sequence[tuple[Told, int]]) -> dict[str, pa.Array]:
    """Return the columns that say whose rows these are: `count` rows of each subject in turn."""
    each = [count for _, count in counts]
    kinds = [one.subject.pattern.subject for one, count in counts for _ in range(count)]
    names = [one.subject.pattern.name for one, count in counts for _ in range(count)]
    ids = np.repeat(np.array([one.id for one, _ in counts], dtype=np.int64), each)
    return {
        "typology": texts(names),
        "subject_kind": texts(kinds),
        "subject_id": integers(ids),
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


def _own(parts: Parts, subject: Subject) -> Told:
    return Told(
        subject, _id_of(parts, subject), subject.pattern.concern if isinstance(subject.pattern, Typology) else ""
    )


def subjects_table(parts: Parts, involved: Sequence[Told]) -> pa.Table:
    """Return whom typologies were planted in, and whom else they are about, as the table `truth_subject`."""
    told = _sorted([*_everybody(parts, parts.typologies), *involved])
    columns = {
        "subject_kind": texts([one.subject.pattern.subject for one in told]),
        "subject_id": _ids(told),
        "concern": texts([one.concern for one in told]),
        "typology": texts([one.subject.pattern.name for one in told]),
        **_dates(parts, told),
        "intensity": numbers(np.array([round(one.subject.intensity, 3) for one in told])),
    }
    return pa.table(columns).cast(arrow_schema(CONTRACT.truth["truth_subject"], strict=True))


def archetypes_table(parts: Parts) -> pa.Table:
    """Return who has which archetype, as the table `truth_archetype`."""
    told = _sorted(_everybody(parts, parts.archetypes))
    columns = {
        "officer_id": _ids(told),
        "archetype": texts([one.subject.pattern.name for one in told]),
        **_dates(parts, told),
    }
    return pa.table(columns).cast(arrow_schema(CONTRACT.truth["truth_archetype"], strict=True))


def _everybody(parts: Parts, by_cell: dict[int, list[Subject]]) -> list[Told]:
    return [_own(parts, subject) for subjects in by_cell.values() for subject in subjects]


def _sorted(told: Sequence[Told]) -> list[Told]:
    return sorted(told, key=lambda one: (one.subject.pattern.name, one.id, one.subject.first, one.subject.member))


def _ids(told: Sequence[Told]) -> pa.Array:
    return integers(np.array([one.id for one in told], dtype=np.int64))


def _dates(parts: Parts, told: Sequence[Told]) -> dict[str, pa.Array]:
    """Return the days of each subject; the end is null where the pattern lasts to the end of the world."""
    spells = [one.subject for one in told]
    first = np.array([s.first for s in spells], dtype=np.int64)
    last = np.array([NO_TIME if s.last >= parts.force.end - 1 else s.last for s in spells], dtype=np.int64)
    return {"started_on": days(first), "ended_on": days(last)}
