"""Does the generator betray which rows it planted? A classifier that reads nothing but the surface of rows.

    python benchmarks/synthetic_surface.py [--seeds 161-180] [--people 1000]

The features of a row say how it looks and nothing of what it says: its id and the id's residues, its order among the
owner's rows, minutes and quarters of its time stamps, the rounding of amounts and scores. Gradient boosting is trained
on half of the forces and ranks the rows of the others, table by table; its precision among the first 1% must not beat
the share of planted rows by more than chance. Rows of one person are planted together, so chance is taken from the
people that rows belong to: who is planted is permuted among people with about as many rows (those with many have more
that were planted), and which of a person's rows those are is drawn. The p-value is that of the permutation.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from sklearn.ensemble import HistGradientBoostingClassifier

from data.contract import CONTRACT
from data.synthetic.generate import GENERATOR
from data.synthetic.memory_world import make_world
from data.synthetic.splits import require_split
from data.synthetic.world import load

Numbers = np.ndarray[Any, np.dtype[Any]]
RESULTS = Path("benchmarks/results/synthetic_surface.json")
RESIDUES = (2, 5, 16)
MOST_ROWS = 60_000
LEAST_PLANTED = 40
PERMUTATIONS = 4000
ALIKE = 20
"""How many people with about as many rows swap who is planted."""


def surface(name: str, table: pa.Table) -> pd.DataFrame:
    """Return the surface of each row of a table."""
    declared = CONTRACT[name]
    key = table[str(declared.key)].to_numpy()
    # The upper bits of an id are the part of the force that a row belongs to, which its unit says as well.
    columns: dict[str, Any] = {"id": (key & ((1 << 42) - 1)).astype(float)}
    columns |= {f"id_mod_{base}": key % base for base in RESIDUES}
    owner = table["officer_id" if "officer_id" in table.column_names else "unit_id"].to_numpy()
    when = (
        table[declared.occurred or "known_on"].to_numpy(zero_copy_only=False).astype("datetime64[m]").astype(np.int64)
    )
    # Whether a row stands out of the order of time among its owner's, and how its id lies next to the row before.
    columns["out_of_order"] = np.diff(when, prepend=0) * (np.diff(owner, prepend=0) == 0) < 0
    columns["id_step"] = np.sign(np.diff(columns["id"], prepend=0))
    for column in declared.columns:
        if column.type == "TIMESTAMP":
            minute = table[column.name].to_numpy(zero_copy_only=False).astype("datetime64[m]").astype(np.int64)
            if column.name == "ends_at":
                minute = rostered_end(table, minute)
            columns |= {f"{column.name}_{base}": minute % base for base in (60, 15, 5)}
        elif column.type in ("INTEGER", "DOUBLE") and column.name not in ("severity", "fte"):
            value = np.nan_to_num(table[column.name].to_numpy(zero_copy_only=False).astype(float))
            # Rounding, not size: whether a number is a multiple of five or of a hundredth.
            columns[f"{column.name}_rest"] = np.round(value * (1000 if column.type == "DOUBLE" else 1)) % 5
    return pd.DataFrame(columns)


def rostered_end(table: pa.Table, minute: Numbers) -> Numbers:
    """Return when each tour would have ended: that somebody worked over is what a row says, not how it looks.

    A tour on a day off is overtime from start to end and ends when it ends.
    """
    over = table["overtime_minutes"].to_numpy().astype(np.int64)
    started = table["starts_at"].to_numpy(zero_copy_only=False).astype("datetime64[m]").astype(np.int64)
    return np.where(over < minute - started, minute - over, minute)


def rows_of(seed: int, *, people: int, months: int, only: list[str]) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield each table's rows of one force: surface, whose they are, and whether they were planted."""
    made = make_world(load("drawn", people=people, months=months, seed=seed))
    truth = made.truth["truth_row"].to_pandas()
    for name, planted in truth.groupby("table_name"):
        if only and name not in only:
            continue
        table = made.records[name]
        is_planted = np.isin(table[str(CONTRACT[name].key)].to_numpy(), planted["row_id"])
        owner = table["officer_id" if "officer_id" in table.column_names else "unit_id"].to_numpy()
        frame = surface(str(name), table).assign(planted=is_planted, owner=owner, force=seed)
        chosen = np.random.default_rng(seed).permutation(len(frame))[:MOST_ROWS]
        yield str(name), frame.iloc[np.sort(chosen)]


