"""Which tables of the contract some files could become, and which of their columns stand for which."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from data.contract import CONTRACT
from data.mapping.draft.file_facts import ColumnContent, FileContent, share_found
from data.mapping.draft.words import best_column, looks_like, table_hints
from data.schema import Column
from data.sources.folder import header_key
from data.store import Store

JOINED: Final = 0.5
"""Files are joined by a column where at least so large a share of one file's values stands in the other."""

ASSUMED: Final = {
    ("complaint", "category"): ("'other'", "no column seems to say what complaints are about"),
    ("complaint", "source"): ("'public'", "no column says who complained: all are taken for the public's"),
    ("officer", "workforce"): ("'officer'", ""),
}
"""What stands in a column that no file has, and what is open then."""


@dataclass(frozen=True)
class Place:
    """Where rows come from: a file, and one whose row with the same key completes each of its rows."""

    file: FileContent
    other: FileContent | None = None
    key: str = ""

    @property
    def columns(self) -> tuple[ColumnContent, ...]:
        """The columns of both, those of the file first."""
        return (*self.file.columns, *(self.other.columns if self.other else ()))

    def find(self, table: str, name: str) -> ColumnContent | None:
        """Return the column that stands for one of the contract."""
        return best_column(self.columns, table, CONTRACT[table].column[name])

    @property
    def officer(self) -> ColumnContent | None:
        """The column that names officers."""
        return self.find("officer", "officer_id")


@dataclass(frozen=True)
class DraftedColumn:
    """A line of a mapping: what stands in it, the column that is read, and what is open about it."""

    name: str
    expression: str
    content: ColumnContent | None = None
    open: str = ""


@dataclass(frozen=True)
class DraftedTable:
    """A section of a mapping: its table, where its rows come from, and its lines."""

    name: str
    place: Place
    columns: tuple[DraftedColumn, ...]
    stints: str | None = None


def drafted_tables(files: Sequence[FileContent], store: Store) -> Iterator[DraftedTable]:
    """Yield the tables that files could become, in the order of the contract; a table that lacks a column is left out.

    Whatever has no column in the files and may be empty is left out too.
    """
    places = {name: _place(name, files, store) for name in ("complaint", "use_of_force")}
    rows = [place for place in places.values() if place is not None]
    people = _people(files, rows)
    if people is not None and people.find("officer", "joined_on") is not None:
        yield from _table("officer", people, ("joined_on", "left_on"))
    with_characteristics = [p for p in (people, *rows) if p is not None and _has(p, ("sex", "ethnicity"))]
    if with_characteristics:
        yield from _table("protected_characteristic", with_characteristics[0], ("sex", "ethnicity"))
    yield from _postings(files, rows)
    for name, optional in (
        ("use_of_force", ("force_id", "incident_id", "tactic", "subject_injured", "officer_injured", "video")),
        ("complaint", ("complainant_id", "occurred_on", "outcome", "finalised_on")),
    ):
        place = places[name]
        if place is not None:
            yield from _table(name, place, optional)


def _has(place: Place, names: Sequence[str]) -> bool:
    return any(place.find("protected_characteristic", name) is not None for name in names)


def _place(table: str, files: Sequence[FileContent], store: Store) -> Place | None:
    """Return where the rows of a table come from: the file whose words tell most of it and that names officers."""
    scored = []
    for file in files:
        words = [*header_key(file.path).split("_")] * 2
        words += [w for c in file.columns for w in set(header_key(c.header).split("_"))]
        hints = table_hints(words)
        place = _completed(file, files, store)
        if hints[table] == max(hints.values()) > 0 and place.officer is not None:
            date = "received_on" if table == "complaint" else "used_at"
            scored.append((place.find(table, date) is not None, hints[table], place))
    return max(scored, key=lambda one: one[:2])[2] if scored else None


def _completed(file: FileContent, files: Sequence[FileContent], store: Store) -> Place:
    """Return a file with another that has one row for each value of a column which both have."""
    for other in files:
        if other is file or Place(other).officer is not None:
            continue
        for key in other.columns:
            own = file.column(key.header)
            unique = key.distinct == key.cells > 1 and key.kind in ("numbers", "texts", "list")
            if own is not None and unique and share_found(store, file, other, key.header) >= JOINED:
                return Place(file, other, own.header)
    return Place(file)


