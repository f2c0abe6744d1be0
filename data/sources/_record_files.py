"""Record files: kept inside their folder, hashed, and looked through before a database opens them."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import re
import shutil
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import IO, Final, cast

import numpy as np

from data.errors import InputRejected
from data.source import InputFile
from data.store import StatementFailed, Step, Store, literal

CHUNK: Final = 1 << 22
LONGEST_LINE: Final = 64 * 1024 * 1024
"""A text line of more bytes than this is taken for a broken file."""

LARGEST_EXPANSION: Final = 100
"""A packed file that unpacks to more than so many times its size is refused. Records unpack to 5 to 30 times theirs."""

SMALL_ENOUGH: Final = 64 * 1024 * 1024
"""Whatever its size, a file that unpacks to no more bytes than this is read."""

DELIMITERS: Final[Mapping[str, str]] = MappingProxyType({",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"})
"""What may separate the cells of a text file, each in words."""

_SHORTEST_BUFFER: Final = 32 * 1024 * 1024
_GLOB: Final = str.maketrans({"[": "[[]", "*": "[*]", "?": "[?]"})


@dataclass(frozen=True)
class TextFile:
    """A CSV file that was read through once: what it is, its header, delimiter, lines and longest line in bytes.

    `path` is where its text lies: a copy of its own where the file is packed in a way that the database cannot read.
    """

    path: Path
    input_file: InputFile
    header: tuple[str, ...]
    longest_line: int
    delimiter: str = ","
    lines: int = 0
    header_lines: int = 1

    @property
    def name(self) -> str:
        """The file's name relative to the records folder."""
        return self.input_file.name


def records_folder(folder: Path) -> Path:
    """Return the folder as an absolute path without links.

    Raises `InputRejected` when it is not there or is not a folder.
    """
    if not folder.is_dir():
        raise InputRejected(
            "The records folder cannot be opened.",
            expected="a folder with one file per table",
            found="a file" if folder.is_file() else "nothing there",
            where=str(folder),
        )
    return folder.resolve()


def inside(folder: Path, path: Path) -> Path:
    """Return the file a path leads to.

    Raises `InputRejected` when it leads out of the records folder or to something that is not a plain file.
    """
    target = path.resolve()
    if not target.is_relative_to(folder):
        raise InputRejected(
            f"The file {path.name} leads out of the records folder.",
            expected="a file inside the folder",
            found="a link to somewhere else",
            where=relative(folder, path),
            hint="Copy the file into the folder instead of linking to it.",
        )
    if not target.is_file():
        raise InputRejected(
            f"{path.name} is not a file.",
            expected="a plain file",
            found="a folder or a broken link",
            where=relative(folder, path),
        )
    return target


def relative(folder: Path, path: Path) -> str:
    """Return the path within the records folder, with forward slashes."""
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.name


def describe(folder: Path, path: Path) -> InputFile:
    """Return a file's name, SHA-256 and size."""
    digest = hashlib.sha256()
    size = 0
    with inside(folder, path).open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return InputFile(relative(folder, path), digest.hexdigest(), size)


def read_through(folder: Path, path: Path, *, delimiter: str | None = ",", plain: Path | None = None) -> TextFile:
    """Read a CSV file (plain or gzipped) once: hash it, check that it is UTF-8 text, and take its header.

    Its text lies in `plain` where that is given. Without a delimiter it is the one that the header shows.

    Raises `InputRejected`, naming file and line, for bytes that are not UTF-8, a NUL byte, a line over `LONGEST_LINE`,
    a truncated or foreign gzip file, one that unpacks to far more than records do, and an empty file.
    """
    input_file = describe(folder, path)
    look = _Look(input_file.name)
    size = 0
    text_path = plain or inside(folder, path)
    with _readable(input_file.name), _opened(text_path) as file:
        while chunk := file.read(CHUNK):
            size += len(chunk)
            check_expansion(input_file, size)
            look.at(chunk)
        look.end()
    with io.TextIOWrapper(_opened(text_path), encoding="utf-8-sig", newline="") as text:
        lines = text.readline()
    delimiter = delimiter or _delimiter(input_file.name, lines)
    with io.TextIOWrapper(_opened(text_path), encoding="utf-8-sig", newline="") as text:
        header, lines_of_header = _header(input_file.name, text, delimiter)
    return TextFile(plain or path, input_file, header, look.longest, delimiter, look.lines, lines_of_header)


