"""One drawn force measured: what the default run flags in it, or who has a row that something looks for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from data.contract import CONTRACT
from data.store import Store
from data.synthetic.memory_world import MemoryWorld, make_world
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


def measure_flags(world: str, seed: int, *, people: int, folder: Path) -> None:
    """Run the default settings on one force and keep who was flagged by what, rightly or not."""
    place = folder / "flags" / f"{world}-{people}-{seed}.json"
    if place.exists():
        return
    made = make_world(load_world(world, people=people, seed=seed))
    trial = try_records(made.records, settings=load(), as_of=[made.world.ends_on])
    flags = trial.flags.to_pandas()
    keys = ["subject_kind", "subject_id", "concern"]
    sought = made.truth["truth_subject"].to_pandas()[keys].drop_duplicates().assign(right=True)
    flags = flags.merge(sought, on=keys, how="left")
    flags["right"] = flags["right"].notna()
    flags["by"] = flags["detectors"].map(lambda names: "+".join(names) if not isinstance(names, str) else names)
    columns = [*keys, "family", "by", "right"]
    _write(place, {"planted": len(sought), "flags": flags[columns].to_dict("records")})


def measure_hits(world: str, seed: int, *, people: int, folder: Path) -> None:
    """Keep the shares of innocent and of planted people who have a row that each rule and indicator looks for."""
    place = folder / "hits" / f"{world}-{people}-{seed}.json"
    if place.exists():
        return
    made = make_world(load_world(world, people=people, months=HIT_MONTHS, seed=seed))
    _write(place, {"shares": hit_shares(made)})


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
        hit = set(count.ids[count.hits > 0].tolist())
        shares.append(_shares("rule", count.rule.name, "officer", count.rule.concern, officers, hit, planted))
    for (_, kind), table in tables.items():
        everybody = set(table.ids.tolist())
        for one in looked_at:
            cells = table.cells.get((one.name, WINDOW))
            if cells is not None:
                hit = set(table.ids[np.nan_to_num(cells.value) > 0].tolist())
                shares += [
                    _shares("indicator", one.name, kind, concern, everybody, hit, planted) for concern in one.concerns
                ]
    return shares


def _shares(
    what: str, name: str, kind: str, concern: str, everybody: set[int], hit: set[int], planted: pd.DataFrame
) -> dict[str, Any]:
    """Return the shares of innocent people, and of those planted with the concern, who have a hit."""
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
        "planted": len(sought),
        "planted_hit": len(sought & hit),
    }


def _write(place: Path, content: dict[str, Any]) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    half = place.with_suffix(".part")
    half.write_text(json.dumps(content, default=lambda value: value.item()), "utf-8")
    half.rename(place)
    print(place.name, flush=True)
