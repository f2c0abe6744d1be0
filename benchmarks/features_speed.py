"""What features cost beside bare scans, beside the query that most people would write, and as a force grows.

    python benchmarks/features_speed.py [--people 5000 10000 46000] [--worlds DIR]

Worlds `met` of each size are generated, or taken from DIR/w<people>, and loaded into a database on disk without
validation. All indicators are computed at 12 firsts of a month. Measured, in processes of their own:

- `one_table`: the indicators of one table that need no other, over 3 windows, beside (`bare`) one scan that counts rows
  and adds up, or takes the largest of, every column that they read, by officer; beside (`same`) one query with the very
  counts of the indicators over all rows, without windows or dates; and beside (`joined`) the query that joins rows to
  as-of dates and filters by window, whose values must be equal;
- `stage`: all indicators of officers and units, beside the sum of the bare scans of all tables that they read, and
  beside the sum of one plain query (`single`) for each indicator, over its longest window, at one date;
- peak memory of the stage alone, and of records and stage in memory, as a run holds them.

Seconds are processor seconds, the least of several turns taken alternately: on a busy machine only these can be
compared. `wall` is what passed on the clock.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from _worlds import as_of_dates, load_records, write_result

from data.contract import CONTRACT
from data.store import Store
from features.compile.dialect import day, expression_sql
from features.compile.plain_query import plain_query
from features.engine import compute_all
from features.expression import fields
from features.gaps.source_gaps import examine
from features.indicator import Indicator
from features.indicators import indicators
from features.relation import OTHER

DATES = 12
SMALL = 10_000
"""Above this many people, what takes minutes is done once, and the plain queries are left out."""
WINDOWS = (30, 90, 365)
TABLES = ("shift", "system_access")
KINDS = ("officer", "unit")
PLAIN = {
    "BIGINT": "sum({})",
    "INTEGER": "sum({})",
    "DOUBLE": "max({})",
    "BOOLEAN": "count(*) FILTER (WHERE {})",
    "VARCHAR": "count({})",
    "DATE": "max({})",
    "TIMESTAMP": "max({})",
}


@dataclass(frozen=True)
class Cost:
    """Processor and wall-clock seconds."""

    cpu: float
    wall: float


def cost(work: Callable[[], Any]) -> Cost:
    before, started = resource.getrusage(resource.RUSAGE_SELF), time.perf_counter()
    work()
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_SELF)
    return Cost(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, wall)


def least(turns: int, **sides: Callable[[], Any]) -> dict[str, Cost]:
    """Run some pieces of work in turn, several times, and return the least that each took."""
    taken: dict[str, list[Cost]] = {name: [] for name in sides}
    for _ in range(turns):
        for name, work in sides.items():
            taken[name].append(cost(work))
    return {name: Cost(min(c.cpu for c in all_), min(c.wall for c in all_)) for name, all_ in taken.items()}


def columns_read(chosen: Sequence[Indicator]) -> dict[str, set[str]]:
    """Return the columns that indicators read of each table."""
    read: dict[str, set[str]] = {}
    for indicator in (i for i in chosen if i.aggregate != "formula"):
        own = read.setdefault(indicator.table, set())
        own |= {c for c in (indicator.source.known, *indicator.lookups.values()) if c}
        own |= {str(indicator.source.until)} if indicator.aggregate == "days" else set()
        for path in {path for e in indicator.expressions for path in fields(e)}:
            owner = indicator.joined.table if path[0] == OTHER and indicator.joined else path[0]
            (own if len(path) == 1 else read.setdefault(owner, set())).add(path[-1])
        for name in indicator.lookups:
            read.setdefault(name, set()).update({str(CONTRACT[name].key)})
        for related in indicator.relations:
            own |= related.own
            read.setdefault(related.table, set()).update({*related.others, str(related.target.known)})
    return read


def bare_query(name: str, columns: set[str]) -> str:
    table = CONTRACT[name]
    key = next(k for k in ("officer_id", "unit_id", str(table.key)) if k in table.column)
    items = ["count(*)", *(PLAIN[table.column[c].type].format(c) for c in sorted(columns - {key}))]
    return f"SELECT {key}, {', '.join(items)} FROM loaded.{name} GROUP BY {key}"


def _item(indicator: Indicator, extra: str) -> str:
    conditions = [expression_sql(indicator.where)] if indicator.where is not None else []
    value = expression_sql(indicator.value) if indicator.value is not None else "*"
    conditions += [extra] if extra else []
    what = {"distinct": "count(DISTINCT {})"}.get(indicator.aggregate, f"{indicator.aggregate}({{}})").format(value)
    return f"{what} FILTER (WHERE {' AND '.join(conditions)})" if conditions else what


def same_query(chosen: Sequence[Indicator]) -> str:
    """Return the query with the very counts of indicators over all rows of their table."""
    items = ", ".join(_item(i, "") for i in chosen)
    return f'SELECT officer_id, {items} FROM loaded.{chosen[0].table} AS "r" GROUP BY officer_id'


def joined_query(chosen: Sequence[Indicator], dates: Sequence[date]) -> str:
    """Return the query that most people would write: every row beside every date on which it can be seen."""
    moment = expression_sql(chosen[0].moment)
    known = f'"r".{chosen[0].source.known}'
    items = [f"{_item(i, f'{moment} >= a.as_of - {w}')} AS {i.name}__{w}" for i in chosen for w in i.windows]
    listed = ", ".join(f"({day(d)})" for d in dates)
    longest = max(w for i in chosen for w in i.windows)
    return (
        f'SELECT officer_id, a.as_of, {", ".join(items)}\nFROM loaded.{chosen[0].table} AS "r"'
        f" JOIN (VALUES {listed}) AS a(as_of)"
        f" ON {known} < a.as_of AND {moment} < a.as_of AND {moment} >= a.as_of - {longest}\nGROUP BY 1, 2"
    )


def plain_indicators(table: str) -> list[Indicator]:
    """Return the indicators of officers that read one table and no other."""
    own = [i for i in indicators().values() if i.table == table and i.subject == "officer"]
    return [replace(i, windows=WINDOWS) for i in own if i.tables == (table,) and not i.relations]


def one_table(store: Store, name: str, dates: Sequence[date], *, joined: bool) -> dict[str, Any]:
    """Return what the indicators of one table cost beside other ways of reading it."""
    chosen = plain_indicators(name)

    def engine() -> Any:
        return compute_all(store, chosen, kinds=["officer"], as_ofs=dates)

    sides: dict[str, Callable[[], Any]] = {
        "engine": engine,
        "bare": lambda: store.arrow(bare_query(name, columns_read(chosen)[name])),
        "same": lambda: store.arrow(same_query(chosen)),
    }
    found = least(2, **sides)
    if joined:
        found |= least(1, joined=lambda: _equal(store.arrow(joined_query(chosen, dates)), engine(), chosen, dates))
        found["joined"] = Cost(found["joined"].cpu - found["engine"].cpu, found["joined"].wall - found["engine"].wall)
    return {
        "indicators": [i.name for i in chosen],
        "rows": store.value(f"SELECT count(*) FROM loaded.{name}"),
        "cpu": {side: round(c.cpu, 2) for side, c in found.items()},
        "wall": {side: round(c.wall, 2) for side, c in found.items()},
        "engine_to_bare": round(found["engine"].cpu / found["bare"].cpu, 1),
        "engine_to_same": round(found["engine"].cpu / found["same"].cpu, 1),
        **({"joined_to_engine": round(found["joined"].cpu / found["engine"].cpu, 1)} if joined else {}),
    }


def _equal(rows: Any, tables: Any, chosen: Sequence[Indicator], dates: Sequence[date]) -> None:
    """Stop unless the joined query and the engine give the same values for everybody in service."""
    days = rows["as_of"].to_numpy().astype("datetime64[D]")
    ids = rows["officer_id"].to_numpy()
    for as_of in dates:
        table = tables[as_of, "officer"]
        at = np.flatnonzero(days == np.datetime64(as_of))
        order = at[np.argsort(ids[at])]
        place = np.searchsorted(ids[order], table.ids)
        there = (place < len(order)) & (ids[order][np.minimum(place, len(order) - 1)] == table.ids)
        for indicator in chosen:
            for window in indicator.windows:
                column = rows[f"{indicator.name}__{window}"].fill_null(0).to_numpy().astype(np.float64)[order]
                expected = np.zeros(len(table.ids))
                expected[there] = column[place[there]]
                found = np.nan_to_num(table.cells[indicator.name, window].value)
                if not np.array_equal(found, expected):
                    raise SystemExit(f"{indicator.name} over {window} days as of {as_of} differs from the joined query")


def stage(store: Store, dates: Sequence[date], people: int) -> dict[str, Any]:
    """Return what all indicators cost beside bare scans of what they read, and beside plain queries for one date."""
    chosen = list(indicators().values())
    read = columns_read(chosen)
    single = [plain_query(replace(i, windows=i.windows[-1:]), dates[-1]) for i in chosen if i.aggregate != "formula"]
    found = least(
        2 if people <= SMALL else 1,
        stage=lambda: compute_all(store, chosen, kinds=KINDS, as_ofs=dates),
        gaps=lambda: examine(store, as_ofs=dates),
    )
    found |= least(3, bare=lambda: [store.arrow(bare_query(name, columns)) for name, columns in sorted(read.items())])
    if people <= SMALL:
        found |= least(1, single=lambda: [store.arrow(query) for query in single])
    rows = sum(store.value(f"SELECT count(*) FROM loaded.{name}") for name in read)
    return {
        "indicators": len(chosen),
        "values": sum(len(i.windows) for i in chosen) * len(dates),
        "rows": rows,
        "cpu": {side: round(c.cpu, 2) for side, c in found.items()},
        "wall": {side: round(c.wall, 2) for side, c in found.items()},
        "rows_a_second": round(rows / found["stage"].wall),
        "stage_to_bare": round(found["stage"].cpu / found["bare"].cpu, 1),
        **({"stage_to_single": round(found["stage"].cpu / found["single"].cpu, 2)} if people <= SMALL else {}),
    }


def measure(what: str, people: int, records: Path, database: str) -> dict[str, Any]:
    """Measure one thing in this process."""
    ends_on = date.fromisoformat(json.loads((records.parent / "world.json").read_text("utf-8"))["ends_on"])
    dates = as_of_dates(ends_on, DATES)
    with Store(path=database, memory=None if database == ":memory:" else "4GB") as store:
        if "loaded" not in {name for (name,) in store.rows("SELECT schema_name FROM information_schema.schemata")}:
            load_records(store, records)
        if what == "memory":
            compute_all(store, list(indicators().values()), kinds=KINDS, as_ofs=dates)
            return {"peak_gb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2)}
        if what == "load":
            return {}
        found: dict[str, Any] = {"people": people, "stage": stage(store, dates, people)}
        found["one_table"] = {name: one_table(store, name, dates, joined=name == "shift") for name in TABLES}
        found["stage"]["cpu_milliseconds_a_person"] = round(1000 * found["stage"]["cpu"]["stage"] / people, 3)
        return found


def in_process_of_its_own(*arguments: str) -> dict[str, Any]:
    done = subprocess.run([sys.executable, __file__, "--measure", *arguments], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def of_size(people: int, worlds: Path | None) -> dict[str, Any]:
    """Return all measurements of a world of some size."""
    with tempfile.TemporaryDirectory() as folder:
        world = (worlds or Path(folder)) / f"w{people}"
        if not world.exists():
            from data.synthetic.generate import generate
            from data.synthetic.world import load

            generate(load("met", people=people), out=world, threads=2)
        records, database = str(world / "records"), str(Path(folder) / "records.duckdb")
        in_process_of_its_own("load", str(people), records, database)
        found = in_process_of_its_own("times", str(people), records, database)
        found["peak_gb"] = in_process_of_its_own("memory", str(people), records, database)["peak_gb"]
        found["peak_gb_with_records_in_memory"] = in_process_of_its_own("memory", str(people), records, ":memory:")[
            "peak_gb"
        ]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--people", type=int, nargs="+", default=[5_000, 10_000, 46_000])
    parser.add_argument("--worlds", type=Path)
    parser.add_argument("--measure", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        what, people, records, database = options.measure
        print(json.dumps(measure(what, int(people), Path(records), database)))
        return
    sizes = [of_size(people, options.worlds) for people in options.people]
    each = [s["stage"]["cpu_milliseconds_a_person"] for s in sizes]
    write_result("features_speed", {"growth_a_person": round(each[-1] / each[0], 2), "sizes": sizes})


if __name__ == "__main__":
    main()