def _delimiter(name: str, line: str) -> str:
    """Return what separates the cells of a header: the sign that makes more columns of it than any other.

    Raises `InputRejected`, with both readings, where two make as many.
    """
    counts = {sign: len(next(csv.reader([line], delimiter=sign), [])) for sign in DELIMITERS}
    most = max(counts.values())
    best = [sign for sign, count in counts.items() if count == most]
    if most > 1 and len(best) > 1:
        raise InputRejected(
            f"It is not clear what separates the cells of {name}.",
            expected="one of comma, semicolon, tab and bar, or one declared in a mapping",
            found=f"{most} columns by {' and as many by '.join(DELIMITERS[sign] for sign in best)}",
            where=f"{name}, line 1",
        )
    return best[0] if most > 1 else ","


def check_expansion(file: InputFile, unpacked: int) -> None:
    """Refuse a file that unpacks to far more bytes than records do, before they fill the memory.

    Raises:
        InputRejected: there are more than `LARGEST_EXPANSION` bytes for each byte of the file.

    Example:
        >>> check_expansion(InputFile("shift.csv.gz", "", 10_000_000), 300_000_000)
    """
    if unpacked > max(SMALL_ENOUGH, LARGEST_EXPANSION * file.bytes):
        raise InputRejected(
            f"The file {file.name} unpacks to far more than records do.",
            expected=f"at most {LARGEST_EXPANSION} times its size of {file.bytes:,} bytes",
            found=f"{unpacked:,} bytes or more",
            where=file.name,
            hint="Look at the file: it may be damaged, or made to fill a machine. If it is sound, unpack it first.",
        )


def stage_file(store: Store, statement: str, *, path: Path, name: str, step: str) -> None:
    """Run a statement whose `{file}` is the file, and keep it under a step name with the file's relative name."""
    store.run(statement.replace("{file}", file_literal(path)))
    store.steps.append(Step(step, statement.replace("{file}", literal(name))))


def file_literal(path: Path) -> str:
    """Return a file's path as a SQL literal that DuckDB does not take for a pattern."""
    return literal(str(path.resolve()).translate(_GLOB))


def csv_options(file: TextFile) -> str:
    """Return the arguments after the file name for DuckDB's `read_csv`: every cell as text, nothing guessed."""
    line = min(LONGEST_LINE, max(2_097_152, 2 * file.longest_line))
    columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in distinct_names(file.header))
    compression = "gzip" if file.path.name.endswith(".gz") else "none"
    return (
        f"header = true, auto_detect = false, delim = {literal(file.delimiter)}, quote = '\"', escape = '\"', "
        f"nullstr = '', strict_mode = true, null_padding = false, compression = '{compression}', "
        f"max_line_size = {line}, buffer_size = {max(_SHORTEST_BUFFER, line)}, columns = {{{columns}}}"
    )


def distinct_names(header: Sequence[str]) -> tuple[str, ...]:
    """Return names by which a database can tell the columns of a file apart: the header's, numbered where they repeat.

    Example:
        >>> distinct_names(["UID", "uid", ""])
        ('UID', 'uid (2)', 'column 3')
    """
    names: list[str] = []
    taken: set[str] = set()
    for position, cell in enumerate(header, start=1):
        name = cell or f"column {position}"
        while name.lower() in taken:
            name = f"{name} ({position})"
        taken.add(name.lower())
        names.append(name)
    return tuple(names)


def csv_rejected(name: str, failed: StatementFailed) -> InputRejected:
    """Return the error for a CSV file that the database could not take apart, in terms of the file."""
    message = str(failed.__cause__)
    line = re.search(r"CSV Error on Line: (\d+)", message)
    cells = re.search(r"Expected Number of Columns: (\d+) Found: (\d+)", message)
    expected, finding = "rows of comma-separated cells with one kind of line ending", "a row that is not"
    if cells:
        expected, finding = f"{cells[1]} cells in every row", f"a row with {cells[2]}"
    elif "unterminated quote" in message:
        expected, finding = "every quoted cell closed by a double quote", "one that is not"
    elif "Maximum line size" in message:
        expected, finding = f"rows of at most {LONGEST_LINE:,} bytes", "a longer one"
    return InputRejected(
        f"The file {name} is not well-formed CSV.",
        expected=expected,
        found=finding,
        where=f"{name}, line {line[1]}" if line else name,
    )


