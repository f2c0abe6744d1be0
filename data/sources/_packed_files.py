"""Files that are text only once they are unpacked or decoded: zip archives, spreadsheets, and older encodings.

Each becomes a plain UTF-8 file in a folder of its own that goes with the load. How large it may become is bounded.
"""

from __future__ import annotations

import codecs
import csv
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, time
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any, Final

from data.errors import InputRejected, UsageError
from data.source import InputFile
from data.sources._record_files import (
    CHUNK,
    TextFile,
    check_expansion,
    describe,
    inside,
    on_one_line,
    read_through,
    relative,
)

ENCODINGS: Final = ("utf-8", "cp1252", "latin-1", "utf-16")
"""The encodings of text that may be declared."""


@dataclass(frozen=True)
class TextOptions:
    """What is declared of a text file: its delimiter and encoding, and of a workbook the sheet; else what it shows."""

    delimiter: str | None = None
    encoding: str = "utf-8"
    sheet: str | None = None


USUAL: Final = TextOptions()
"""Nothing is declared."""


def check_readers(paths: Iterable[Path]) -> None:
    """Check that the packages which some files need are installed, before any of them is read.

    Raises:
        UsageError: a workbook is among them, and openpyxl is not installed.
    """
    workbooks = [path.name for path in paths if path.suffix.lower() == ".xlsx"]
    if workbooks and find_spec("openpyxl") is None:
        raise UsageError(
            "A package that these records need is not installed.",
            expected="the extra 'excel'",
            found="no openpyxl",
            where=", ".join(workbooks),
            hint='pip install "opencse[excel]", or save the sheets as CSV in UTF-8.',
        )


def open_text(root: Path, path: Path, *, work: Path, options: TextOptions = USUAL) -> TextFile:
    """Read a text file through, unpacked and decoded into the folder `work` where that is needed.

    Raises:
        InputRejected: it cannot be read as what it claims to be, or unpacks to far more than records do.
    """
    target, ending = inside(root, path), path.suffix.lower()
    plain = work / f"{len(list(work.iterdir()))}.csv"
    if ending == ".xlsx":
        _write_sheet(target, describe(root, path), plain, options)
    elif ending == ".zip":
        _unpack(target, describe(root, path), plain, options)
    elif options.encoding != "utf-8":
        _decode(target.open("rb"), plain, options.encoding, name=relative(root, path))
    else:
        return on_one_line(read_through(root, path, delimiter=options.delimiter), plain)
    text = read_through(root, path, delimiter=options.delimiter, plain=plain)
    return on_one_line(text, plain.with_suffix(".line.csv"))


def _unpack(path: Path, file: InputFile, plain: Path, options: TextOptions) -> None:
    with _archive(path, file) as archive:
        members = [m for m in archive.infolist() if not m.is_dir() and not m.filename.startswith("__MACOSX")]
        if len(members) != 1:
            raise InputRejected(
                f"The file {file.name} does not hold one file.",
                expected="one CSV file in each archive",
                found=f"{len(members)} files",
                where=file.name,
                hint="Unpack it, and hand in the files themselves.",
            )
        check_expansion(file, members[0].file_size)
        with archive.open(members[0]) as packed:
            _decode(packed, plain, options.encoding, name=file.name, file=file)


@contextmanager
def _archive(path: Path, file: InputFile) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError, EOFError, OSError, ValueError) as error:
        raise InputRejected(
            f"The file {file.name} cannot be unpacked.",
            expected="a complete archive without a password",
            found=str(error)[:200],
            where=file.name,
        ) from None


def _decode(packed: IO[bytes], plain: Path, encoding: str, *, name: str, file: InputFile | None = None) -> None:
    """Write bytes of an encoding as UTF-8; UTF-8 itself is copied, and looked through where it is read."""
    decoder = codecs.getincrementaldecoder(encoding)() if encoding != "utf-8" else None
    size = 0
    with packed, plain.open("wb") as out:
        while chunk := packed.read(CHUNK):
            size += len(chunk)
            if file is not None:
                check_expansion(file, size)
            out.write(chunk if decoder is None else _decoded(decoder, chunk, encoding, name, final=False))
        if decoder is not None:
            out.write(_decoded(decoder, b"", encoding, name, final=True))


def _decoded(decoder: codecs.IncrementalDecoder, chunk: bytes, encoding: str, name: str, *, final: bool) -> bytes:
    try:
        return decoder.decode(chunk, final).encode("utf-8")
    except UnicodeError as error:
        raise InputRejected(
            f"The file {name} cannot be read as text.",
            expected=f"text in {encoding}, as declared",
            found=str(error)[:200],
            where=name,
            hint="Declare the encoding it has, or save it again as CSV in UTF-8.",
        ) from None


def _write_sheet(path: Path, file: InputFile, plain: Path, options: TextOptions) -> None:
    """Write the declared sheet of a workbook, or its only one, as CSV."""
    with _archive(path, file) as archive:
        check_expansion(file, sum(member.file_size for member in archive.infolist()))
    from openpyxl import load_workbook

    try:
        book = load_workbook(path, read_only=True, data_only=True, keep_links=False)
    except Exception as error:  # whatever a library makes of a file that is none of its own
        raise _no_workbook(file, str(error)) from None
    try:
        sheet = _sheet(book, file, options)
        with plain.open("w", encoding="utf-8", newline="") as out:
            csv.writer(out).writerows([_cell(value) for value in row] for row in sheet.iter_rows(values_only=True))
    except InputRejected:
        raise
    except Exception as error:
        raise _no_workbook(file, str(error)) from None
    finally:
        book.close()


def _sheet(book: Any, file: InputFile, options: TextOptions) -> Any:
    names = [sheet.title for sheet in book.worksheets]
    if options.sheet is None and len(names) == 1:
        return book.worksheets[0]
    if options.sheet in names:
        return book[options.sheet]
    raise InputRejected(
        f"It is not clear which sheet of {file.name} holds the table.",
        expected="one sheet, or the name of one declared in a mapping",
        found=", ".join(name[:40] for name in names[:10]),
        where=file.name,
    )


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time(0) else value.isoformat(sep=" ")
    return str(value)


def _no_workbook(file: InputFile, message: str) -> InputRejected:
    return InputRejected(
        f"The file {file.name} cannot be read as a workbook.",
        expected="a workbook as spreadsheets save it (.xlsx)",
        found=message.splitlines()[0][:200] if message else "nothing readable",
        where=file.name,
    )
