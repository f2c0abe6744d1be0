"""The promise of rules under a mutation: everybody leaves twice as many of a rule's rows, and nobody is of concern."""

from __future__ import annotations

import json
from pathlib import Path

from benchmarks.drawn_forces.forces import write_force
from benchmarks.drawn_forces.promises import FORCE_OF_A_CITY
from data.contract import CONTRACT
from data.store import Store
from data.synthetic.memory_world import MemoryWorld, make_world
from data.synthetic.world import load as load_world
from features.engine import compute_all
from features.gaps.source_gaps import examine
from pipeline.analysis import by_rules
from pipeline.compare import Selector
from pipeline.loading import load_records
from pipeline.settings import load

MUTATED = ("rate/expense_misdated", "rate/entry_missing", "rate/lookup_off_duty")
"""The draws that are doubled, one at a time: how often ordinary people leave the rows that some rule looks for."""

AS_DRAWN = "as drawn"


def measure_mutation(world: str, seed: int, *, people: int, folder: Path) -> None:
    """Keep how many people rules flag in one force with nothing planted, as drawn and with each rate doubled."""
    place = folder / "mutation" / f"{world}-null-{people}-{seed}.json"
    if place.exists():
        return
    drawn = load_world(f"{world}-null", people=people, seed=seed)
    rows = []
    for name in (AS_DRAWN, *MUTATED):
        doubled = {} if name == AS_DRAWN else {name: 2 * drawn.draw(name)}
        made = make_world(drawn.model_copy(update={"draws": drawn.draws | doubled}))
        rows.append({"rate": name, **_flagged(made)})
    write_force(place, {"people": people, "rates": rows})


def _flagged(made: MemoryWorld) -> dict[str, int]:
    """Return how many people rules flag, how many have a contradicted day, and how many such days there are."""
    settings, day = load(), made.world.ends_on
    with Store(threads=1) as store:
        load_records(made.records, store=store, check="trusted", tables=CONTRACT.readable)
        first = settings.indicators[:1]
        tables = compute_all(store, first, kinds=("officer",), as_ofs=[day], sources=examine(store, as_ofs=[day]))
        _, selected = by_rules(store, tables[day, "officer"], settings, Selector(settings))
    counts = [evidence.counts for one in selected for evidence in one.evidence]
    return {
        "flagged": len({flag.subject_id for one in selected for flag in one.flags}),
        "contradicted_people": len({n for c in counts for n in c.ids[c.hit_days > 0].tolist()}),
        "contradicted_days": sum(int(c.hit_days.sum()) for c in counts),
    }


def mutation_table(folder: Path, seeds: range) -> list[dict[str, object]]:
    """Return, for each rate, in how many forces anybody is flagged and how many of 46,000 people on average."""
    places = [path for path in sorted(folder.glob("*.json")) if int(path.stem.rsplit("-", 1)[1]) in seeds]
    forces = [json.loads(path.read_text("utf-8")) for path in places]
    rows = [{**row, "people": force["people"]} for force in forces for row in force["rates"]]
    return [
        {
            "rate": name,
            "forces": len(own),
            "any_flag": sum(row["flagged"] > 0 for row in own) / len(own),
            "innocent_of_a_city": sum(row["flagged"] / row["people"] for row in own) / len(own) * FORCE_OF_A_CITY,
            "contradicted_days": sum(row["contradicted_days"] for row in own) / len(own),
        }
        for name in (AS_DRAWN, *MUTATED)
        if (own := [row for row in rows if row["rate"] == name])
    ]
