"""A published week, replayed over drawn forces: how many people of each kind of list are innocent at least.

    python benchmarks/the_week.py [--people 46000] [--seeds 13 14] [--months 12] [--folder build/week]
    python benchmarks/the_week.py --report

The Metropolitan Police named about 685 of 46,000 people after a week, by kind. For each kind the rule or detector
here that is nearest to it ranks everybody in a drawn force, and as many are taken as the published list is of its
force. Who is innocent is known, because everything in these forces was drawn. Beside stand forces in which nobody did
anything. Every rule runs, because what is ordinary is learned over all of them, and of the detectors the one that is
needed: everybody has the very scores of a whole run. A force is written once, and read from its files as it is needed,
so that 46,000 people fit into little memory. One file a force, so that what was interrupted goes on; `--report` writes
`benchmarks/results/the_week.json` from all that was measured.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import opencse
from benchmarks._worlds import view_records, write_result
from data.store import Store, literal
from pipeline.settings import over_defaults
from pipeline.trial import try_store

FORCE = 46_000
"""How many people the published list is of: officers and staff."""


@dataclass(frozen=True)
class Kind:
    """One kind of the published list: how many people, and the nearest evidence here and pattern planted."""

    name: str
    people: int
    by: tuple[str, ...]
    typologies: tuple[str, ...]


KINDS = (
    Kind(
        "roster system abused for gain",
        98 + 500,
        ("self_edit_without_trace", "overtime_without_trace", "self_rostered_tour"),
        ("roster_self_editing", "holiday_swapping"),
    ),
    Kind("office attendance", 42, ("office_day_without_entry",), ("false_office_attendance",)),
    Kind(
        "association not declared",
        12 + 30,
        ("undeclared_interest",),
        ("undeclared_interest", "undeclared_membership"),
    ),
    Kind(
        "abuse of position, misuse of systems",
        3,
        ("repeated_lookup_off_duty", "lookup_not_attended", "pairs"),
        ("abuse_of_position", "unlinked_lookups", "disclosure"),
    ),
)


WORLDS = ("drawn", "drawn-null")

SETTINGS = {"features": {"indicators": ["repeat_lookups"]}, "models": {"detectors": ["pairs"]}}
"""All rules, and of detectors and indicators what ranks the kinds above."""


def written(world: str, seed: int, people: int, months: int, folder: Path) -> Path:
    """Return the folder of a force, made now or before."""
    out = folder / f"world-{world}-{seed}-{people}-{months}"
    if not out.exists():
        opencse.generate(opencse.load_world(world, seed=seed, people=people, months=months), out=out)
    return out


def scores_of(records: Path) -> pd.DataFrame:
    """Return what the rules, and the detectors needed, say of everybody: the scores of a whole run, bit by bit."""
    with Store(threads=1, memory="2GB") as store:
        store.run(f"SET temp_directory = {literal(str(records.parent / 'spill'))}")  # gone with the force
        view_records(store, records)
        settings = over_defaults(SETTINGS, where=__file__)
        scores = try_store(store, settings=settings, contributions=False).scores.to_pandas()
    names = {name for kind in KINDS for name in kind.by}
    return scores[(scores["subject_kind"] == "officer") & scores["detector"].isin(names)]


def measure(world: str, seed: int, people: int, months: int, folder: Path) -> dict[str, Any]:
    """Return, for one force, what lists of the published make-up hold, and what it took to say so."""
    began = time.perf_counter(), time.process_time()
    force = written(world, seed, people, months, folder)
    scores = scores_of(force / "records")
    scores = scores[scores["score"] > 0]
    truth = pd.read_parquet(force / "truth" / "truth_subject.parquet")
    truth = truth[truth["subject_kind"] == "officer"]
    standards = set(truth.loc[truth["concern"] == "standards", "subject_id"])
    kinds = [of_kind(kind, scores, truth, standards, people) for kind in KINDS]
    listed = {subject for kind in kinds for subject in kind.pop("who")}
    return {
        "world": world,
        "generator": json.loads((force / "world.json").read_text(encoding="utf-8"))["generator"],
        "seed": seed,
        "people": people,
        "months": months,
        "planted_standards": len(standards),
        "kinds": kinds,
        "listed": len(listed),
        "listed_innocent": len(listed - standards),
        "seconds": round(time.perf_counter() - began[0], 1),
        "processor_seconds": round(time.process_time() - began[1], 1),
        "peak_gb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
    }


def of_kind(kind: Kind, scores: pd.DataFrame, truth: pd.DataFrame, standards: set[int], people: int) -> dict[str, Any]:
    """Return how many people the evidence of a kind speaks about, and of the strongest how many are innocent."""
    rows = scores[scores["detector"].isin(kind.by)]
    by_detector = rows.groupby("detector")["score"].rank(pct=True)
    strongest = rows.assign(rank=by_detector).groupby("subject_id")[["rank", "score"]].max()
    strongest = strongest.sort_values(["rank", "score"], ascending=False, kind="stable")
    places = max(1, round(kind.people / FORCE * people))
    who = strongest.index[:places].tolist()
    planted = set(truth.loc[truth["typology"].isin(kind.typologies), "subject_id"])
    return {
        "kind": kind.name,
        "places": places,
        "planted": len(planted),
        "spoken_about": len(strongest),
        "spoken_about_innocent": len(set(strongest.index) - standards),
        "listed": len(who),
        "listed_of_kind": len(planted & set(who)),
        "listed_innocent": len(set(who) - standards),
        "who": who,
    }


def measure_all(folder: Path, seeds: Sequence[int], people: int, months: int) -> None:
    """Measure the forces of some seeds, with and without anything planted, that have not been measured before."""
    folder.mkdir(parents=True, exist_ok=True)
    for seed in seeds:
        for world in WORLDS:
            path = folder / f"{world}-{seed}-{people}-{months}.json"
            if not path.exists():
                figures = measure(world, seed, people, months, folder)
                path.write_text(json.dumps(figures) + "\n", encoding="utf-8")
                shutil.rmtree(written(world, seed, people, months, folder))
                print(path, f"{figures['seconds']} s, {figures['peak_gb']} GB", flush=True)


def report(folder: Path, months: int) -> dict[str, Any]:
    """Return all that was measured over so many months, the largest forces first; a force counts with its twin."""
    every = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob(f"*-{months}.json"))]
    worlds = Counter((force["people"], force["seed"]) for force in every)
    measured = [force for force in every if worlds[force["people"], force["seed"]] == len(WORLDS)]
    sizes = sorted({force["people"] for force in measured}, reverse=True)
    summaries = [summary([force for force in measured if force["people"] == people]) for people in sizes]
    generators = sorted({force["generator"] for force in measured})
    return {"force": FORCE, "months": months, "generators": generators, "sizes": summaries}


def summary(figures: list[dict[str, Any]]) -> dict[str, Any]:
    """Return means over forces of one size by world and kind, with the least and the most."""
    rows = [{**kind, "world": force["world"]} for force in figures for kind in force["kinds"]]
    table = pd.DataFrame(rows)
    people = figures[0]["people"]
    seeds = sorted({force["seed"] for force in figures})
    return {
        "people": people,
        "seeds": seeds,
        "forces": len(seeds),
        "seconds": round(float(np.mean([force["seconds"] for force in figures])), 1),
        "processor_seconds": round(float(np.mean([force["processor_seconds"] for force in figures])), 1),
        "peak_gb": max(force["peak_gb"] for force in figures),
        "kinds": [
            of_forces(kind, world, table[(table["world"] == world) & (table["kind"] == kind.name)], people)
            for world in WORLDS
            for kind in KINDS
        ],
        "whole_list": list(whole_lists(figures)),
    }


def of_forces(kind: Kind, world: str, group: pd.DataFrame, people: int) -> dict[str, Any]:
    """Return what lists of one kind hold over forces."""
    innocent = group["listed_innocent"] / group["listed"].where(group["listed"] > 0)  # none where nobody is listed
    return {
        "world": world,
        "kind": kind.name,
        "published": kind.people,
        "by": list(kind.by),
        "places": int(group["places"].iloc[0]),
        "planted": float(group["planted"].mean()),
        "spoken_about_innocent_of_force": round(float(group["spoken_about_innocent"].mean()) / people * FORCE),
        "listed": float(group["listed"].mean()),
        "listed_of_kind": float(group["listed_of_kind"].mean()),
        "innocent": float(innocent.mean()),
        "least": float(innocent.min()),
        "most": float(innocent.max()),
    }


def whole_lists(figures: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield, for each world, what the four kinds together hold over forces."""
    for world in WORLDS:
        own = [force for force in figures if force["world"] == world]
        shares = [force["listed_innocent"] / max(1, force["listed"]) for force in own]
        yield {
            "world": world,
            "listed": float(np.mean([force["listed"] for force in own])),
            "listed_innocent": [force["listed_innocent"] for force in own],
            "innocent": float(np.mean(shares)),
            "least": min(shares),
            "most": max(shares),
            "planted": float(np.mean([force["planted_standards"] for force in own])),
        }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Replay a published week over drawn forces.")
    parser.add_argument("--seeds", type=int, nargs="+", default=[13, 14])
    parser.add_argument("--people", type=int, default=FORCE)
    parser.add_argument("--months", type=int, default=12)
    parser.add_argument("--folder", type=Path, default=Path("build/week"))
    parser.add_argument("--report", action="store_true", help="write the results from all that was measured")
    chosen = parser.parse_args()
    if chosen.report:
        write_result("the_week", report(chosen.folder, chosen.months))
    else:
        measure_all(chosen.folder, chosen.seeds, chosen.people, chosen.months)
