"""A first mapping of a folder as TOML: what is certain enough to stand, and comments on what is open."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from data.errors import InputRejected
from data.mapping.draft.drafted_tables import DraftedColumn, DraftedTable, column_of, drafted_tables, unused
from data.mapping.draft.file_facts import FileContent, file_contents
from data.mapping.draft.words import meaning
from data.mapping.held_files import SCHEMA
from data.mapping.mapping_file import FORMAT, mapping_of
from data.progress import StageProgress
from data.schema import Column
from data.sources._cell_forms import fold
from data.store import Store

LISTED: Final = 8
"""How many values or headers a comment names."""

SPELLED_OUT: Final = 12
"""More values than this that nobody can place are not listed one by one."""


def draft_mapping(folder: Path, *, progress: StageProgress | None = None) -> str:
    """Return the text of a mapping for a folder, made of what its columns are called and hold.

    What is open stands in it as comments that begin with `# open:`; `opencse check` lists them.

    Raises:
        InputRejected: there is no folder or no file, or nothing in them looks like records.
    """
    tell = progress or (lambda _: None)
    with Store() as store, store.scratch(SCHEMA):
        files, faults = file_contents(folder, store=store, progress=tell)
        tell("Matching columns")
        tables = list(drafted_tables(files, store))
    if not tables:
        headers = [c.header for file in files for c in file.columns]
        raise InputRejected(
            "Nothing in these files looks like complaints, uses of force, postings or officers.",
            expected="columns that name officers, cases and days, such as officer_id, complaint_id, date_received",
            found=", ".join(_text(h) for h in headers[:30]) or "; ".join(f.summary for f in faults),
            where=str(folder),
            hint="Begin with a template: opencse mapping template.",
        )
    text = "\n".join([*_head(files, tables, faults), *(line for table in tables for line in _section(table))]) + "\n"
    mapping_of(tomllib.loads(text), text=text, place="the draft")
    return text


def _head(
    files: Sequence[FileContent], tables: Sequence[DraftedTable], faults: Sequence[InputRejected]
) -> Iterator[str]:
    read = {f.name for t in tables for f in (t.place.file, t.place.other) if f is not None}
    yield f"mapping = {FORMAT}"
    yield "# A draft, by what the files' columns are called and hold."
    yield "# What is open waits for you; delete a comment that is settled."
    yield "[files]"
    for file in (f for f in files if f.name in read):
        yield f"{file.name} = {_file(file, tables)}"
        headers = unused(file, tables)
        if headers:
            yield f"# not read of it: {_listed(headers)}"
    for file in (f for f in files if f.name not in read):
        yield f"# not read: {_text(file.path)}, with {_listed([c.header for c in file.columns])}"
    for fault in faults:
        yield f"# open: {_plain(fault.summary)}"


def _file(file: FileContent, tables: Sequence[DraftedTable]) -> str:
    parts = [f"path = {_text(file.path)}"]
    coarse = [c for c in file.columns if c.precision == "month"]
    if coarse:
        months = ", ".join(_text(c.header) + ' = "month"' for c in coarse)
        parts.append(f"dates = {{ {months} }}")
    place = next((t.place for t in tables if t.place.file is file and t.place.other is not None), None)
    if place is not None and place.other is not None:
        parts.append(f"join = {{ file = {_text(place.other.name)}, on = {_text(place.key)} }}")
    return _text(file.path) if len(parts) == 1 else f"{{ {', '.join(parts)} }}"


def _section(table: DraftedTable) -> Iterator[str]:
    yield f"[{table.name}]"
    yield f"from = {_text(table.place.file.name)}"
    if table.stints is not None:
        yield f"stints = {_text(table.stints)}"
    for line in table.columns:
        values, says = _values(column_of(table, line), line)
        for sentence in (line.open, *says):
            if sentence:
                yield f"# open: {line.name}: {sentence}"
        if values:
            yield f"{line.name} = {{ column = {_text(line.expression)}, {values} }}"
        else:
            yield f"{line.name} = {_text(line.expression)}"


def _values(column: Column, line: DraftedColumn) -> tuple[str, list[str]]:
    """Return the values of a line in the place of others, as TOML, and what is open about them."""
    if not column.values or line.content is None:
        return "", []
    means = {value: meaning(column, value) for value, _ in line.content.values}
    unplaced = [(value, count) for value, count in line.content.values if means[value] is None]
    rest = "other" if "other" in column.values else "" if column.nullable else column.values[-1]
    otherwise = ""
    if unplaced and ("other" in column.values or not column.nullable or len(unplaced) > SPELLED_OUT):
        otherwise = f"otherwise = {_text(rest)}"
    elif unplaced:
        means |= {value: "" for value, _ in unplaced}
    by_itself = {v for v, m in means.items() if m and not otherwise and _reads_itself(column, v)}
    pairs = [f"{_text(v)} = {_text(m)}" for v, m in means.items() if m is not None and v not in by_itself]
    parts = [f"values = {{ {', '.join(pairs)} }}" if pairs else "", otherwise]
    says = []
    if unplaced:
        named = ", ".join(f"{_text(value)} ({count:,})" for value, count in unplaced[:LISTED])
        more = f" and {len(unplaced) - LISTED} more" if len(unplaced) > LISTED else ""
        says = [f"{named}{more}: read as {_text(rest) if rest else 'nothing'}; the list has {', '.join(column.values)}"]
    return ", ".join(part for part in parts if part), says


def _reads_itself(column: Column, value: str) -> bool:
    return fold(value) in {fold(v) for v in column.values}


def _text(text: str) -> str:
    """Return a text as a TOML string on one line."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _plain(text: str) -> str:
    return _text(text)[1:-1]


def _listed(headers: Sequence[str]) -> str:
    return ", ".join(_text(h) for h in headers[:LISTED]) + (", …" if len(headers) > LISTED else "")
