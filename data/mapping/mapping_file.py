"""A mapping as its file declares it: which files there are, and how each table's columns come from them."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping as Dictionary
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from data.contract import CONTRACT
from data.date_precision import Precision
from data.errors import UsageError
from data.sources._cell_forms import ORDERS
from data.sources._column_readings import DeclaredDates
from data.sources._packed_files import ENCODINGS, TextOptions
from data.sources._record_files import DELIMITERS

FORMAT: Final = 1
"""The version of the page; it stands in its first line as `mapping = 1`."""

LARGEST: Final = 1_000_000
"""A mapping of more bytes is refused."""

_PRECISIONS: Final[tuple[Precision, ...]] = ("day", "month", "year")
_FILE_KEYS: Final = ("path", "delimiter", "encoding", "sheet", "dates", "join")
_TABLE_KEYS: Final = ("from", "where", "stints")


@dataclass(frozen=True)
class Join:
    """Another file whose row with the same key completes each row."""

    file: str
    on: str


@dataclass(frozen=True)
class MappedFile:
    """One file: where it lies in the records folder, how it is written, what its dates are, and what completes it."""

    name: str
    path: str
    options: TextOptions
    dates: Dictionary[str, DeclaredDates]
    join: Join | None


@dataclass(frozen=True)
class MappedColumn:
    """How a column's text comes from a row: an expression, and values in the place of others."""

    expression: str
    values: Dictionary[str, str] = field(default_factory=dict)
    otherwise: str | None = None


@dataclass(frozen=True)
class MappedTable:
    """How a table comes from a file: which rows, and each column. `stints` makes postings of dated rows."""

    name: str
    file: str
    columns: Dictionary[str, MappedColumn]
    where: str | None
    stints: str | None