def judged(rows: pd.DataFrame) -> dict[str, float]:
    """Train on forces of one parity, rank those of the other, and return how the first 1% did."""
    names = [name for name in rows.columns if name not in ("planted", "owner", "force")]
    first = []
    for fold in (0, 1):
        test = rows["force"] % 2 == fold
        if rows.loc[~test, "planted"].sum() < LEAST_PLANTED / 4 or not test.any():
            continue
        model = HistGradientBoostingClassifier(max_iter=100, learning_rate=0.1, min_samples_leaf=40, random_state=1)
        model.fit(rows.loc[~test, names], rows.loc[~test, "planted"])
        score = pd.Series(model.predict_proba(rows.loc[test, names])[:, 1], index=np.flatnonzero(test))
        first.append(score.sort_values(ascending=False, kind="stable").index[: max(1, len(score) // 100)].to_numpy())
    top = np.concatenate(first)
    planted = rows["planted"].to_numpy()
    precision = planted[top].mean()
    owner = pd.factorize(rows["owner"].to_numpy() + rows["force"].to_numpy() * 10**8)[0]
    by_chance = precisions_by_chance(owner, planted, top)
    p_value = (1 + (by_chance >= precision).sum()) / (1 + PERMUTATIONS)
    return {
        "rows": len(rows),
        "planted": int(planted.sum()),
        "precision": round(float(precision), 4),
        "everywhere": round(float(planted.mean()), 4),
        "chance": round(float(by_chance.mean()), 4),
        "p_value": round(float(p_value), 4),
    }


def precisions_by_chance(owner: Numbers, planted: Numbers, top: Numbers) -> Numbers:
    """Return the share of planted rows among the first, over draws in which the surface says nothing.

    `owner` numbers whose each row is, from 0; `top` holds the positions of the first rows.
    """
    draw = np.random.default_rng(7)
    size = np.bincount(owner)
    share = np.bincount(owner, planted) / size
    order = np.argsort(size, kind="stable")
    block = np.arange(len(order)) // ALIKE
    drawn = []
    for _ in range(PERMUTATIONS):
        swapped = np.empty_like(share)
        swapped[order] = share[order[np.lexsort((draw.random(len(order)), block))]]
        drawn.append((draw.random(len(top)) < swapped[owner[top]]).mean())
    return np.array(drawn)


def main() -> None:
    """Measure every table in which enough rows were planted, and write how well ranking went."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", default="161-180", help="from-to, of the development seeds")
    parser.add_argument("--people", type=int, default=1000)
    parser.add_argument("--months", type=int, default=24)
    parser.add_argument("--tables", nargs="*", default=[], help="these alone, and no result is written")
    options = parser.parse_args()
    tables: dict[str, list[pd.DataFrame]] = {}
    first, last = (int(part) for part in options.seeds.split("-"))
    for seed in require_split(range(first, last + 1), "development"):
        for name, rows in rows_of(seed, people=options.people, months=options.months, only=options.tables):
            tables.setdefault(name, []).append(rows)
    results = {}
    for name, parts in sorted(tables.items()):
        rows = pd.concat(parts, ignore_index=True)
        if rows["planted"].sum() >= LEAST_PLANTED:
            results[name] = judged(rows)
            print(name, results[name], flush=True)
    content = {"seeds": options.seeds, "people": options.people, "months": options.months, "tables": results}
    content["generator"] = GENERATOR
    if not options.tables:
        RESULTS.write_text(json.dumps(content, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
