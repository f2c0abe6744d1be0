"""Planting patterns in the records of a cell, and what that changed, row by row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from data.arrays import Array
from data.synthetic.benchmark import LEAST_A_MONTH
from data.synthetic.cell_records import CellRecords
from data.synthetic.planted_patterns import PlantedPattern, Typology
from data.synthetic.planted_subject import Involved, PlantedSubject
from data.synthetic.rows import Rows, without_and_with
from data.synthetic.snapshot import Snapshot, among
from data.synthetic.subject_records import RowChange, Scale, SubjectRecords


@dataclass(frozen=True)
class Effect:
    """What the patterns of one kind did to a cell.

    `rows` lists (table, ids, subject) for every row added or altered; `before` holds, by table, the rows as they were
    and the positions of those that each subject's pattern altered or removed; `involved` says whom else a subject's
    pattern is about. `multiples` says how strong each subject's pattern is: a multiple of what is ordinary for peers,
    or an archetype's intensity. `owners` says whose added rows fell on which day, by table.
    """

    subjects: list[PlantedSubject]
    rows: list[tuple[str, Array, PlantedSubject]]
    before: dict[str, tuple[Rows, list[tuple[Array, PlantedSubject]]]]
    involved: dict[PlantedSubject, list[Involved]]
    multiples: dict[PlantedSubject, float]
    owners: list[tuple[str, Array, Array]]


def ordinary_rows(
    cell: CellRecords, subjects: list[PlantedSubject], patterns: Mapping[str, PlantedPattern]
) -> dict[str, Array]:
    """Return how many rows each person of a cell leaves that the subjects' patterns are multiples of, by pattern.

    It is asked before records are spoilt: what goes wrong in recording changes no conduct.
    """
    chosen = [patterns[name] for name in sorted({subject.name for subject in subjects})]
    return {
        one.name: one.benchmark.rows_of_people(cell) for one in chosen if isinstance(one, Typology) and one.benchmark
    }


def plant(
    cell: CellRecords,
    subjects: list[PlantedSubject],
    patterns: Mapping[str, PlantedPattern],
    ordinary: Mapping[str, Array],
) -> Effect:
    """Plant the subjects' patterns in the cell and say what they did; `ordinary` is what `ordinary_rows` gave.

    Each pattern sees the cell as it was before any of them. Where two want the same row, the first by name and
    subject has it.
    """
    snapshot = Snapshot(cell)
    effect = Effect(subjects, [], {}, {}, {}, [])
    by_table: dict[str, list[RowChange]] = {}
    for subject in sorted(subjects, key=lambda s: (s.name, s.member)):
        pattern = patterns[subject.name]
        records = SubjectRecords(snapshot, subject, _scale(cell, pattern, subject, ordinary))
        pattern.plant(records)
        records.settle()
        effect.multiples[subject] = records.multiple
        effect.involved[subject] = records.involved
        for table, change in records.changes.items():
            by_table.setdefault(table, []).append(change)
    # Tours come first: an edit of a tour that another pattern took out is not made.
    for table in sorted(by_table, key=lambda name: (name != "shift", name)):
        if table == "roster_edit":
            _drop_edits_of_nothing(by_table[table], cell.tables["shift"]["shift_id"])
        cell.tables[table] = _changed(cell.tables[table], by_table[table], effect)
    return effect


def _scale(
    cell: CellRecords, pattern: PlantedPattern, subject: PlantedSubject, rows_of_people: Mapping[str, Array]
) -> Scale:
    """Return how strong a subject's pattern is: the intensity of its file, or a multiple of what peers do."""
    if not subject.multiple:
        return Scale(subject.intensity)
    benchmark = pattern.benchmark if isinstance(pattern, Typology) else None
    if benchmark is None:
        relative = (subject.multiple - 1) / (cell.world.draw("typologies/multiple") - 1)
        return Scale(pattern.intensity * relative, subject.multiple, min(relative, 1.0))
    ordinary = benchmark.rows_a_month(cell, subject, rows_of_people[pattern.name])
    added = (subject.multiple - 1) * max(ordinary, LEAST_A_MONTH)
    # Where peers leave fewer rows than the least, the multiple is larger than the one drawn; without any it is what
    # it would be next to the least.
    multiple = 1 + added / (ordinary if ordinary > 0 else LEAST_A_MONTH)
    return Scale(added, multiple, min(added / pattern.intensity, 1.0))


def _drop_edits_of_nothing(changes: list[RowChange], tours: Array) -> None:
    sorted_ids = np.sort(tours)
    for change in changes:
        change.added = [new.take(among(new["shift_id"], sorted_ids)) for new in change.added]


def _changed(data: Rows, changes: list[RowChange], effect: Effect) -> Rows:
    """Return the table after the changes, and note in `effect` what they were."""
    taken_mask = np.zeros(len(data), dtype=bool)
    gone: list[Array] = []
    columns_altered = {name for change in changes for values in change.altered for name in values}
    columns = {name: values.copy() if name in columns_altered else values for name, values in data.columns.items()}
    key, table = data.table.key or "", data.table.name
    for change in changes:
        if any(len(at) for at in change.removed):
            at = np.concatenate(change.removed)
            free = np.unique(at[~taken_mask[at]])
            _note_before(effect, data, free, change.subject)
            taken_mask[free] = True
            gone.append(free)
    for change in changes:
        for at, free, values in _free(change, taken_mask):
            _note_before(effect, data, at[free], change.subject)
            effect.rows.append((table, data[key][at[free]], change.subject))
            taken_mask[at[free]] = True
            for name, new in values.items():
                columns[name][at[free]] = new[free]
        effect.rows.extend((table, new[key], change.subject) for new in change.added)
        effect.owners.extend((table, new[data.owner], new.day()) for new in change.added if data.owner == "officer_id")
    additions = [new for change in changes for new in change.added]
    return without_and_with(Rows(data.table, columns), np.concatenate([np.zeros(0, dtype=np.int64), *gone]), additions)


def _free(change: RowChange, taken_mask: Array) -> Iterator[tuple[Array, Array, dict[str, Array]]]:
    """Yield each alteration with the mask of rows that no earlier one has taken."""
    for at, values in zip(change.at, change.altered, strict=True):
        yield at, ~taken_mask[at], values


def _note_before(effect: Effect, data: Rows, at: Array, subject: PlantedSubject) -> None:
    if len(at):
        effect.before.setdefault(data.table.name, (data, []))[1].append((at, subject))