@dataclass(frozen=True)
class RecordMapping:
    """A whole mapping, with the text it was read from."""

    place: str
    text: str
    files: Dictionary[str, MappedFile]
    tables: Dictionary[str, MappedTable]
    ids: frozenset[str]

    @property
    def sha256(self) -> str:
        """The digest of its text."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def fault(self, section: str, key: str | None, expected: str, found: str) -> UsageError:
        """Return the error for what stands in one line of it."""
        return _fault(self.place, self.text, section, key, expected, found)


def read_mapping(path: Path) -> RecordMapping:
    """Read a mapping from its file.

    Raises:
        UsageError: it cannot be read, or says what no mapping can say; the error names the line.
    """
    try:
        if path.stat().st_size > LARGEST:
            raise UsageError("The mapping is too large.", expected=f"at most {LARGEST:,} bytes", where=str(path))
        text = path.read_text(encoding="utf-8-sig")
        content = tomllib.loads(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError("The mapping cannot be read.", found=str(error)[:300], where=str(path)) from error
    return mapping_of(content, text=text, place=path.name)


def mapping_of(content: Dictionary[str, Any], *, text: str, place: str) -> RecordMapping:
    """Return the mapping that a TOML document declares.

    Raises:
        UsageError: it says what no mapping can say; the error names the line.
    """
    reader = _Reader(place, text)
    if content.get("mapping") != FORMAT:
        raise reader.fault("", "mapping", f"mapping = {FORMAT}", repr(content.get("mapping"))[:60])
    files = reader.files(content.get("files"))
    tables = {}
    for name, section in content.items():
        if name in ("mapping", "files", "ids"):
            continue
        if name not in CONTRACT.records or not isinstance(section, dict):
            raise reader.fault(name, None, f"a table of the contract: {', '.join(CONTRACT.records)}", name[:60])
        tables[name] = reader.table(name, section, files)
    if not tables:
        raise reader.fault("", None, "at least one table, such as [complaint]", "none")
    ids = content.get("ids", [])
    if not isinstance(ids, list) or not all(isinstance(i, str) for i in ids):
        raise reader.fault("", "ids", 'a list such as ["complaint"]', repr(ids)[:60])
    return RecordMapping(place, text, files, tables, frozenset(ids))


class _Reader:
    """Reads the parts of one mapping, and says in which line one is at fault."""

    def __init__(self, place: str, text: str) -> None:
        self._place, self._text = place, text

    def fault(self, section: str, key: str | None, expected: str, found: str) -> UsageError:
        return _fault(self._place, self._text, section, key, expected, found)

    def files(self, content: Any) -> dict[str, MappedFile]:
        if not isinstance(content, dict) or not content:
            raise self.fault(
                "", "files", 'a section [files] with lines such as cases = "cases.csv"', repr(content)[:60]
            )
        files = {name: self._file(name, given) for name, given in content.items()}
        for name, file in files.items():
            if file.join is not None and file.join.file not in files:
                raise self.fault("files", name, f"join with one of {', '.join(files)}", file.join.file[:60])
        return files

    def _file(self, name: str, given: Any) -> MappedFile:
        own = {"path": given} if isinstance(given, str) else given
        if not isinstance(own, dict) or not isinstance(own.get("path"), str) or not own["path"]:
            raise self.fault("files", name, 'a path in quotes, or { path = "..." }', repr(given)[:60])
        self._known(own, _FILE_KEYS, "files", name)
        path = own["path"]
        if path.startswith(("/", "\\")) or ".." in Path(path).parts or "\0" in path:
            raise self.fault("files", name, "a path inside the records folder", path[:60])
        return MappedFile(name, path, self._options(name, own), self._dates(name, own), self._join(name, own))

    def _options(self, name: str, own: Dictionary[str, Any]) -> TextOptions:
        delimiter, encoding, sheet = own.get("delimiter"), own.get("encoding", "utf-8"), own.get("sheet")
        if delimiter is not None and delimiter not in DELIMITERS:
            raise self.fault(
                "files", name, f"delimiter = one of {', '.join(map(repr, DELIMITERS))}", repr(delimiter)[:60]
            )
        if encoding not in ENCODINGS:
            raise self.fault("files", name, f"encoding = one of {', '.join(ENCODINGS)}", repr(encoding)[:60])
        if sheet is not None and not isinstance(sheet, str):
            raise self.fault("files", name, "sheet = a name in quotes", repr(sheet)[:60])
        return TextOptions(delimiter, encoding, sheet)

    def _dates(self, name: str, own: Dictionary[str, Any]) -> dict[str, DeclaredDates]:
        dates = own.get("dates", {})
        if not isinstance(dates, dict):
            raise self.fault("files", name, 'dates = { "a column" = "m/d/y" }', repr(dates)[:60])
        declared = {}
        for column, said in dates.items():
            words = said.split() if isinstance(said, str) else []
            order = next((o for o in ORDERS if o in words), None)
            precision = next((p for p in _PRECISIONS if p in words), None)
            if not words or len(words) != (order is not None) + (precision is not None):
                raise self.fault("files", name, f"one of {', '.join([*ORDERS, *_PRECISIONS])}, or two", repr(said)[:60])
            declared[str(column)] = DeclaredDates(order, precision)
        return declared

    def _join(self, name: str, own: Dictionary[str, Any]) -> Join | None:
        join = own.get("join")
        if join is None:
            return None
        if (
            not isinstance(join, dict)
            or set(join) != {"file", "on"}
            or not all(isinstance(v, str) for v in join.values())
        ):
            raise self.fault("files", name, 'join = { file = "cases", on = "case number" }', repr(join)[:60])
        if join["file"] == name:
            raise self.fault("files", name, "a join with another file", join["file"][:60])
        return Join(join["file"], join["on"])

    def table(self, name: str, section: Dictionary[str, Any], files: Dictionary[str, MappedFile]) -> MappedTable:
        file = section.get("from", next(iter(files)) if len(files) == 1 else None)
        if file not in files:
            raise self.fault(name, "from", f"from = one of {', '.join(files)}", repr(file)[:60])
        for key in ("where", "stints"):
            if key in section and not isinstance(section[key], str):
                raise self.fault(name, key, "a text in quotes", repr(section[key])[:60])
        if "stints" in section and name != "posting":
            raise self.fault(name, "stints", "stints only in [posting]", f"in [{name}]")
        table = CONTRACT[name]
        self._known(section, (*_TABLE_KEYS, *table.names), name, None)
        columns = {key: self._column(name, key, given) for key, given in section.items() if key not in _TABLE_KEYS}
        made = {table.key, *(("started_on", "ended_on", "known_on") if "stints" in section else ())}
        absent = [c.name for c in table.columns if not c.nullable and c.name not in columns and c.name not in made]
        if absent:
            raise self.fault(name, None, f"a line for each of {', '.join(absent)}, which may not be empty", "none")
        return MappedTable(name, file, columns, section.get("where"), section.get("stints"))

    def _column(self, table: str, name: str, given: Any) -> MappedColumn:
        if isinstance(given, str) and given.strip():
            return MappedColumn(given)
        wanted = 'a column or an expression in quotes, or { column = "...", values = { A = "a" } }'
        if not isinstance(given, dict) or not isinstance(given.get("column"), str):
            raise self.fault(table, name, wanted, repr(given)[:60])
        self._known(given, ("column", "values", "otherwise"), table, name)
        values, otherwise = given.get("values", {}), given.get("otherwise")
        if not isinstance(values, dict) or not all(isinstance(v, str) for v in values.values()):
            raise self.fault(table, name, wanted, repr(values)[:60])
        if otherwise is not None and not isinstance(otherwise, str):
            raise self.fault(table, name, "otherwise = a text in quotes", repr(otherwise)[:60])
        listed = CONTRACT[table].column[name].values
        for value in (*values.values(), *([otherwise] if otherwise is not None else ())):
            if listed and value not in ("", *listed):
                raise self.fault(table, name, f"values of the contract: {', '.join(listed)}", value[:60])
        return MappedColumn(given["column"], values, otherwise)

    def _known(self, section: Dictionary[str, Any], keys: tuple[str, ...], name: str, key: str | None) -> None:
        unknown = [k for k in section if k not in keys]
        if unknown:
            raise self.fault(name, key or unknown[0], f"one of {', '.join(keys)}", unknown[0][:60])


def _fault(place: str, text: str, section: str, key: str | None, expected: str, found: str) -> UsageError:
    return UsageError(
        "The mapping cannot be used.",
        expected=expected,
        found=found,
        where=f"{place}, line {line_of(text, section, key)}",
        hint="How a mapping is written is told in docs/how-to/public-records.md.",
    )


def open_points(text: str) -> tuple[tuple[int, str], ...]:
    """Return what a mapping leaves open, with the number of its line: comments that begin with `# open:`.

    Example:
        >>> open_points("mapping = 1\\n# open: rank: which column?")
        ((2, 'rank: which column?'),)
    """
    lines = enumerate(text.splitlines(), start=1)
    return tuple((n, found[1].strip()) for n, line in lines if (found := re.match(r"\s*#\s*open:(.*)", line)))


def line_of(text: str, section: str, key: str | None) -> int:
    """Return the number of the line in which a section of a TOML text, or a key of it, stands; 1 where neither does.

    Example:
        >>> line_of("mapping = 1\\n[files]\\na = 'a.csv'", "files", "a")
        3
    """
    inside, head = section == "", 1
    for number, line in enumerate(text.splitlines(), start=1):
        heading = re.match(r"\s*\[+\s*([^\]]+?)\s*\]+", line)
        if heading:
            inside = heading[1].strip("\"'") == section
            head = number if inside else head
        if inside and key and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=", line):
            return number
    return head