def _people(files: Sequence[FileContent], rows: Sequence[Place]) -> Place | None:
    """Return the file with one row for each officer."""
    taken = {place.file.name for place in rows}
    for file in files:
        officer = Place(file).officer
        if file.name not in taken and officer is not None and officer.distinct == officer.cells > 1:
            return Place(file)
    return None


def _postings(files: Sequence[FileContent], rows: Sequence[Place]) -> Iterator[DraftedTable]:
    """Yield postings: from a file of postings, or else from dated rows that say where somebody served."""
    for file in files:
        place = Place(file)
        needed = (place.officer, *(place.find("posting", name) for name in ("unit_id", "started_on")))
        if None not in needed:
            yield from _table("posting", place, ("rank", "ended_on"))
            return
    for place in rows:
        unit = place.find("posting", "unit_id")
        day = place.find("complaint", "received_on") or place.find("use_of_force", "used_at")
        if unit is not None and day is not None:
            columns = [c for name in ("officer_id", "unit_id", "rank") for c in _column("posting", place, name)]
            yield DraftedTable("posting", place, tuple(columns), stints=day.header)
            return


def _table(name: str, place: Place, optional: Sequence[str]) -> Iterator[DraftedTable]:
    """Yield a table, or nothing where it lacks a column that may not be empty."""
    table = CONTRACT[name]
    needed = [c.name for c in table.columns if not c.nullable and c.name not in (table.key, "known_on")]
    named = {"officer_id", *needed, *optional} & set(table.names)
    columns = {n: list(_column(name, place, n)) for n in table.names if n in named}
    if all(columns[n] for n in needed):
        lines = [line for name_ in columns for line in columns[name_]]
        if "known_on" in table.column:
            day = next(line for line in lines if line.name == table.occurred)
            content = day.content.header if day.content is not None else ""
            lines.append(DraftedColumn("known_on", content, day.content, "taken for the day on which it happened"))
        yield DraftedTable(name, place, tuple(lines))


def _column(table: str, place: Place, name: str) -> Iterator[DraftedColumn]:
    content = place.officer if name == "officer_id" else place.find(table, name)
    if content is None:
        expression, says = ASSUMED.get((table, name), ("", ""))
        if expression:
            yield DraftedColumn(name, expression, None, says)
        return
    yield DraftedColumn(name, _expression(table, place, name, content), content, _open(content))


def _expression(table: str, place: Place, name: str, content: ColumnContent) -> str:
    """Return the header, for a moment whose day and time stand apart both of them, and `other` for what is needed."""
    column = CONTRACT[table].column[name]
    if not column.nullable and "other" in column.values and content.cells < place.file.rows:
        return content.header if "]" in content.header else f"first([{content.header}], 'other')"
    if column.type != "TIMESTAMP":
        return content.header
    times = [
        (score, c.header)
        for c in place.columns
        if c.kind == "times" and (score := looks_like(c.header, "time", "time")) is not None
    ]
    if not times or "]" in content.header + max(times)[1]:
        return content.header
    day, time = f"[{content.header}]", f"[{max(times)[1]}]"
    return f"if({time} is empty, {day}, join({day}, ' ', {time}))"


def _open(content: ColumnContent) -> str:
    if content.ambiguous:
        return 'its days fit "m/d/y" and "d/m/y": say which in `dates` of the file'
    return ""


def unused(file: FileContent, tables: Sequence[DraftedTable]) -> list[str]:
    """Return the headers of a file that no drafted table reads."""
    read = {c.content.header for t in tables for c in t.columns if c.content is not None}
    read |= {t.place.key for t in tables} | {t.stints for t in tables if t.stints}
    expressions = " ".join(c.expression for t in tables for c in t.columns)
    return [c.header for c in file.columns if c.header not in read and f"[{c.header}]" not in expressions]


def column_of(table: DraftedTable, line: DraftedColumn) -> Column:
    """Return the contract's column of a line."""
    return CONTRACT[table.name].column[line.name]
