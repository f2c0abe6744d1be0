"""One mapped table: which rows of which files, and SQL for the text of each column."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from data.contract import CONTRACT
from data.date_precision import last_day_of
from data.errors import UsageError
from data.mapping.held_files import HeldFile, header_list
from data.mapping.mapping_expression import ExpressionFaulty, condition_sql, value_sql
from data.mapping.mapping_file import MappedColumn, MappedTable, RecordMapping
from data.schema import Table
from data.sources._column_readings import DeclaredDates, readings_of
from data.sources._id_crosswalk import spelling
from data.sources._staged_rows import TableRows
from data.store import Store, literal, quoted

LISTS: Final = ("officer", "protected_characteristic", "unit")
"""Tables with one row for each key, however many rows of a file name it."""

CountedNote = tuple[str, str]
"""A sentence with `{count}`, and the query that counts; it is told where the count is not zero."""


@dataclass(frozen=True)
class MappedRows:
    """The rows of one table on their way, and what is to be counted of them."""

    rows: TableRows
    counted: Sequence[CountedNote]

    def notes(self, store: Store) -> Iterator[str]:
        """Yield the notes whose count is not zero."""
        for says, query in self.counted:
            count = store.value(query)
            if count:
                yield f"{self.rows.table.name}: {says.format(count=f'{count:,}')}"


class _Names:
    """Finds columns by their headers, in a file and in the one that it is joined with."""

    def __init__(self, files: Sequence[tuple[str, HeldFile]]) -> None:
        self._files = files

    def sql(self, header: str) -> str:
        """Return SQL for a column; raises `KeyError` where there is none."""
        for alias, file in self._files:
            name = file.find(header)
            if name is not None:
                return f"{alias}.{quoted(name)}"
        raise KeyError(header)

    def dates(self) -> dict[str, DeclaredDates]:
        """Return what is declared of dates, by SQL for the column."""
        return {
            f"{alias}.{quoted(name)}": declared
            for alias, file in self._files
            for header, declared in file.file.dates.items()
            if (name := file.find(header)) is not None
        }

    @property
    def paths(self) -> str:
        """The files' paths for a message."""
        return " and ".join(file.file.path for _, file in self._files)

    @property
    def headers(self) -> str:
        """The headers for a message."""
        return header_list([file for _, file in self._files])


def rows_of(mapping: RecordMapping, mapped: MappedTable, held: Mapping[str, HeldFile], store: Store) -> MappedRows:
    """Return a mapped table's rows.

    Raises:
        UsageError: an expression names a column that the files do not have, or says what no mapping may say.
    """
    table, file = CONTRACT[mapped.name], held[mapped.file]
    _check_dates(mapping, held)
    origin, names, notes = _origin(mapping, file, held)
    where = _condition(mapping, mapped, names)
    if where:
        notes.append((f"{{count}} rows of {file.file.path} are left out by `where`.", _left_out(file, origin, where)))
    cells = {name: _cell(mapping, mapped, name, column, names) for name, column in mapped.columns.items()}
    dates = names.dates()
    declared = {name: dates[cell] for name, cell in cells.items() if cell in dates}
    if mapped.stints is not None:
        return _stints(mapping, mapped, cells, f"{origin}{where}", names, store)
    items = [f"{cell} AS {quoted(name)}" for name, cell in cells.items()]
    query = (
        f"SELECT {', '.join([*items, 'r.source_file AS source_file', 'r.source_row AS source_row'])} {origin}{where}"
    )
    texts = {name: quoted(name) for name in cells}
    headers = {name: column.expression for name, column in mapped.columns.items()}
    values = {} if table.key in cells else {str(table.key): "source_row"}
    if mapped.name in LISTS and table.key in cells:
        relation, more = _once(table, query)
        return MappedRows(
            TableRows(table, relation, texts, values=values, names=headers, declared=declared), [*notes, *more]
        )
    relation = f"({query} ORDER BY r.source_row)"
    return MappedRows(TableRows(table, relation, texts, values=values, names=headers, declared=declared), notes)


