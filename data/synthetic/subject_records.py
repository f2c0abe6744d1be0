"""What a pattern sees and writes: the rows of its subject within its dates, and the changes it makes to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from data.arrays import Array
from data.contract import CONTRACT
from data.synthetic import keys
from data.synthetic.layers import recording, recording_faults
from data.synthetic.planted_subject import MONTH, Involved, PlantedSubject
from data.synthetic.rows import MINUTES, NO_TIME, Rows, dtype_of, rows
from data.synthetic.snapshot import Snapshot, Stretches, among
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
class RowChange:
    """What one subject's pattern does to one table. `altered` maps columns to new values for the rows at `at`."""

    subject: PlantedSubject
    added: list[Rows] = field(default_factory=list)
    at: list[Array] = field(default_factory=list)
    altered: list[dict[str, Array]] = field(default_factory=list)
    removed: list[Array] = field(default_factory=list)


@dataclass(frozen=True)
class Scale:
    """How strong a pattern is in one subject.

    `intensity` is in the unit of the pattern's file. `multiple` is that of what is ordinary for peers, 0 for an
    archetype; `relative` is the strength next to the file's, at most 1, for what else the pattern does.
    """

    intensity: float
    multiple: float = 0.0
    relative: float = 1.0


class SubjectRecords:
    """One subject of one pattern, with the records it may use and change.

    `rows` gives the subject's rows inside its dates, each with its position in the table as `_row`; `add`, `alter`,
    `remove` and `clear` change the world. All randomness comes from `draw`, which belongs to this subject alone.
    """

    def __init__(self, snapshot: Snapshot, subject: PlantedSubject, scale: Scale) -> None:
        self.subject = subject
        self.cell = snapshot.cell
        self.changes: dict[str, RowChange] = {}
        self.involved: list[Involved] = []
        self._snapshot = snapshot
        self._scale = scale
        self._numbers: dict[str, int] = {}
        self._shares = 0
        self._spells: list[tuple[int, int, int, int, int]] = []
        self._cleared: dict[int, list[tuple[int, int]]] = {}
        self._streams = self.cell.world_streams.part(subject.name, subject.kind, subject.member)
        self.draw = self._streams.draw("plant")
        self._pauses = self._drawn_pauses() if scale.multiple else []

    @property
    def intensity(self) -> float:
        """How strong the pattern is in this subject, in the unit of the pattern's file."""
        return self._scale.intensity

    @property
    def multiple(self) -> float:
        """How strong the pattern is: a multiple of what is ordinary for peers; of an archetype, the intensity."""
        return self._scale.multiple or self._scale.intensity

    def weakened(self, rate: float) -> float:
        """Return a rate or chance of the pattern's file, less where the pattern is weaker in this subject."""
        return rate * self._scale.relative

    def share(self, mean: float) -> float:
        """Return a share of the pattern's file as it is in this subject: subjects differ in it."""
        self._shares += 1
        return float(self._streams.draw("share", self._shares).beta(3 * mean, 3 * (1 - mean)))

    def _drawn_pauses(self) -> list[tuple[int, int]]:
        """Return the first and last day of each pause, of two to six weeks."""
        draw, subject = self._streams.draw("pauses"), self.subject
        days = subject.last - subject.first + 1
        count = int(draw.poisson(self.cell.world.draw("typologies/pauses") * days / 365.25))
        first = subject.first + draw.integers(0, days, count)
        return [
            (day, day + length)
            for day, length in zip(first.tolist(), draw.integers(14, 43, count).tolist(), strict=True)
        ]

    def _active(self, day: Array) -> Array:
        """Return a mask of the days on which the pattern does not pause."""
        mask = np.ones(len(day), dtype=bool)
        for first, last in self._pauses:
            mask &= (day < first) | (day > last)
        return mask

    @property
    def months(self) -> float:
        """How many months the pattern lasts, without its pauses."""
        if not self._pauses:
            return self.subject.months
        return float(self._active(np.arange(self.subject.first, self.subject.last + 1)).sum()) / MONTH

    @property
    def person(self) -> int:
        """The subject's position among the people (officer patterns only)."""
        return self.subject.member

    @property
    def supervisor(self) -> int:
        """The subject's supervisor, -1 for none."""
        return int(self.cell.force.stints.supervisor[self.subject.post])

    @property
    def unit_id(self) -> int:
        """The subject's team as a unit id."""
        stints, structure = self.cell.force.stints, self.cell.force.structure
        team = self.subject.member if self.subject.post < 0 else int(stints.team[self.subject.post])
        return int(structure.team_unit[team])

    def involve(self, person: int, *, concern: Concern, tables: tuple[str, ...]) -> None:
        """Have the truth name another person too, with the pattern's rows of these tables."""
        self.involved.append(Involved(person, concern, tables))

    def joined_by(self, person: int) -> int:
        """Return the day a person joined the force."""
        return int(self.cell.force.people.joined[person])

    def left_by(self, person: int) -> int:
        """Return the last day a person serves: the day they leave, or far ahead."""
        left = int(self.cell.force.people.left[person])
        return self.cell.force.end + 400 if left == NO_TIME else left

    def planner(self) -> int:
        """Return somebody who plans rosters for the force."""
        planners = self.cell.force.planners
        return int(planners[self.draw.integers(0, len(planners))])

    def new_ids(self, kind: str, count: int) -> Array:
        """Return ids for things that are not rows of their own, such as complaint cases."""
        number = np.arange(count) + self._numbers.get(kind, 0)
        self._numbers[kind] = self._numbers.get(kind, 0) + count
        return self._ids(kind, number)

    def _ids(self, table: str, number: Array) -> Array:
        return keys.planted(
            seed=self.cell.world.seed,
            table=table,
            cell=self.cell.number,
            name=self.subject.name,
            subject=self.subject_number,
            number=number,
        )

    def team_mates(self) -> Array:
        """Return the people who served in the subject's team at some time in its dates."""
        stints = self.cell.force.stints
        posts = self.cell.posts
        team = self.subject.member if self.subject.post < 0 else stints.team[self.subject.post]
        mask = (stints.team[posts] == team) & (stints.first[posts] <= self.subject.last)
        mask &= stints.last[posts] >= self.subject.first
        mates = np.unique(stints.person[posts][mask])
        return mates if self.subject.post < 0 else mates[mates != self.person]

    def count(self, a_month: float) -> int:
        """Return a Poisson number of events at a monthly rate over the subject's dates, at least one."""
        return max(1, int(self.draw.poisson(a_month * self.months)))

    def days(self, count: int) -> Array:
        """Return days within the subject's dates, in order."""
        if not self._pauses:
            return np.sort(self.draw.integers(self.subject.first, self.subject.last + 1, count))
        every = np.arange(self.subject.first, self.subject.last + 1)
        active = every[self._active(every)]
        return np.sort(self.draw.choice(active if len(active) else every, count))

    def rows(self, table: str, *, person: int | None = None, first: int | None = None, last: int | None = None) -> Rows:
        """Return a person's rows (the subject's own, unless another is named) between two days, both inclusive."""
        low = self.subject.first if first is None else first
        high = self.subject.last if last is None else last
        at = self._positions(table, self.person if person is None else person, low, high)
        if self._pauses and first is None and last is None:
            at = at[self._active(self._snapshot.days(table)[at])]
        return self.cell.tables[table].take(at).with_columns(_row=at)

    def _positions(self, table: str, person: int, first: int, last: int) -> Array:
        at = self._snapshot.positions(table, person)
        day = self._snapshot.days(table).take(at)
        return at[(day >= first) & (day <= last)]

    def attended(self) -> Array:
        """Return a mask of the cell's incidents that the subject went to inside its dates."""
        incident = self.cell.tables["incident"]
        incident_mask = np.zeros(int(incident["_number"].max(initial=-1)) + 1, dtype=bool)
        incident_mask[self.rows("attendance")["_incident"]] = True
        mask: Array = incident_mask[incident["_number"]]
        return mask

    def some(self, data: Rows, count: int) -> Rows:
        """Return up to `count` of the rows, chosen evenly at random, in their order."""
        selection = self.draw.permutation(len(data))[:count]
        return data.take(np.sort(selection))

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
        in_time = new["known_on"] < self.cell.force.end
        new = recording_faults.as_logged(self.cell, new if in_time.all() else new.take(in_time))
        self._change(table).added.append(new)
        row_ids: Array = new[declared.key or ""]
        return row_ids

    @cached_property
    def subject_number(self) -> int:
        """The subject's number within its cell."""
        if self.subject.post < 0:
            return int(np.searchsorted(np.flatnonzero(self._here()), self.subject.member))
        return int(np.searchsorted(self.cell.people, np.array(self.person, dtype=self.cell.people.dtype)))

    def _here(self) -> Array:
        mask: Array = self.cell.force.structure.team_cell == self.cell.number
        return mask

    def _known(self, new: Rows) -> Array:
        if new.table.name == "attendance":
            return recording.known_with(self.draw, new["_at"] // MINUTES, world=self.cell.world).astype(np.int32)
        people = self.cell.force.people
        joins = people.joined[new["officer_id"]] if new.owner == "officer_id" else np.zeros(len(new))
        return recording.known_on(self.draw, new, world=self.cell.world, joined=joins).astype(np.int32)

    def alter(self, data: Rows, **columns: Array | int | float) -> None:
        """Give new values to columns of rows obtained from `rows`."""
        change = self._change(data.table.name)
        types = {name: dtype_of(data.table.column[name]) for name in columns}
        change.at.append(data["_row"])
        change.altered.append({n: np.broadcast_to(v, len(data)).astype(types[n]) for n, v in columns.items()})

    def remove(self, data: Rows) -> None:
        """Take rows obtained from `rows` out of the world."""
        self._change(data.table.name).removed.append(data["_row"])

    def put_away(self, person: int, first: int, last: int, *, kind: int, psychological: bool | None = None) -> None:
        """Give a person a spell of absence of a kind (by code), and take out what they would have done on duty."""
        self._spells.append((person, first, last, kind, -1 if psychological is None else int(psychological)))
        self.clear(first, last, person=person)

    def clear(self, first: int, last: int, *, person: int | None = None) -> None:
        """Take everything a person did on duty between two days out of the world, because they were away."""
        self._cleared.setdefault(self.person if person is None else person, []).append((first, last))

    def settle(self) -> None:
        """Write the spells of absence, and take out what happens in them: all at once, as there may be dozens."""
        for person, windows in self._cleared.items():
            first, last = np.array(windows).T
            self._clear(person, first, last)
        if not self._spells:
            return
        person_of, first, last, kind, psychological = np.array(self._spells).T
        self.add(
            "absence",
            officer_id=person_of,
            kind=kind,
            psychological=psychological,
            certified=np.where(psychological < 0, -1, last - first >= 7),
            started_on=first,
            ended_on=np.where(last >= self.cell.force.end, NO_TIME, last),
        )

    def _clear(self, person: int, first: Array, last: Array) -> None:
        """Take out what a person did on duty in several spells."""
        begins, ends = self._away_minutes(person, first, last)
        away_minutes, away_days = Stretches(begins, ends), Stretches(first, last)
        for table in ON_DUTY:
            at = self._snapshot.positions(table, person)
            if not len(at):
                continue
            if table == "shift" or self._snapshot.is_by_day(table):
                is_away = away_days.hold(self._snapshot.days(table).take(at))
            else:
                is_away = away_minutes.hold(self._snapshot.minutes(table).take(at))
            gone = at[is_away]
            if len(gone):
                self._change(table).removed.append(gone)
                if table == "shift":
                    self._clear_edits(person, gone)

    def _clear_edits(self, person: int, tours: Array) -> None:
        """Take out the edits of a person's tours that are gone."""
        edits = self._snapshot.positions("roster_edit", person)
        ids = np.sort(self.cell.tables["shift"]["shift_id"][tours])
        gone = edits[among(self.cell.tables["roster_edit"]["shift_id"][edits], ids)]
        if len(gone):
            self._change("roster_edit").removed.append(gone)

    def _away_minutes(self, person: int, first: Array, last: Array) -> tuple[Array, Array]:
        """Return from and to which minutes a person is away: a night tour runs past midnight, and so does its absence.

        What was done on the night before the first day stays, and what was done on the last night goes.
        """
        at = self._snapshot.positions("shift", person)
        day, until = self._snapshot.days("shift")[at], self.cell.tables["shift"]["ends_at"][at]
        latest = np.zeros(self.cell.force.days + 2, dtype=np.int64)
        np.maximum.at(latest, day - self.cell.force.start + 1, until)

        def end_of(days: Array) -> Array:
            ends: Array = latest[np.clip(days - self.cell.force.start + 1, 0, self.cell.force.days + 1)]
            return ends

        return np.maximum(first * MINUTES, end_of(first - 1) + 1), np.maximum((last + 1) * MINUTES - 1, end_of(last))

    def _change(self, table: str) -> RowChange:
        return self.changes.setdefault(table, RowChange(self.subject))
