"""How many rows each source took in, by the day they are about and the day they became known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import pyarrow as pa

from data.arrays import Integers
from data.calendar import day_number
from data.contract import CONTRACT
from data.date_precision import Precision, coarse_columns
from data.schema import Table
from data.store import Store
from features.compile.dialect import ROW, day, epoch_day

LOOK_BACK: Final = 730
"""How many days before an as-of date are looked at."""

_LISTS: Final = ("people", "declarations", "protected")
"""Categories whose tables list a state of affairs, not events: silence is normal in them."""


def streams() -> list[Table]:
    """Return the tables of which a steady flow of rows is to be expected."""
    return [t for t in CONTRACT if t.category not in _LISTS and t.known is not None]


@dataclass(frozen=True)
class Volumes:
    """Numbers of rows by the day they are about and the day they became known: three parallel arrays.

    Days are numbered from 1 January 1970.
    """

    occurred: Integers
    known: Integers
    rows: Integers

    def as_of(self, as_of: date) -> DatedVolumes:
        """Return the volumes as they stood at an as-of date."""
        now = day_number(as_of)
        past = (self.known < now) & (self.occurred < now)
        day = self.occurred[past]
        return DatedVolumes(now - day, np.maximum(self.known[past] - day, 0), self.rows[past])


@dataclass(frozen=True)
class DatedVolumes:
    """Volumes as they stood at an as-of date: how many days before it (1 is the day before), and how late each came."""

    age: Integers
    lag: Integers
    rows: Integers

    def before(self, days: int) -> DatedVolumes:
        """Return what lies more than so many days before the as-of date, dated from there."""
        earlier = self.age > days
        return DatedVolumes(self.age[earlier] - days, self.lag[earlier], self.rows[earlier])

    def in_periods(self, length: int) -> Integers:
        """Count all rows by periods of so many days, the latest first, the first one begun included."""
        return np.bincount((self.age - 1) // length, weights=self.rows).astype(np.int64)

    def by_period(self, length: int, *, within: int | None = None) -> Integers:
        """Count rows by whole periods of so many days, the latest first, as far as they reach back.

        `within` leaves out rows that became known more than so many days after the end of their period.
        """
        reach = min(int(self.age.max(initial=0)), LOOK_BACK) // length
        number = (self.age - 1) // length
        inside = number < reach
        if within is not None:
            inside &= self.lag <= self.age - 1 - number * length + within
        return np.bincount(number[inside], weights=self.rows[inside], minlength=reach).astype(np.int64)


def _spread(volumes: Volumes, precision: Precision) -> Volumes:
    """Spread rows that are dated by month or year over the days of it, as evenly as whole rows go.

    Written on one day of each month, they would make every other day look silent. A row is not known before its day.
    """
    parts = [_over_days(*row, precision) for row in zip(volumes.occurred, volumes.known, volumes.rows, strict=True)]
    columns = [np.concatenate([*(part[n] for part in parts), np.empty(0, dtype=np.int64)]) for n in range(3)]
    return Volumes(*columns)


def _over_days(occurred: int, known: int, rows: int, precision: Precision) -> tuple[Integers, Integers, Integers]:
    unit = "M" if precision == "month" else "Y"
    period = np.datetime64(int(occurred), "D").astype(f"datetime64[{unit}]")
    first, after = (
        period.astype("datetime64[D]").astype(np.int64),
        (period + 1).astype("datetime64[D]").astype(np.int64),
    )
    days = np.arange(first, after)
    shares = np.diff(np.arange(len(days) + 1) * int(rows) // len(days))
    held = shares > 0
    return days[held], np.maximum(days[held], known), shares[held]


def volumes(store: Store, table: Table, *, first: date, last: date) -> dict[int | None, Volumes]:
    """Count a table's rows for the whole force (None) and then, where it can be told, for each area in order of ids.

    Only rows known before `last`, the latest as-of date, are counted; `first` is the earliest.
    """
    present = store.tables("loaded")
    counts, step = _counts(table, last, area=None), f"{first}_to_{last}/gaps/{table.name}"
    by_area = _by_area(store, f"SELECT NULL AS area, {counts}", step=step)
    if "unit" in present and (_states_unit(table) or ("officer_id" in table.column and "posting" in present)):
        area = "CASE WHEN u.kind = 'team' THEN u.parent_unit_id ELSE u.unit_id END"
        of_areas = _by_area(store, f"SELECT {area} AS area, {_counts(table, last, area=area)}", step=f"{step}/areas")
        # Rows of no area are among the whole force's already; where all are, they are not all that it has.
        by_area |= {name: own for name, own in of_areas.items() if name is not None}
    precision = coarse_columns(store).get((table.name, str(table.occurred or table.known)), "day")
    return by_area if precision == "day" else {area: _spread(v, precision) for area, v in by_area.items()}


def _counts(table: Table, last: date, *, area: str | None) -> str:
    """Return the rest of the query that counts a table's rows by day and day known, and by area where one is given."""
    occurred = f"CAST({ROW}.{table.occurred or table.known} AS DATE)"
    known = f"CAST({ROW}.{table.known} AS DATE)"
    joins = []
    if area and _states_unit(table):
        joins = [f"JOIN loaded.unit AS u ON u.unit_id = {ROW}.unit_id"]
    elif area:
        # The officer's posting on the day tells the area. Which that was is known once row and posting both are.
        standing = f"p.started_on <= {occurred} AND (p.ended_on IS NULL OR p.ended_on >= {occurred})"
        joins = [
            f"JOIN loaded.posting AS p ON p.officer_id = {ROW}.officer_id AND {standing}",
            "JOIN loaded.unit AS u ON u.unit_id = p.unit_id",
        ]
        known = f"CASE WHEN p.known_on > {known} THEN p.known_on ELSE {known} END"
    lines = [
        f"{epoch_day(occurred)} AS occurred, {epoch_day(known)} AS known, count(*) AS n",
        f"FROM loaded.{table.name} AS {ROW}",
        *joins,
        f"WHERE {known} < {day(last)} AND {occurred} < {day(last)}",
        "GROUP BY 1, 2, 3",
    ]
    return "\n".join(lines)


def _states_unit(table: Table) -> bool:
    """Say whether every row states a unit; where only some may, the officer's posting tells of the others."""
    return "unit_id" in table.column and not table.column["unit_id"].optional


def _by_area(store: Store, query: str, *, step: str) -> dict[int | None, Volumes]:
    return store.kept(query, lambda: _volumes_by_area(store.arrow(query, step=step)))


def _volumes_by_area(counts: pa.Table) -> dict[int | None, Volumes]:
    columns = [np.asarray(counts[name].to_numpy(), dtype=np.int64) for name in ("occurred", "known", "n")]
    if counts["area"].null_count == len(counts):
        return {None: Volumes(*columns)}
    area = np.asarray(counts["area"].fill_null(-1).to_numpy(), dtype=np.int64)
    order = np.argsort(area, kind="stable")
    names, starts = np.unique(area[order], return_index=True)
    parts = zip(*(np.split(column[order], starts[1:]) for column in columns), strict=True)
    return {name: Volumes(*part) for name, part in zip(names.tolist(), parts, strict=True) if name != -1}