def _origin(
    mapping: RecordMapping, file: HeldFile, held: Mapping[str, HeldFile]
) -> tuple[str, _Names, list[CountedNote]]:
    """Return the FROM clause of a file with the one that completes its rows, and what is to be counted of the join."""
    join, files = file.file.join, [("r", file)]
    if join is None or join.file not in held:
        return f"FROM {file.relation} AS r", _Names(files), []
    other = held[join.file]
    left, right = file.find(join.on), other.find(join.on)
    if left is None or right is None:
        lacking = file if left is None else other
        raise mapping.fault(
            "files",
            file.file.name,
            f"join on a column of both files ({lacking.file.path} has {header_list([lacking])})",
            join.on[:60],
        )
    own, key = spelling(f"r.{quoted(left)}"), spelling(quoted(right))
    nth = f"row_number() OVER (PARTITION BY {key} ORDER BY source_row)"
    first = f"SELECT * FROM {other.relation} WHERE {key} IS NOT NULL QUALIFY {nth} = 1"
    joined = f"FROM {file.relation} AS r LEFT JOIN ({first}) AS j ON {own} = {spelling(f'j.{quoted(right)}')}"
    unmatched = f"SELECT count(*) {joined} WHERE j.source_row IS NULL"
    doubled = f"SELECT count(*) - count(DISTINCT {key}) FROM {other.relation} WHERE {key} IS NOT NULL"
    notes = [
        (f"{{count}} rows of {file.file.path} have no row with the same {join.on} in {other.file.path}.", unmatched),
        (f"{{count}} rows of {other.file.path} repeat a {join.on}; the first of each counts.", doubled),
    ]
    return joined, _Names([*files, ("j", other)]), notes


def _left_out(file: HeldFile, origin: str, where: str) -> str:
    return f"SELECT (SELECT count(*) FROM {file.relation}) - (SELECT count(*) {origin}{where})"


def _condition(mapping: RecordMapping, mapped: MappedTable, names: _Names) -> str:
    if mapped.where is None:
        return ""
    try:
        return f" WHERE {_with_row(condition_sql(mapped.where, names.sql))}"
    except ExpressionFaulty as error:
        raise _faulty(mapping, mapped.name, "where", error, names) from None


def _cell(mapping: RecordMapping, mapped: MappedTable, name: str, column: MappedColumn, names: _Names) -> str:
    """Return SQL for a column's text: a column of the file by its header, or else an expression, with its values."""
    try:
        cell = names.sql(column.expression)
    except KeyError:
        try:
            cell = _with_row(value_sql(column.expression, names.sql))
        except ExpressionFaulty as error:
            raise _faulty(mapping, mapped.name, name, error, names) from None
    if not column.values and column.otherwise is None:
        return cell
    cases = " ".join(f"WHEN {literal(a.strip().lower())} THEN {literal(b)}" for a, b in column.values.items())
    rest = cell if column.otherwise is None else f"CASE WHEN {cell} IS NOT NULL THEN {literal(column.otherwise)} END"
    return f"nullif(CASE lower(trim({cell})) {cases} ELSE {rest} END, '')" if cases else rest


def _with_row(sql: str) -> str:
    return sql.replace("CAST(source_row AS VARCHAR)", "CAST(r.source_row AS VARCHAR)")


def _faulty(mapping: RecordMapping, section: str, key: str, error: ExpressionFaulty, names: _Names) -> UsageError:
    return mapping.fault(section, key, f"an expression over the columns of {names.paths}: {names.headers}", str(error))


def _check_dates(mapping: RecordMapping, held: Mapping[str, HeldFile]) -> None:
    for file in held.values():
        absent = [header for header in file.file.dates if file.find(header) is None]
        if absent:
            raise mapping.fault(
                "files", file.file.name, f"dates of columns of {file.file.path}: {header_list([file])}", absent[0][:60]
            )


