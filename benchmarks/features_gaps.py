"""What the search for source gaps and changes of practice finds, and what it finds where there is nothing.

    python benchmarks/features_gaps.py [--seeds 5]

Worlds of 2,000 people know in which days each cell's log of look-ups was silent. Against that are set: gaps listed
where none was planted, planted gaps found, by length, and changes listed and planted. Then, in the world `null`, each
source is silenced on purpose, in the whole force and in one area, for some days at several places in time.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from _worlds import load_records, write_result

from data.calendar import day_of
from data.schema import Table
from data.store import Store
from data.synthetic.build import build_parts
from data.synthetic.cell_records import CellRecords
from data.synthetic.generate import generate
from data.synthetic.world import World, load
from features.gaps.source_gaps import examine
from features.gaps.sources import Sources
from features.gaps.volumes import streams

WORLDS = ("null", "demo", "dirty", "policy_change")
LENGTHS = (1, 3, 7, 14, 28)
PLACES = (400, 300, 203, 95, 30)
"""How many days before the as-of date a silence begins."""


@contextmanager
def opened(world: World) -> Iterator[tuple[Store, date]]:
    """Generate a world and load it; rows that break the contract are left out, since nothing here checks them."""
    clean = world.model_copy(update={"recording": world.recording.model_copy(update={"broken": 0.0})})
    with tempfile.TemporaryDirectory() as folder, Store() as store:
        made = generate(clean, out=Path(folder) / "world")
        load_records(store, made.records)
        yield store, made.ends_on


def planted(world: World) -> dict[int, list[tuple[date, date]]]:
    """Return the silences of the log of look-ups in each area that is one cell."""
    parts = build_parts(world)
    structure = parts.force.structure
    cells: dict[int, set[int]] = {}
    for area, cell in zip(structure.team_area.tolist(), structure.team_cell.tolist(), strict=True):
        cells.setdefault(area, set()).add(cell)
    found = {}
    for area, own in cells.items():
        (cell,) = own
        scene = CellRecords(
            world=world,
            force=parts.force,
            calendar=parts.calendar,
            cell=cell,
            posts=structure.team_area[:0],
            home=structure.team_area[:0],
            streams=parts.streams.part("cell", cell),
        )
        spans = [(_date(first), _date(last)) for first, last in scene.gaps.tolist()]
        found[int(structure.area_unit[area])] = [(a, b) for a, b in spans if a < world.ends_on]
    return found


def _date(number: int) -> date:
    return day_of(number)


def compare(name: str, seeds: int) -> dict[str, Any]:
    """Return what is found in some worlds beside what is there."""
    there, seen, false, changes = Counter[int](), Counter[int](), Counter[str](), Counter[str]()
    for seed in range(1, seeds + 1):
        world = load(name, seed=seed)
        truth = planted(world)
        with opened(world) as (store, ends_on):
            found = examine(store, as_ofs=[ends_on])
        spans = {area: [(g.first, g.last) for g in found.gaps if g.area in (area, None)] for area in truth}
        for area, silences in truth.items():
            for first, last in silences:
                there[(last - first).days + 1] += 1
                seen[(last - first).days + 1] += any(a <= last and first <= b for a, b in spans[area])
        false.update(g.table for g in found.gaps if not _true(g.table, g.area, g.first, g.last, truth))
        changes.update(f"{c.table} {'force' if c.area is None else 'area'} {c.since}" for c in found.changes)
    return {
        "worlds": seeds,
        "gaps_planted": sum(there.values()),
        "gaps_found": sum(seen.values()),
        "found_by_days": {days: f"{seen[days]} of {there[days]}" for days in sorted(there)},
        "false_gaps": sum(false.values()),
        "false_gaps_by_source": dict(false),
        "changes": dict(changes),
    }


def _true(table: str, area: int | None, first: date, last: date, truth: dict[int, list[tuple[date, date]]]) -> bool:
    spans = truth.get(area, []) if table == "system_access" and area is not None else []
    return any(a <= last and first <= b for a, b in spans)


def silence() -> dict[str, Any]:
    """Return how often a silence of so many days is found, by source, in the whole force and in one area."""
    found: dict[str, Any] = {}
    with opened(load("null")) as (store, ends_on):
        area = store.value("SELECT min(unit_id) FROM loaded.unit WHERE kind = 'borough'")
        store.run("CREATE SCHEMA whole")
        for table in streams():
            store.run(f"CREATE TABLE whole.{table.name} AS FROM loaded.{table.name}")
            store.run(f"DROP TABLE loaded.{table.name}")
        for table in streams():
            found[table.name] = {
                where: {str(days): _silenced(store, table, ends_on, days, only) for days in LENGTHS}
                for where, only in (("force", None), ("area", area))
            }
            store.run(f"DROP TABLE loaded.{table.name}")
    return found


def _silenced(store: Store, table: Table, ends_on: date, days: int, area: int | None) -> str:
    """Take so many days out of a source, at each place in turn, and return how often that is found."""
    moment, hits = f"CAST({table.occurred or table.known} AS DATE)", 0
    for place in PLACES:
        first = ends_on - timedelta(days=place)
        last = first + timedelta(days=days - 1)
        inside = f"{moment} BETWEEN DATE '{first}' AND DATE '{last}'"
        if area is not None:
            inside += f" AND {_in_area(table, area, moment)}"
        kept = f"FROM whole.{table.name} WHERE NOT ({inside})"
        store.run(f"CREATE OR REPLACE TABLE loaded.{table.name} AS {kept}")
        hits += _hit(examine(store, as_ofs=[ends_on]), area, first, last)
    return f"{hits} of {len(PLACES)}"


def _in_area(table: Table, area: int, moment: str) -> str:
    teams = f"SELECT unit_id FROM loaded.unit WHERE unit_id = {area} OR parent_unit_id = {area}"
    if "unit_id" in table.column:
        return f"unit_id IN ({teams})"
    return (
        f"officer_id IN (SELECT officer_id FROM loaded.posting WHERE unit_id IN ({teams})"
        f" AND started_on <= {moment} AND (ended_on IS NULL OR ended_on >= {moment}))"
    )


def _hit(found: Sources, area: int | None, first: date, last: date) -> bool:
    return any(g.area == area and g.first <= last and first <= g.last for g in found.gaps)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args()
    worlds = {name: compare(name, options.seeds) for name in WORLDS}
    write_result("features_gaps", {"worlds": worlds, "silenced_days": silence()})


if __name__ == "__main__":
    main()
