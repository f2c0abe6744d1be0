"""What a reader should know of loaded records that violate no constraint and yet may not mean what they say."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date
from typing import Final

from data.constraints import LOADED
from data.contract import CONTRACT
from data.schema import EARLIEST_DAY, LATEST_DAY
from data.store import Store, quoted
from pipeline.known_days import bulk_end, known_days
from pipeline.load_report import ConstraintCount

SENTINELS: Final = (date(1900, 1, 1), date(1901, 1, 1), date(1970, 1, 1), date(2099, 12, 31))
"""Days that systems write for an unknown day or for one that has not come."""

LISTED: Final = 5
"""How many ids a note names."""


def record_notes(store: Store, *, present: Collection[str], counts: Collection[ConstraintCount]) -> tuple[str, ...]:
    """Return notes on what is loaded and on what its constraints counted; each names a table and says what to do.

    Example:
        >>> from data.sample_records import complete_rows, load_rows
        >>> rows = complete_rows({"officer": [{}], "posting": [{"officer_id": 1, "supervisor_id": 1}]})
        >>> with Store() as store:
        ...     load_rows(store, rows)
        ...     record_notes(store, present=rows, counts=())
        ('posting: 1 rows name the officer as their own supervisor; they are loaded as they are.',)
    """
    return (
        *_far_days(store),
        *_sentinels(store, present),
        *_outlying_days(counts),
        *_repeated_officers(counts),
        *(_rows_outside_service(store, frozenset(present)) if "officer" in present else ()),
        *_undated(store, present),
        *(_own_supervisors(store) if "posting" in present else ()),
        *(_unit_circles(store) if "unit" in present else ()),
    )


def _far_days(store: Store) -> Iterator[str]:
    days = known_days(store)
    end = bulk_end(days)
    beyond = [(day, count) for day, count in days if day > end]
    if beyond:
        yield (
            f"{sum(count for _, count in beyond)} rows became known only after {end}, far beyond all others, the last "
            f"on {beyond[-1][0]}: the default as-of date leaves them out. Correct these days, or name an as-of date."
        )


def _sentinels(store: Store, present: Collection[str]) -> Iterator[str]:
    for table in (table for table in CONTRACT if table.name in present):
        pairs = [(column.name, day) for column in table.columns if column.temporal for day in SENTINELS]
        if not pairs:
            continue
        items = ", ".join(
            f"count(*) FILTER (WHERE CAST({quoted(column)} AS DATE) = DATE '{day}')" for column, day in pairs
        )
        (counts,) = store.rows(f"SELECT {items} FROM {LOADED}.{quoted(table.name)}")
        for (column, day), count in zip(pairs, counts, strict=True):
            if count:
                yield (
                    f"{table.name}.{column}: {count} rows hold {day}, which often stands for an unknown or open day; "
                    "they are taken at their word. Leave such cells empty."
                )


_DATED: Final = (
    ("complaint", "outcome IS NOT NULL AND finalised_on IS NULL", "have an outcome and no finalised_on"),
    ("conduct_case", "outcome IS NOT NULL AND closed_on IS NULL", "have an outcome and no closed_on"),
    ("conduct_case", "opened_on IS NULL", "have no opened_on"),
)
"""Rows without a day that what they say would need: a table, the condition, and what is the matter."""


def _undated(store: Store, present: Collection[str]) -> Iterator[str]:
    for table, condition, says in _DATED:
        rows = store.value(f"SELECT count(*) FROM {LOADED}.{table} WHERE {condition}") if table in present else 0
        if rows:
            what = "they lie in no window" if condition.startswith("opened_on") else "the outcome is read nowhere"
            yield f"{table}: {rows} rows {says}: undated, they are loaded and {what}."


def _outlying_days(counts: Collection[ConstraintCount]) -> Iterator[str]:
    for count in counts:
        if count.violations and count.constraint.startswith("day("):
            yield (
                f"{count.table}.{count.constraint[4:-1]}: {count.violations} rows hold a day before {EARLIEST_DAY} or "
                f"from {LATEST_DAY} on and were quarantined. Where such a day stands for an unknown or open one, leave "
                "the cell empty."
            )


def _repeated_officers(counts: Collection[ConstraintCount]) -> Iterator[str]:
    for count in counts:
        if count.violations and (count.table, count.constraint) == ("officer", "unique(officer_id)"):
            yield (
                f"officer: {count.violations} rows share an officer_id. Somebody who left and returned is one row, "
                "with the first joined_on, and left_on empty while serving; each period of service is a posting."
            )


_OUTSIDE: Final = {
    "after their officer left": (
        "> o.left_on",
        "If the officer returned, leave left_on empty; the postings say when they served.",
    ),
    "before their officer joined": (
        "< o.joined_on",
        "They count, and no service stands beside them: see whether they are somebody else's.",
    ),
}
"""What lies outside an officer's service: where, the condition on the day, and what to do."""


def _rows_outside_service(store: Store, present: frozenset[str]) -> Iterator[str]:
    # What an officer declares, or is registered for, may well be older than the service.
    dated = [
        table
        for table in CONTRACT
        if table.name in present - {"officer"} and table.occurred and "officer_id" in table.column
        if table.category != "declarations"
    ]
    for where, (condition, advice) in _OUTSIDE.items():
        totals = {
            table.name: store.value(
                f"SELECT count(*) FROM {LOADED}.{quoted(table.name)} AS r JOIN {LOADED}.officer AS o USING"
                f" (officer_id) WHERE CAST(r.{quoted(str(table.occurred))} AS DATE) {condition}"
            )
            for table in dated
        }
        outside = {name: count for name, count in totals.items() if count}
        if outside:
            listed = ", ".join(f"{name} {count}" for name, count in outside.items())
            yield f"{sum(outside.values())} rows are dated {where} ({listed}). {advice}"


def _own_supervisors(store: Store) -> Iterator[str]:
    count = store.value(f"SELECT count(*) FROM {LOADED}.posting WHERE supervisor_id = officer_id")
    if count:
        yield f"posting: {count} rows name the officer as their own supervisor; they are loaded as they are."


def _unit_circles(store: Store) -> Iterator[str]:
    parents = dict(store.rows(f"SELECT unit_id, parent_unit_id FROM {LOADED}.unit ORDER BY unit_id"))
    units = units_in_circles(parents)
    if units:
        ids = ", ".join(map(str, units[:LISTED])) + (", …" if len(units) > LISTED else "")
        yield f"unit: {len(units)} units stand above themselves in a circle ({ids}); correct their parent_unit_id."


def units_in_circles(parents: Mapping[int, int | None]) -> list[int]:
    """Return the units that are met again when one climbs from them to their parents, in ascending order.

    Example:
        >>> units_in_circles({1: None, 2: 1, 3: 4, 4: 3, 5: 3})
        [3, 4]
    """
    circling: set[int] = set()
    finished: set[int] = set()
    for start in parents:
        path: dict[int, None] = {}
        unit: int | None = start
        while unit is not None and unit in parents and unit not in path and unit not in finished:
            path[unit] = None
            unit = parents[unit]
        if unit in path:
            climbed = list(path)
            circling.update(climbed[climbed.index(unit) :])
        finished.update(path)
    return sorted(circling)