def _once(table: Table, query: str) -> tuple[str, list[CountedNote]]:
    """Return the relation with the first row of each key, and how many rows that leaves out."""
    key, name = spelling(quoted(str(table.key))), quoted(str(table.key))
    first = f"row_number() OVER (PARTITION BY {key} ORDER BY source_row) = 1"
    others = [quoted(c.name) for c in table.columns if c.name != table.key]
    relation = f"(SELECT * FROM ({query}) WHERE {name} IS NOT NULL QUALIFY {first} ORDER BY source_row)"
    differing = " OR ".join(f"count(DISTINCT {c}) > 1" for c in others if f"AS {c}" in query)
    notes = [
        (
            "{count} rows name nobody, or one whom a row before names, and are merged into those there are.",
            f"SELECT count(*) - count(DISTINCT {key}) FROM ({query})",
        )
    ]
    named = f"{name} IS NOT NULL"
    if differing:
        notes.append(
            (
                "of {count} the rows differ in what they say; the first counts.",
                f"SELECT count(*) FROM (SELECT {key} FROM ({query}) WHERE {named} GROUP BY 1 HAVING {differing})",
            )
        )
    return relation, notes


def _stints(
    mapping: RecordMapping, mapped: MappedTable, cells: Mapping[str, str], origin: str, names: _Names, store: Store
) -> MappedRows:
    """Return postings made of dated rows: one from each row on which an officer's place or rank changes.

    The first is taken to have begun with the records, since nothing says when it did; it is known from its own row on.
    """
    table, dates = CONTRACT["posting"], names.dates()
    cell = _cell(mapping, mapped, "stints", MappedColumn(str(mapped.stints)), names)
    items = [f"{text} AS {quoted(name)}" for name, text in cells.items()]
    items += [f"{cell} AS dated", "r.source_file AS source_file", "r.source_row AS source_row"]
    base = f"(SELECT {', '.join(items)} {origin})"
    declared = dates.get(cell, DeclaredDates())
    reading = readings_of(
        store, base, table, {"started_on": "dated"}, declared={"started_on": declared}, names={"started_on": "stints"}
    )["started_on"]
    placed = last_day_of(f"({reading.value})", reading.precision)
    who, places = spelling(quoted("officer_id")), [quoted(n) for n in cells if n != "officer_id"]
    changes = " OR ".join(f"{p} IS DISTINCT FROM lag({p}) OVER of_officer" for p in places) or "false"
    names_of = ", ".join(quoted(name) for name in cells)
    relation = f"""(
        WITH days AS (
            SELECT *, {who} AS who, {placed} AS day FROM {base}
            WHERE {quoted("officer_id")} IS NOT NULL AND {quoted("unit_id")} IS NOT NULL
        ),
        last_of_day AS (
            SELECT * FROM days WHERE day IS NOT NULL
            QUALIFY row_number() OVER (PARTITION BY who, day ORDER BY source_row DESC) = 1
        ),
        changed AS (
            SELECT *, row_number() OVER of_officer AS place, ({changes}) AS changes, min(day) OVER () AS begin
            FROM last_of_day WINDOW of_officer AS (PARTITION BY who ORDER BY day)
        )
        SELECT {names_of}, source_file, source_row, row_number() OVER (ORDER BY source_row) AS number,
            CAST(CASE WHEN place = 1 THEN begin ELSE day END AS VARCHAR) AS started_on,
            CAST(lead(day) OVER (PARTITION BY who ORDER BY day) - 1 AS VARCHAR) AS ended_on,
            CAST(day AS VARCHAR) AS known_on
        FROM changed WHERE place = 1 OR changes ORDER BY source_row
    )"""
    texts = {name: quoted(name) for name in (*cells, "started_on", "ended_on", "known_on")}
    headers = {name: column.expression for name, column in mapped.columns.items()}
    notes = [
        (
            "{count} rows with a date, an officer and a unit tell who served where; postings begin where that changes.",
            f"SELECT count(*) FROM {base} WHERE officer_id IS NOT NULL AND unit_id IS NOT NULL AND dated IS NOT NULL",
        )
    ]
    return MappedRows(TableRows(table, relation, texts, values={"posting_id": "number"}, names=headers), notes)
