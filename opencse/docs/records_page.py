"""The page `docs/records.md`, written from the contract so that the two cannot disagree.

`python -m opencse.docs` writes it.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from pathlib import Path

from data.contract import CONTRACT
from data.errors import UsageError
from data.schema import EARLIEST_DAY, LATEST_DAY, Column, Contract, Table

PAGE = Path("docs/records.md")
"""Where the page stands, seen from the top of the repository."""

_CONVENTIONS = f"""\
## Conventions

- One file for each table in one folder: `<table>.parquet`, `<table>.csv` or `<table>.csv.gz`. A table may be absent:
  what needs it is skipped, and the run says so.
- Ids are 64-bit integers, unique within their table, and carry no meaning.
- Times are local wall-clock times without zone. Minutes are whole numbers; money is in whole pence.
- Every date lies on or after {EARLIEST_DAY} and before {LATEST_DAY}. An open end is null, never a far date.
- `known_on` is the first day on which the force's systems held the row. It is never null. At an as-of date only rows
  with `known_on` before that date exist.
- A column that is filled in later than its row reads as null until its own day has passed: see *known from*. A column
  marked *never* reads as null always, because nobody recorded the day on which it was filled in.
- A closed list of values is part of the contract. Any other value sends the row to quarantine.
- A *reference* must be a key of the table it names, or the row goes to quarantine. A *loose reference* may dangle (the
  row it points to may have been deleted or never extracted): it is counted, and no row is lost for it.
- Every row can be cited as evidence by its table and primary key.
- Every table, and where stated a single column, belongs to a data category. `models/purposes.toml` says which category
  may feed which concern. The category `protected` feeds nothing but audits; `truth` exists only in synthetic worlds
  and is read by nothing but evaluation.
"""


def records_page(contract: Contract = CONTRACT) -> str:
    """Return the whole page in Markdown, ending in a newline.

    Example:
        >>> records_page().splitlines()[0]
        '# The officer-record contract, version 1'
    """
    tables = [*contract.records.values(), *contract.truth.values()]
    count = (
        f"{len(contract.records)} tables of records, and {len(contract.truth)} of ground truth that only a synthetic "
        "world has, in a folder of their own."
    )
    parts = [
        f"# The officer-record contract, version {contract.version}",
        "Written from `data/contract.py` by `python -m opencse.docs`. Do not edit it here.",
        count,
        _CONVENTIONS.rstrip(),
        "## Overview",
        _grid(("table", "holds", "category", "key"), (_overview_row(table) for table in tables)),
    ]
    for section, members in groupby(tables, key=lambda table: table.section):
        parts.append(f"## {section[:1].upper()}{section[1:]}")
        parts += [_table_part(table) for table in members]
    ddl = "\n\n".join(table.ddl() for table in tables)
    parts.append(f"## The contract in SQL\n\n```sql\n{ddl}\n```")
    return "\n\n".join(parts) + "\n"


def write(page: Path = PAGE) -> None:
    """Write the page.

    Raises `UsageError` when its folder is not there.
    """
    if not page.parent.is_dir():
        raise UsageError(
            "The page of the record contract cannot be written.",
            expected=f"a folder {page.parent}",
            found=f"none in {Path.cwd().name}",
            hint="Run this at the top of the repository, or name the page to write.",
        )
    page.write_text(records_page(), encoding="utf-8")


def _overview_row(table: Table) -> tuple[str, ...]:
    return f"[`{table.name}`](#{table.name})", table.doc, table.category, _code(table.key)


def _table_part(table: Table) -> str:
    facts = [
        ("category", table.category + (": **audits only**" if table.audit_only else "")),
        ("key", _code(table.key)),
        ("happened", _code(table.occurred)),
        ("ended", _code(table.until)),
        ("known", _code(table.known) or "always: a reference table"),
        ("order", ", ".join(f"`{a}` <= `{b}`" for a, b in table.orders)),
    ]
    listed = "\n".join(f"- {label}: {fact}" for label, fact in facts if fact)
    columns = _grid(
        ("column", "type", "null", "values", "known from", "note"), (_column_row(table, c) for c in table.columns)
    )
    return f"### {table.name}\n\n{table.doc}\n\n{listed}\n\n{columns}"


def _column_row(table: Table, column: Column) -> tuple[str, ...]:
    return (
        f"`{column.name}`",
        column.type,
        "may be" if column.nullable else "",
        _values(column),
        _known_from(column),
        _note(table, column),
    )


def _values(column: Column) -> str:
    if column.values:
        return ", ".join(f"`{value}`" for value in column.values)
    if column.references:
        kind = "" if column.enforced else "loose "
        return f"{kind}reference to [`{column.references}`](#{column.references})"
    bounds = [
        f"{sign} {bound:g}"
        for sign, bound in ((">", column.above), (">=", column.minimum), ("<=", column.maximum))
        if bound is not None
    ]
    return " and ".join(bounds)


def _known_from(column: Column) -> str:
    if not column.usable:
        return "never"
    if column.known_from is None:
        return ""
    return "its own day" if column.known_from == column.name else f"`{column.known_from}`"


def _note(table: Table, column: Column) -> str:
    own = f"category {column.category}" if column.category not in (None, table.category) else ""
    return "; ".join(part for part in (column.doc, own) if part)


def _code(name: str | None) -> str:
    return f"`{name}`" if name else ""


def _grid(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
