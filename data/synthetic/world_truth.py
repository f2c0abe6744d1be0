"""The ground truth of a world: whom patterns were planted in, and every row they added, altered or removed.

Beside the contract's truth tables, `truth/before/<table>.parquet` holds each altered or removed row as it was, with
the typology and its subject. Taking the `truth_row` rows out of the records and putting these back gives the world
without typologies, exactly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from data.synthetic.cell_records import CellRecords
from data.synthetic.planted_subject import PlantedSubject
from data.synthetic.planting import Effect
from data.synthetic.rows import NO_TIME, days, integers, numbers, repeated_texts, texts, to_arrow
from data.synthetic.table_files import TableFile
from data.synthetic.truth_rates import CellCounts, RateTruth
from data.vocabulary import Concern, SubjectKind

_OF = (("typology", pa.string()), ("subject_kind", pa.string()), ("subject_id", pa.int64()))


@dataclass(frozen=True)
class NamedSubject:
    """A person or team of whom the truth tells, by id, for one subject of one pattern; archetypes are of no concern."""

    subject: PlantedSubject
    kind: SubjectKind
    id: int
    concern: Concern | Literal[""]


@dataclass(frozen=True)
class CellTruth:
    """The truth about one cell.

    `involved` are those whom patterns are about besides their subjects; `multiples` says how strong each subject's
    pattern is; `counts` is what the true rates need.
    """

    rows: pa.Table
    before: dict[str, pa.Table]
    involved: tuple[NamedSubject, ...]
    multiples: Mapping[PlantedSubject, float]
    counts: CellCounts


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
        self._involved: list[NamedSubject] = []
        self._multiples: dict[PlantedSubject, float] = {}
        self._rates = RateTruth(parts)
        self._files["truth_archetype"].write(archetypes_table(parts))

    @property
    def rows(self) -> dict[str, int]:
        """The rows written so far, by truth table."""
        return {name: file.rows for name, file in self._files.items()}

    def write(self, note: CellTruth) -> None:
        """Add the truth about a cell."""
        self._files["truth_row"].write(note.rows)
        self._involved += note.involved
        self._multiples |= note.multiples
        self._rates.add(note.counts)
        for name, table in note.before.items():
            self._before[name].write(table)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is None:
            self._files["truth_subject"].write(subjects_table(self._parts, self._involved, self._multiples))
            for table in self._rates.tables():
                self._files["truth_rate"].write(table)
        for file in (*self._files.values(), *self._before.values()):
            file.__exit__(kind, error, at)
        for file in self._before.values():
            if not file.rows:
                file.path.unlink()


def note(parts: Parts, innocent: CellRecords, effect: Effect) -> CellTruth:
    """Return the truth about one cell as tables, sorted."""
    ids = parts.force.people.officer_id
    own = {subject: _own(parts, subject) for subject in effect.subjects}
    further = {
        subject: [
            (NamedSubject(subject, "officer", int(ids[entry.person]), entry.concern), entry.tables)
            for entry in involved
        ]
        for subject, involved in effect.involved.items()
    }
    people = [
        (name, keys, entry)
        for name, keys, subject in effect.rows
        for entry in (own[subject], *(person for person, tables in further[subject] if name in tables))
    ]
    columns = {
        "table_name": repeated_texts([name for name, _, _ in people], [len(keys) for _, keys, _ in people]),
        "row_id": integers(np.concatenate([np.zeros(0, dtype=np.int64), *(keys for _, keys, _ in people)])),
        **_of([(entry, len(keys)) for _, keys, entry in people]),
    }
    rows = pa.table(columns).cast(arrow_schema(CONTRACT.truth["truth_row"], strict=True))
    before = {}
    for name, (data, pieces) in effect.before.items():
        table = to_arrow(data.take(np.concatenate([at for at, _ in pieces])), officer_ids=ids)
        table = _with(table, _of([(own[subject], len(at)) for at, subject in pieces]))
        table = dirt.broken(table, name, share=parts.world.recording.broken, seed=parts.world.seed)
        before[name] = table.sort_by(CONTRACT[name].key)
    order = [(name, "ascending") for name in ("typology", "subject_id", "table_name", "row_id")]
    counts = CellCounts(parts.force, innocent)
    counts.plant(effect)
    involved = tuple(person for pairs in further.values() for person, _ in pairs)
    return CellTruth(rows.sort_by(order), before, involved, effect.multiples, counts)


def _of(counts: Sequence[tuple[NamedSubject, int]]) -> dict[str, pa.Array]:
    """Return the columns that say whose rows these are: `count` rows of each subject in turn."""
    each = [count for _, count in counts]
    ids = np.repeat(np.array([entry.id for entry, _ in counts], dtype=np.int64), each)
    return {
        "typology": repeated_texts([entry.subject.name for entry, _ in counts], each),
        "subject_kind": repeated_texts([entry.kind for entry, _ in counts], each),
        "subject_id": integers(ids),
    }


def _with(table: pa.Table, columns: dict[str, pa.Array]) -> pa.Table:
    for name, values in columns.items():
        table = table.append_column(name, values)
    return table


def _id_of(parts: Parts, subject: PlantedSubject) -> int:
    force = parts.force
    if subject.kind == "unit":
        return int(force.structure.team_unit[subject.member])
    return int(force.people.officer_id[subject.member])


def _own(parts: Parts, subject: PlantedSubject) -> NamedSubject:
    return NamedSubject(subject, subject.kind, _id_of(parts, subject), subject.concern)


def subjects_table(
    parts: Parts, involved: Sequence[NamedSubject], multiples: Mapping[PlantedSubject, float]
) -> pa.Table:
    """Return whom typologies were planted in, and whom else they are about, as the table `truth_subject`."""
    people = _sorted([*_everybody(parts, parts.typologies), *involved])
    columns = {
        "subject_kind": texts([entry.kind for entry in people]),
        "subject_id": _ids(people),
        "concern": texts([entry.concern for entry in people]),
        "typology": texts([entry.subject.name for entry in people]),
        **_dates(parts, people),
        "intensity": numbers(np.array([round(multiples[entry.subject], 3) for entry in people])),
    }
    return pa.table(columns).cast(arrow_schema(CONTRACT.truth["truth_subject"], strict=True))


def archetypes_table(parts: Parts) -> pa.Table:
    """Return who has which archetype, as the table `truth_archetype`."""
    people = _sorted(_everybody(parts, parts.archetypes))
    columns = {
        "officer_id": _ids(people),
        "archetype": texts([entry.subject.name for entry in people]),
        **_dates(parts, people),
    }
    return pa.table(columns).cast(arrow_schema(CONTRACT.truth["truth_archetype"], strict=True))


def _everybody(parts: Parts, by_cell: dict[int, list[PlantedSubject]]) -> list[NamedSubject]:
    return [_own(parts, subject) for subjects in by_cell.values() for subject in subjects]


def _sorted(people: Sequence[NamedSubject]) -> list[NamedSubject]:
    return sorted(people, key=lambda entry: (entry.subject.name, entry.id, entry.subject.first, entry.subject.member))


def _ids(people: Sequence[NamedSubject]) -> pa.Array:
    return integers(np.array([entry.id for entry in people], dtype=np.int64))


def _dates(parts: Parts, people: Sequence[NamedSubject]) -> dict[str, pa.Array]:
    """Return the days of each subject; the end is null where the pattern lasts to the end of the world."""
    spells = [entry.subject for entry in people]
    first = np.array([s.first for s in spells], dtype=np.int64)
    last = np.array([NO_TIME if s.last >= parts.force.end - 1 else s.last for s in spells], dtype=np.int64)
    return {"started_on": days(first), "ended_on": days(last)}
