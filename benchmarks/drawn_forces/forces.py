"""One drawn force measured: what the default run flags in it, or who has a row that something looks for."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.drawn_forces.flagged import measured
from data.contract import CONTRACT
from data.store import Store
from data.synthetic.calibration import Line, calibrate
from data.synthetic.generate import generate
from data.synthetic.memory_world import MemoryWorld, make_world
from data.synthetic.priors import priors
from data.synthetic.world import World
from data.synthetic.world import load as load_world
from data.vocabulary import SUBJECT_KINDS
from features.engine import compute_all
from models.rules import rules
from pipeline.loading import load_records
from pipeline.rule_counts import count_contradictions
from pipeline.settings import load
from pipeline.trial import try_records

WINDOW = 365
HIT_MONTHS = 14
"""A window and the time until its last rows are known: who has a hit needs no more."""

FOLLOWS = {"allegations": "complaint_cases", "sickness_long_share": "sickness_days"}
"""Figures that are not drawn themselves, and the drawn one that they rise and fall with."""


def measure_flags(world: str, seed: int, *, people: int, folder: Path) -> None:
    """Run the default settings on one force and keep what they say beside the truth."""
    place = folder / "flags" / f"{world}-{people}-{seed}.json"
    if place.exists():
        return
    made, settings = make_world(load_world(world, people=people, seed=seed)), load()
    # What a score rests on is asked of excesses alone: which kind of conduct each is about.
    by_excess = bool(settings.excess.concerns)
    trial = try_records(made.records, settings=settings, as_of=[made.world.ends_on], contributions=by_excess)
    write_force(place, measured(made, trial, settings))


def measure_hits(world: str, seed: int, *, people: int, folder: Path) -> None:
    """Keep the shares of innocent and of planted people who have a row that each rule and indicator looks for."""
    place = folder / "hits" / f"{world}-{people}-{seed}.json"
    if place.exists():
        return
    made = make_world(load_world(world, people=people, months=HIT_MONTHS, seed=seed))
    write_force(place, {"shares": hit_shares(made)})


def measure_figures(world: str, seed: int, *, people: int, folder: Path) -> None:
    """Keep every calibrated figure of one force beside what was published, and beside what was drawn for the force."""
    place = folder / "figures" / f"{world}-{people}-{seed}.json"
    if place.exists():
        return
    settings = load_world(world, people=people, seed=seed)
    with TemporaryDirectory() as scratch:
        made = generate(settings, out=Path(scratch) / "world")
        lines = [line for line in calibrate(made.records, settings) if line.value is not None]
    kept = [
        {
            "figure": line.figure,
            "value": line.value,
            "published": line.published,
            "drawn": _drawn(settings, line),
            "tolerance": line.tolerance,
            "n": line.n,
        }
        for line in lines
    ]
    write_force(place, {"figures": kept})


def _drawn(settings: World, line: Line) -> float:
    """Return the value that a force was drawn to have.

    It is that of its nuisance where one gives the whole figure, and that of another figure where one follows from it.
    """
    if line.figure == "missed_entries":
        return line.published * settings.draw("rate/entry_missing") / priors()["rate/entry_missing"].median
    if line.figure.startswith("reporting_"):
        return settings.reporting.factor(line.figure.removeprefix("reporting_"))
    if line.figure in FOLLOWS:
        return line.published * settings.draw(f"figures/{FOLLOWS[line.figure]}")
    return settings.figures.get(line.figure, line.published)


def hit_shares(made: MemoryWorld) -> list[dict[str, Any]]:
    """Return who has a hit within a year, innocent and planted, by rule and by indicator that serves a concern."""
    day = made.world.ends_on
    looked_at = [one for one in load().indicators if one.concerns and WINDOW in one.windows]
    with Store(threads=1) as store:
        load_records(made.records, store=store, check="trusted", tables=CONTRACT.readable)
        counts = [c.by_person() for c in count_contradictions(store, list(rules().values()), day)]
        tables = compute_all(store, looked_at, kinds=SUBJECT_KINDS, as_ofs=[day])
    planted = made.truth["truth_subject"].to_pandas()
    shares = []
    officers = set(tables[day, "officer"].ids.tolist())
    for count in counts:
        rows = dict(zip(count.ids.tolist(), count.hits.tolist(), strict=True))
        shares.append(_shares("rule", count.rule.name, "officer", count.rule.concern, officers, rows, planted))
    for (_, kind), table in tables.items():
        everybody = set(table.ids.tolist())
        for one in looked_at:
            cells = table.cells.get((one.name, WINDOW))
            if cells is not None:
                rows = dict(zip(table.ids.tolist(), np.nan_to_num(cells.value).tolist(), strict=True))
                shares += [
                    _shares("indicator", one.name, kind, concern, everybody, rows, planted) for concern in one.concerns
                ]
    return shares


def _shares(
    what: str, name: str, kind: str, concern: str, everybody: set[int], rows: dict[int, float], planted: pd.DataFrame
) -> dict[str, Any]:
    """Return how many innocent people have a hit and how many rows in all, and how many with a planted concern have.

    `rows` says how many rows, or how much of what is counted, each person has.
    """
    hit = {person for person, count in rows.items() if count > 0}
    of_kind = planted[planted["subject_kind"] == kind]
    innocent = everybody - set(of_kind["subject_id"])
    sought = everybody & set(of_kind.loc[of_kind["concern"] == concern, "subject_id"])
    return {
        "what": what,
        "name": name,
        "subject_kind": kind,
        "concern": concern,
        "innocent": len(innocent),
        "innocent_hit": len(innocent & hit),
        "innocent_rows": round(sum(rows.get(person, 0.0) for person in innocent), 3),
        "planted": len(sought),
        "planted_hit": len(sought & hit),
    }


def write_force(place: Path, content: dict[str, Any]) -> None:
    """Write what was measured in a force, whole or not at all."""
    place.parent.mkdir(parents=True, exist_ok=True)
    half = place.with_suffix(".part")
    half.write_text(json.dumps(content, default=lambda value: value.item()), "utf-8")
    half.rename(place)
    print(place.name, flush=True)
