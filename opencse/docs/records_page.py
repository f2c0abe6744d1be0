"""The page of the record contract, written from the contract so that the two cannot disagree."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any, Final

from data.contract import CONTRACT
from data.schema import EARLIEST_DAY, LATEST_DAY, Column, Contract, Table
from opencse.docs.markdown import code, render

PAGE: Final = "docs/records.md"


def records_page(contract: Contract = CONTRACT) -> str:
    """Return the page in Markdown, ending in a newline.

    Example:
        >>> records_page().splitlines()[0]
        '# The officer-record contract, version 3'
    """
    tables = [*contract.records.values(), *contract.truth.values()]
    return render(
        "records.md.jinja",
        contract=contract,
        earliest=EARLIEST_DAY,
        latest=LATEST_DAY,
        overview=[_overview_row(table) for table in tables],
        sections=[
            (section[:1].upper() + section[1:], [_member(table) for table in members])
            for section, members in groupby(tables, key=lambda table: table.section)
        ],
        ddl="\n\n".join(table.ddl() for table in tables),
    )


def _overview_row(table: Table) -> tuple[str, ...]:
    return f"[`{table.name}`](#{table.name})", table.doc, table.category, code(table.key)


def _member(table: Table) -> dict[str, Any]:
    columns = [_column_row(table, column) for column in table.columns]
    return {"table": table, "facts": list(_facts(table)), "columns": columns}


def _facts(table: Table) -> Iterator[tuple[str, str]]:
    facts = [
        ("category", table.category + (": **audits only**" if table.audit_only else "")),
        ("key", code(table.key)),
        ("happened", code(table.occurred)),
        ("ended", code(table.until)),
        ("known", code(table.known) or "always: a reference table"),
        ("order", ", ".join(f"`{earlier}` <= `{later}`" for earlier, later in table.orders)),
    ]
    yield from ((label, fact) for label, fact in facts if fact)


def _column_row(table: Table, column: Column) -> tuple[str, ...]:
    return (
        code(column.name),
        column.type,
        "may be" if column.nullable else "",
        _values(column),
        _known_from(column),
        _note(table, column),
    )


def _values(column: Column) -> str:
    if column.values:
        return ", ".join(code(value) for value in column.values)
    if column.references:
        kind = "" if column.enforced else "loose "
        return f"{kind}reference to [`{column.references}`](#{column.references})"
    bounds = (">", column.above), (">=", column.minimum), ("<=", column.maximum)
    return " and ".join(f"{sign} {bound:g}" for sign, bound in bounds if bound is not None)


def _known_from(column: Column) -> str:
    if not column.usable:
        return "never"
    if column.known_from is None:
        return ""
    return "its own day" if column.known_from == column.name else code(column.known_from)


def _note(table: Table, column: Column) -> str:
    own = f"category {column.category}" if column.category not in (None, table.category) else ""
    return "; ".join(part for part in (column.doc, own) if part)
