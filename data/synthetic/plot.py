"""What a pattern sees and writes: the rows of its subject within its dates, and the changes it makes to them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from data.arrays import Array
from data.contract import CONTRACT
from data.synthetic import keys
from data.synthetic.layers import faults, recording
from data.synthetic.plantings import Involved, Subject
from data.synthetic.rows import MINUTES, NO_TIME, Rows, dtype_of, joined, rows
from data.synthetic.scene import Scene
from data.vocabulary import Concern

ON_DUTY = (
    "shift",
    "site_entry",
    "attendance",
    "use_of_force",
    "stop_search",
    "system_access",
    "vehicle_event",
    "assault",
    "expense",
)
"""Tables whose rows need the person to be at work."""


@dataclass
class Change:
    """What one subject's pattern does to one table. `altered` maps columns to new values for the rows at `at`."""

    subject: Subject
    added: list[Rows] = field(default_factory=list)
    at: list[Array] = field(default_factory=list)
    altered: list[dict[str, Array]] = field(default_factory=list)
    removed: list[Array] = field(default_factory=list)


class Snapshot:
    """The tables of a scene before any pattern of a kind is planted, with the rows of each owner at hand."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self._index: dict[str, tuple[Array, Array]] = {}
        self._days: dict[str, Array] = {}

    def positions(self, table: str, person: int) -> Array:
        """Return the positions of a person's rows in a table, in the table's order."""
        if table not in self._index:
            data = self.scene.tables[table]
            order = np.argsort(data["officer_id"], kind="stable")
            self._index[table] = (order, data["officer_id"][order])
        order, people = self._index[table]
        # In the type of the column: otherwise every call would convert the whole of it.
        first, past = np.searchsorted(people, np.array([person, person + 1], dtype=people.dtype))
        return order[first:past]

    def days(self, table: str) -> Array:
        """Return the day of every row of a table."""
        if table not in self._days:
            self._days[table] = self.scene.tables[table].day()
        return self._days[table]


class Plot:
    """One subject of one pattern, with the records it may use and change.

    `rows` gives the subject's rows inside its dates, each with its position in the table as `_row`; `add`, `alter`,
    `remove` and `clear` change the world. All randomness comes from `draw`, which belongs to this subject alone.
    """

    def __init__(self, snapshot: Snapshot, subject: Subject) -> None:
        self.subject = subject
        self.scene = snapshot.scene
        self.changes: dict[str, Change] = {}
        self.involved: list[Involved] = []
        self._snapshot = snapshot
        self._numbers: dict[str, int] = {}
        self._streams = self.scene.world_streams.part(subject.pattern.name, subject.pattern.subject, subject.member)
        self.draw = self._streams.draw("plant")

    @property
    def intensity(self) -> float:
        """How strong the pattern is in this subject."""
        return self.subject.intensity

    @property
    def person(self) -> int:
        """The subject's position among the people (officer patterns only)."""
        return self.subject.member

    @property
    def supervisor(self) -> int:
        """The subject's supervisor, -1 for none."""
        return int(self.scene.force.stints.supervisor[self.subject.post])

    @property
    def unit_id(self) -> int:
        """The subject's team as a unit id."""
        stints, structure = self.scene.force.stints, self.scene.force.structure
        team = self.subject.member if self.subject.post < 0 else int(stints.team[self.subject.post])
        return int(structure.team_unit[team])

    def involve(self, person: int, *, concern: Concern, tables: tuple[str, ...]) -> None:
        """Have the truth name another person too, with the pattern's rows of these tables."""
        self.involved.append(Involved(person, concern, tables))

    def joined_by(self, person: int) -> int:
        """Return the day a person joined the force."""
        return int(self.scene.force.people.joined[person])

    def left_by(self, person: int) -> int:
        """Return the last day a person serves: the day they leave, or far ahead."""
        left = int(self.scene.force.people.left[person])
        return self.scene.force.end + 400 if left == NO_TIME else left

    def planner(self) -> int:
        """Return somebody who plans rosters for the force."""
        planners = self.scene.force.planners
        return int(planners[self.draw.integers(0, len(planners))])

    def new_ids(self, kind: str, count: int) -> Array:
        """Return ids for things that are not rows of their own, such as complaint cases."""
        number = np.arange(count) + self._numbers.get(kind, 0)
        self._numbers[kind] = self._numbers.get(kind, 0) + count
        return self._ids(kind, number)

    def _ids(self, table: str, number: Array) -> Array:
        return keys.planted(
            seed=self.scene.world.seed,
            table=table,
            cell=self.scene.cell,
            name=self.subject.pattern.name,
            subject=self.subject_number,
            number=number,
        )

    def team_mates(self) -> Array:
        """Return the people who served in the subject's team at some time in its dates."""
        stints = self.scene.force.stints
        posts = self.scene.posts
        team = self.subject.member if self.subject.post < 0 else stints.team[self.subject.post]
        there = (stints.team[posts] == team) & (stints.first[posts] <= self.subject.last)
        there &= stints.last[posts] >= self.subject.first
        mates = np.unique(stints.person[posts][there])
        return mates if self.subject.post < 0 else mates[mates != self.person]

    def count(self, a_month: float) -> int:
        """Return a Poisson number of events at a monthly rate over the subject's dates, at least one."""
        return max(1, int(self.draw.poisson(a_month * self.subject.months)))

    def days(self, count: int) -> Array:
        """Return days within the subject's dates, in order."""
        return np.sort(self.draw.integers(self.subject.first, self.subject.last + 1, count))

    def rows(self, table: str, *, person: int | None = None, first: int | None = None, last: int | None = None) -> Rows:
        """Return a person's rows (the subject's own, unless another is named) between two days, both inclusive."""
        low = self.subject.first if first is None else first
        high = self.subject.last if last is None else last
        at = self._positions(table, self.person if person is None else person, low, high)
        return self.scene.tables[table].take(at).with_columns(_row=at)

    def _positions(self, table: str, person: int, first: int, last: int) -> Array:
        at = self._snapshot.positions(table, person)
        day = self._snapshot.days(table)[at]
        return at[(day >= first) & (day <= last)]

    def attended(self) -> Array:
        """Return a mask of the cell's incidents that the subject went to inside its dates."""
        incident = self.scene.tables["incident"]
        taken = np.zeros(int(incident["_number"].max(initial=-1)) + 1, dtype=bool)
        taken[self.rows("attendance")["_incident"]] = True
        mask: Array = taken[incident["_number"]]
        return mask

    def some(self, data: Rows, count: int) -> Rows:
        """Return up to `count` of the rows, chosen evenly at random, in their order."""
        chosen = self.draw.permutation(len(data))[:count]
        return data.take(np.sort(chosen))

    def add(self, table: str, **columns: Array | int | float) -> Array:
        """Add rows and return their ids; single values hold for every row. Rows known too late are left out.

        `known_on` follows from the recording layer unless it is given; a nullable column left out is null.
        """
        declared = CONTRACT[table]
        size = max((len(v) for v in columns.values() if isinstance(v, np.ndarray)), default=1)
        full = {name: v if isinstance(v, np.ndarray) else np.full(size, v) for name, v in columns.items()}
        for column in declared.columns:
            if column.nullable and column.name not in full:
                full[column.name] = np.full(size, NO_TIME if column.temporal else -1)
        new = rows(table, **full)
        ids = self.new_ids(table, size)
        new = new.with_columns(**{declared.key or "": ids})
        if "known_on" not in full:
            new = new.with_columns(known_on=self._known(new))
        new = faults.as_logged(self.scene, new.take(new["known_on"] < self.scene.force.end))
        self._change(table).added.append(new)
        kept: Array = new[declared.key or ""]
        return kept

    @property
    def subject_number(self) -> int:
        """The subject's number within its cell."""
        if self.subject.post < 0:
            return int(np.searchsorted(np.flatnonzero(self._here()), self.subject.member))
        return int(np.searchsorted(self.scene.people, np.array(self.person, dtype=self.scene.people.dtype)))

    def _here(self) -> Array:
        here: Array = self.scene.force.structure.team_cell == self.scene.cell
        return here

    def _known(self, new: Rows) -> Array:
        draw = self._streams.draw("known", new.table.name, self._numbers[new.table.name])
        if new.table.name == "attendance":
            return recording.known_with(draw, new["_at"] // MINUTES).astype(np.int32)
        people = self.scene.force.people
        joins = people.joined[new["officer_id"]] if new.owner == "officer_id" else np.zeros(len(new))
        return recording.known_on(draw, new, joined=joins).astype(np.int32)

    def alter(self, data: Rows, **columns: Array | int | float) -> None:
        """Give new values to columns of rows obtained from `rows`."""
        change = self._change(data.table.name)
        types = {name: dtype_of(data.table.column[name]) for name in columns}
        change.at.append(data["_row"])
        change.altered.append({n: np.broadcast_to(v, len(data)).astype(types[n]) for n, v in columns.items()})

    def remove(self, data: Rows) -> None:
        """Take rows obtained from `rows` out of the world."""
        self._change(data.table.name).removed.append(data["_row"])

    def clear(self, first: int, last: int, *, person: int | None = None) -> None:
        """Take everything a person did on duty between two days out of the world, because they were away."""
        who = self.person if person is None else person
        for table in ON_DUTY:
            self._change(table).removed.append(self._positions(table, who, first, last))
        gone = self.scene.tables["shift"]["shift_id"][self._positions("shift", who, first, last)]
        edits = self._positions("roster_edit", who, first - 60, last + 60)
        of = self.scene.tables["roster_edit"]["shift_id"][edits]
        self._change("roster_edit").removed.append(edits[(of[:, None] == gone).any(axis=1)])

    def _change(self, table: str) -> Change:
        return self.changes.setdefault(table, Change(self.subject))


@dataclass(frozen=True)
class Effect:
    """What the patterns of one kind did to a scene.

    `rows` lists (table, ids, subject) for every row added or altered; `before` holds, by table, each altered or
    removed row as it was, with its subject; `involved` says whom else a subject's pattern is about.
    """

    subjects: list[Subject]
    rows: list[tuple[str, Array, Subject]]
    before: dict[str, list[tuple[Rows, Subject]]]
    involved: dict[Subject, list[Involved]]


def plant(scene: Scene, subjects: list[Subject]) -> Effect:
    """Plant the subjects' patterns in the scene and say what they did.

    Each pattern sees the scene as it was before any of them. Where two want the same row, the first by name and
    subject has it.
    """
    snapshot = Snapshot(scene)
    effect = Effect(subjects, [], {}, {})
    by_table: dict[str, list[Change]] = {}
    for subject in sorted(subjects, key=lambda s: (s.pattern.name, s.member)):
        plot = Plot(snapshot, subject)
        subject.pattern.plant(plot)
        effect.involved[subject] = plot.involved
        for table, change in plot.changes.items():
            by_table.setdefault(table, []).append(change)
    # Tours come first: an edit of a tour that another pattern took out is not made.
    for table in sorted(by_table, key=lambda name: (name != "shift", name)):
        if table == "roster_edit":
            _drop_edits_of_nothing(by_table[table], scene.tables["shift"]["shift_id"])
        scene.tables[table] = _changed(scene.tables[table], by_table[table], effect)
    return effect


def _drop_edits_of_nothing(changes: list[Change], tours: Array) -> None:
    there = np.sort(tours)
    for change in changes:
        change.added = [new.take(_among(new["shift_id"], there)) for new in change.added]


def _among(values: Array, there: Array) -> Array:
    """Return a mask of the values that stand in a sorted array."""
    place = np.searchsorted(there, values).clip(0, max(len(there) - 1, 0))
    mask: Array = there[place] == values if len(there) else np.zeros(len(values), dtype=bool)
    return mask


def _changed(data: Rows, changes: list[Change], effect: Effect) -> Rows:
    """Return the table after the changes, and note in `effect` what they were."""
    touched = np.zeros(len(data), dtype=bool)
    gone = np.zeros(len(data), dtype=bool)
    altered = {name for change in changes for values in change.altered for name in values}
    columns = {name: values.copy() if name in altered else values for name, values in data.columns.items()}
    key, table = data.table.key or "", data.table.name
    for change in changes:
        for at in change.removed:
            if not len(at):
                continue
            free = np.unique(at[~touched[at]])
            _note_before(effect, data.take(free), change.subject)
            touched[free] = gone[free] = True
    for change in changes:
        for at, free, values in _free(change, touched):
            _note_before(effect, data.take(at[free]), change.subject)
            effect.rows.append((table, data[key][at[free]], change.subject))
            touched[at[free]] = True
            for name, new in values.items():
                columns[name][at[free]] = new[free]
        effect.rows.extend((table, new[key], change.subject) for new in change.added)
    kept = Rows(data.table, columns).take(~gone) if gone.any() else Rows(data.table, columns)
    added = [new for change in changes for new in change.added]
    return joined([kept, *added]) if added else kept


def _free(change: Change, touched: Array) -> Iterator[tuple[Array, Array, dict[str, Array]]]:
    """Yield each alteration with the mask of rows that no earlier one has taken."""
    for at, values in zip(change.at, change.altered, strict=True):
        yield at, ~touched[at], values


def _note_before(effect: Effect, data: Rows, subject: Subject) -> None:
    if len(data):
        effect.before.setdefault(data.table.name, []).append((data, subject))