class _Look:
    """A running look at the bytes of a text file: which line, is it UTF-8, how long are the lines."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.lines = 0
        self._open = 0  # bytes since the last line break
        self._tail = b""  # the start of a character that a chunk cut in two
        self.longest = 0

    def at(self, chunk: bytes) -> None:
        self._decode(self._tail + chunk)
        # Counted in numpy: a loop over lines would be far slower.
        breaks = np.flatnonzero(np.frombuffer(chunk, dtype=np.uint8) == ord("\n"))
        if len(breaks):
            lengths = np.diff(breaks, prepend=-1)
            lengths[0] += self._open
            self.longest = max(self.longest, int(lengths.max()))
            self._open = len(chunk) - 1 - int(breaks[-1])
        else:
            self._open += len(chunk)
        self.longest = max(self.longest, self._open)
        self.lines += len(breaks)
        if self.longest > LONGEST_LINE:
            raise self._rejected(self.lines, f"lines of at most {LONGEST_LINE:,} bytes", "a longer one")

    def end(self) -> None:
        if self._tail:
            raise self._rejected(self.lines, "UTF-8 text", "half a character at the end of the file")

    def _decode(self, data: bytes) -> None:
        nul = data.find(b"\0")
        if nul >= 0:
            raise self._rejected(
                self.lines + data.count(b"\n", 0, nul), "UTF-8 text", "a NUL byte, as in UTF-16 or binary files"
            )
        try:
            data.decode("utf-8")
        except UnicodeDecodeError as error:
            # A character has at most four bytes: fewer at the end may go on in the next chunk.
            if len(data) - error.start < 4 and error.reason == "unexpected end of data":
                self._tail = data[error.start :]
                return
            line = self.lines + data.count(b"\n", 0, error.start)
            raise self._rejected(line, "UTF-8 text", f"the byte 0x{data[error.start]:02x}") from None
        self._tail = b""

    def _rejected(self, breaks_before: int, expected: str, finding: str) -> InputRejected:
        return InputRejected(
            f"The file {self._name} cannot be read as text.",
            expected=expected,
            found=finding,
            where=f"{self._name}, line {breaks_before + 1}",
            hint="Save the file again as CSV in UTF-8.",
        )


@contextmanager
def _readable(name: str) -> Iterator[None]:
    try:
        yield
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise InputRejected(
            f"The file {name} cannot be unpacked.",
            expected="a complete gzip file",
            found=f"{error}",
            where=name,
        ) from None


def _opened(path: Path) -> IO[bytes]:
    return cast("IO[bytes]", gzip.open(path, "rb")) if path.name.endswith(".gz") else path.open("rb")


def _header(name: str, text: IO[str], delimiter: str) -> tuple[tuple[str, ...], int]:
    reader = csv.reader(text, strict=True, delimiter=delimiter)
    try:
        header = next(reader, [])
    except csv.Error as error:
        raise InputRejected(
            f"The file {name} has no readable header row.",
            expected="column names separated by commas",
            found=str(error),
            where=f"{name}, line 1",
        ) from None
    if not any(cell.strip() for cell in header):
        raise InputRejected(
            f"The file {name} is empty.",
            expected="a header row with the column names, then one row per line",
            found="no header row",
            where=name,
        )
    return tuple(header), reader.line_num


def on_one_line(file: TextFile, plain: Path) -> TextFile:
    """Return a file whose header stands on one line: itself, or a copy in `plain` where headers have line breaks.

    Of a file whose lines end in CR and LF, and with a bare LF in a header, DuckDB reads no row, and says nothing.
    """
    if file.header_lines < 2:
        return file
    header = tuple(" ".join(cell.split()) for cell in file.header)
    with (
        io.TextIOWrapper(_opened(file.path), encoding="utf-8-sig", newline="") as text,
        plain.open("w", encoding="utf-8", newline="") as out,
    ):
        lines = [text.readline() for _ in range(file.header_lines)]
        end = "\r\n" if lines[-1].endswith("\r\n") else "\n"
        csv.writer(out, delimiter=file.delimiter, lineterminator=end).writerow(header)
        shutil.copyfileobj(text, out)
    return replace(file, path=plain, header=header, header_lines=1)
