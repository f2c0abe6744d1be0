"""What the columns of files look like to somebody who sees them for the first time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, Literal

from data.date_precision import Precision
from data.errors import InputRejected
from data.mapping.held_files import HeldFile, hold_files
from data.mapping.mapping_file import MappedFile, RecordMapping
from data.progress import StageProgress
from data.sources._packed_files import USUAL
from data.sources._record_files import records_folder, relative
from data.sources.folder import FORMS, header_key
from data.store import Store, literal, quoted

ContentKind = Literal["days", "times", "numbers", "list", "texts", "nothing"]
"""What most cells of a column are: `list` are few texts that come again and again."""

MOST_VALUES: Final = 300
"""A column with more different texts is no list of values."""

MOST_FILES: Final = 40
"""Of a folder with more files than this the first are looked at, in the order of their names."""

FEWEST_ROWS: Final = 30
"""Fewer days that are all 15ths are not taken for months. Whether firsts are, loading says, which knows the table."""

_DAY: Final = r"(\d{4}-\d{2}-\d{2}|\d{8}|\d{4}-\d{2}|\d{1,4}[/.-]\d{1,2}[/.-]\d{1,4})([ T].*)?"
_SLASHED: Final = r"\d{1,2}[/.-]\d{1,2}[/.-](\d{4}|\d{2})([ T].*)?"
_TIME: Final = r"\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?( ?[AaPp][Mm])?"
_NUMBER: Final = r"[+-]?\d+(\.\d*)?"


@dataclass(frozen=True)
class ColumnContent:
    """One column of a file: its header, how many cells it has, of how many kinds, and what they look like.

    `values` are those of a list with their counts, the commonest first. `precision` is by what its days seem to be
    known. `ambiguous` days fit two orders of day and month.
    """

    header: str
    cells: int
    distinct: int
    kind: ContentKind
    values: tuple[tuple[str, int], ...]
    precision: Precision
    ambiguous: bool


@dataclass(frozen=True)
class FileContent:
    """One file: its name in a mapping, its path, its number of rows and its columns; `held` is where it is held."""

    name: str
    path: str
    rows: int
    columns: tuple[ColumnContent, ...]
    held: HeldFile

    def column(self, header: str) -> ColumnContent | None:
        """Return the column with a header, compared without capitals, blanks and signs."""
        return next((c for c in self.columns if header_key(c.header) == header_key(header)), None)


def file_contents(
    folder: Path, *, store: Store, progress: StageProgress
) -> tuple[list[FileContent], list[InputRejected]]:
    """Hold the files of a folder in a store, and return what they hold and the faults of those that cannot be read.

    Raises:
        InputRejected: there is no folder, or no file in it that records could stand in.
    """
    root = records_folder(folder)
    paths = [relative(root, path) for path in _paths(root)]
    if not paths:
        raise InputRejected(
            "The folder holds no file of records.",
            expected=f"files that end in {', '.join(FORMS)}",
            found=", ".join(sorted(path.name for path in root.iterdir())[:10]) or "an empty folder",
            where=str(folder),
        )
    names = _names(paths)
    files = {name: MappedFile(name, path, USUAL, {}, None) for name, path in zip(names, paths, strict=True)}
    faults: list[InputRejected] = []
    mapping = RecordMapping("a draft", "", files, {}, frozenset())
    with TemporaryDirectory(prefix="opencse-text-") as work:
        held = hold_files(mapping, root, work=Path(work), store=store, progress=progress, on_fault=faults.append)
    return [_content(store, file) for file in held.values()], faults


def _paths(root: Path) -> list[Path]:
    paths = (path for path in sorted(root.rglob("*")) if path.is_file() and path.name.lower().endswith(FORMS))
    return [path for path in paths if not any(part.startswith(".") for part in path.relative_to(root).parts)][
        :MOST_FILES
    ]


def _names(paths: Iterable[str]) -> list[str]:
    """Return a name for each file that TOML takes without quotes, each another."""
    names: list[str] = []
    for path in paths:
        stem = header_key(Path(path).name.split(".")[0])[:40] or "file"
        taken = sum(name == stem or name.startswith(f"{stem}_") for name in names)
        names.append(f"{stem}_{taken + 1}" if taken else stem)
    return names


def _content(store: Store, held: HeldFile) -> FileContent:
    rows = int(store.value(f"SELECT count(*) FROM {held.relation}"))
    columns = tuple(
        _column(store, held, header, name) for header, name in zip(held.headers, held.names, strict=True) if header
    )
    return FileContent(held.file.name, held.file.path, rows, columns, held)


def _column(store: Store, held: HeldFile, header: str, name: str) -> ColumnContent:
    cell = quoted(name)
    (row,) = store.rows(f"SELECT {', '.join(_items(cell))} FROM {held.relation}")
    cells, distinct, days, times, numbers, slashed, first, second, fifteenths = (int(v or 0) for v in row)
    kind = _kind(cells, distinct, days, times, numbers)
    return ColumnContent(
        header,
        cells,
        distinct,
        kind,
        tuple(_values(store, held, cell)) if kind == "list" else (),
        "month" if kind == "days" and cells == fifteenths >= FEWEST_ROWS else "day",
        kind == "days" and slashed == cells and first <= 12 and second <= 12,
    )


def _items(cell: str) -> Iterator[str]:
    yield f"count({cell})"
    yield f"count(DISTINCT {cell})"
    for pattern in (_DAY, _TIME, _NUMBER, _SLASHED):
        yield f"count(*) FILTER (WHERE regexp_full_match({cell}, {literal(pattern)}))"
    for part in (1, 2):
        number = f"regexp_extract({cell}, '^(\\d{{1,2}})[/.-](\\d{{1,2}})[/.-]', {part})"
        yield f"max(TRY_CAST({number} AS INTEGER))"
    yield f"count(*) FILTER (WHERE regexp_full_match({cell}, '\\d{{4}}-\\d{{2}}-15([ T].*)?'))"


def _kind(cells: int, distinct: int, days: int, times: int, numbers: int) -> ContentKind:
    if not cells:
        return "nothing"
    most = 0.95 * cells
    if days >= most and numbers < most:
        return "days"
    if times >= most:
        return "times"
    if distinct <= MOST_VALUES and distinct < max(3, cells / 2):
        return "list"
    return "numbers" if numbers >= most else "texts"


def _values(store: Store, held: HeldFile, cell: str) -> Iterator[tuple[str, int]]:
    query = f"SELECT {cell}, count(*) AS n FROM {held.relation} WHERE {cell} IS NOT NULL GROUP BY 1 ORDER BY n DESC, 1"
    for value, count in store.rows(query):
        yield str(value), int(count)


def share_found(store: Store, file: FileContent, other: FileContent, header: str) -> float:
    """Return the share of one file's values in a column that stand in another's column of the same header."""
    own, key = file.held.find(header), other.held.find(header)
    if own is None or key is None:
        return 0.0
    found = f"{quoted(own)} IN (SELECT {quoted(key)} FROM {other.held.relation})"
    return float(store.value(f"SELECT coalesce(avg(CAST({found} AS INTEGER)), 0) FROM {file.held.relation}"))
