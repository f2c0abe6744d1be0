"""A published week, replayed over drawn forces: how many people of each kind of list are innocent at least.

    python benchmarks/the_week.py [--seeds 13 14 15 16] [--people 2000] [--months 12] [--folder build/week]

The Metropolitan Police named about 685 of 46,000 people after a week, by kind. For each kind the rule or detector
here that is nearest to it ranks everybody in a drawn force, and as many are taken as the published list is of its
force. Who is innocent is known, because everything in these forces was drawn. Beside stand forces in which nobody did
anything. One file a force, so that what was interrupted goes on; the last step writes
`benchmarks/results/the_week.json`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import opencse
from benchmarks._worlds import write_result

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
        ("repeated_lookup_off_duty", "lookup_off_duty", "lookup_not_attended", "pairs"),
        ("abuse_of_position", "unlinked_lookups", "disclosure"),
    ),
)


def measure(world: str, seed: int, people: int, months: int) -> dict[str, Any]:
    """Return, for one force, what lists of the published make-up hold."""
    made = opencse.make_world(opencse.load_world(world, seed=seed, people=people, months=months))
    trial = opencse.try_records(made.records)
    scores = trial.scores.to_pandas()
    scores = scores[(scores["subject_kind"] == "officer") & (scores["score"] > 0)]
    truth = made.truth["truth_subject"].to_pandas()
    truth = truth[truth["subject_kind"] == "officer"]
    standards = set(truth.loc[truth["concern"] == "standards", "subject_id"])
    kinds = [of_kind(kind, scores, truth, standards, people) for kind in KINDS]
    listed = {subject for kind in kinds for subject in kind.pop("who")}
    return {
        "world": world,
        "seed": seed,
        "people": people,
        "planted_standards": len(standards),
        "kinds": kinds,
        "listed": len(listed),
        "listed_innocent": len(listed - standards),
        "flagged": len(set(trial.flags.to_pandas().query("concern == 'standards'")["subject_id"])),
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


def forces(folder: Path, options: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Yield each force's figures, measured now or before."""
    folder.mkdir(parents=True, exist_ok=True)
    for world in ("drawn", "drawn-null"):
        for seed in options.seeds:
            path = folder / f"{world}-{seed}-{options.people}-{options.months}.json"
            if not path.exists():
                figures = measure(world, seed, options.people, options.months)
                path.write_text(json.dumps(figures) + "\n", encoding="utf-8")
                print(path, flush=True)
            yield json.loads(path.read_text(encoding="utf-8"))


def summary(figures: list[dict[str, Any]]) -> dict[str, Any]:
    """Return means over forces by world and kind, with the least and the most."""
    people = figures[0]["people"]
    rows = [{**kind, "world": force["world"]} for force in figures for kind in force["kinds"]]
    table = pd.DataFrame(rows)
    kinds = []
    for (world, name), group in table.groupby(["world", "kind"], sort=False):
        innocent = group["listed_innocent"] / group["listed"].where(group["listed"] > 0)  # none where nobody is listed
        kinds.append(
            {
                "world": world,
                "kind": name,
                "published": next(kind.people for kind in KINDS if kind.name == name),
                "by": list(next(kind.by for kind in KINDS if kind.name == name)),
                "places": int(group["places"].iloc[0]),
                "planted": float(group["planted"].mean()),
                "spoken_about_innocent_of_force": round(float(group["spoken_about_innocent"].mean()) / people * FORCE),
                "listed": float(group["listed"].mean()),
                "innocent": float(innocent.mean()),
                "least": float(innocent.min()),
                "most": float(innocent.max()),
            }
        )
    return {
        "force": FORCE,
        "people": people,
        "seeds": sorted({force["seed"] for force in figures}),
        "forces": len({force["seed"] for force in figures}),
        "kinds": kinds,
        "whole_list": [
            {
                "world": world,
                "listed": float(np.mean([f["listed"] for f in figures if f["world"] == world])),
                "innocent": float(
                    np.mean([f["listed_innocent"] / max(1, f["listed"]) for f in figures if f["world"] == world])
                ),
                "planted": float(np.mean([f["planted_standards"] for f in figures if f["world"] == world])),
            }
            for world in ("drawn", "drawn-null")
        ],
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Replay a published week over drawn forces.")
    parser.add_argument("--seeds", type=int, nargs="+", default=[13, 14, 15, 16])
    parser.add_argument("--people", type=int, default=2000)
    parser.add_argument("--months", type=int, default=12)
    parser.add_argument("--folder", type=Path, default=Path("build/week"))
    chosen = parser.parse_args()
    measured = list(forces(chosen.folder, chosen))
    write_result("the_week", summary(measured) | {"months": chosen.months})
