"""Tables and a picture of what was measured in drawn forces, written to `results` and to the page about them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy.stats import beta

RESULTS = Path("benchmarks/results/drawn_forces.json")
PICTURE = Path("docs/explanation/drawn-forces.svg")
WORDS = {"drawn": "with patterns", "drawn-null": "nothing planted"}


def write_report(folder: Path) -> None:
    """Write the results file, the picture and, on the terminal, the tables of the page."""
    shares, flags = hits_of(folder / "hits"), flags_of(folder / "flags")
    summary = {"hits": share_table(shares).to_dict("records"), "flags": flag_table(flags).to_dict("records")}
    summary["forces"] = {
        "hits": int(shares["force"].nunique()),
        "flags": flags.groupby("world")["force"].nunique().to_dict(),
    }
    RESULTS.write_text(json.dumps(summary, indent=1, default=lambda value: value.item()) + "\n", "utf-8")
    save_picture(share_table(shares), PICTURE)
    print(hits_markdown(share_table(shares)), flags_markdown(flag_table(flags)), sep="\n\n")


def hits_of(folder: Path) -> pd.DataFrame:
    """Return the shares of every force that was measured, one row a force and rule or indicator."""
    tables = [
        pd.DataFrame(json.loads(path.read_text("utf-8"))["shares"]).assign(force=path.stem)
        for path in sorted(folder.glob("*.json"))
    ]
    table = pd.concat(tables, ignore_index=True)
    table["innocent_share"] = table["innocent_hit"] / table["innocent"]
    table["planted_share"] = table["planted_hit"] / table["planted"].where(table["planted"] > 0)
    return table


def share_table(shares: pd.DataFrame) -> pd.DataFrame:
    """Return the median and the 5% and 95% points of the innocent share over forces, and the planted share."""
    by = shares.groupby(["what", "name", "concern"])
    points = (("low", 0.05), ("median", 0.5), ("high", 0.95))
    levels = pd.DataFrame({name: by["innocent_share"].quantile(level) for name, level in points})
    sums = by[["planted", "planted_hit"]].sum()
    levels["planted"] = sums["planted_hit"] / sums["planted"]
    return levels.reset_index().round(4)


def flags_of(folder: Path) -> pd.DataFrame:
    """Return every flag of every force, and a row without a flag for forces that have none."""
    tables = []
    for path in sorted(folder.glob("*.json")):
        world, people, seed = path.stem.rsplit("-", 2)
        rows: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))["flags"]
        tables.append(pd.DataFrame(rows or [{}]).assign(world=world, people=int(people), force=int(seed)))
    return pd.concat(tables, ignore_index=True)


def flag_table(flags: pd.DataFrame) -> pd.DataFrame:
    """Return, for each kind of world and each way of being flagged, flags a force and the share that is right."""
    rows = []
    for world, of_world in flags.groupby("world"):
        forces = of_world["force"].nunique()
        raised = of_world[of_world["family"].notna()]
        parts = [("all", "all", raised)]
        parts += [(f"{concern}", "all", part) for concern, part in raised.groupby("concern")]
        compared = raised["family"] != "contradiction"
        parts += [(f"{concern}", "by comparison", part) for concern, part in raised[compared].groupby("concern")]
        parts += [(part["concern"].iloc[0], name, part) for name, part in raised[~compared].groupby("by")]
        parts += [(concern, name, part) for (concern, name), part in raised[compared].groupby(["concern", "by"])]
        rows += [_flag_row(str(world), forces, concern, name, part) for concern, name, part in parts]
    return pd.DataFrame(rows)


def _flag_row(world: str, forces: int, concern: str, name: str, part: pd.DataFrame) -> dict[str, Any]:
    """Return one line; the interval of the share that is right is that of Clopper and Pearson (1934)."""
    n, right = len(part), int(part["right"].sum())
    low = float(beta.ppf(0.025, right, n - right + 1)) if right else 0.0
    high = float(beta.ppf(0.975, right + 1, n - right)) if right < n else 1.0
    proportions = 1 - part.groupby("force")["right"].mean()
    return {
        "world": world,
        "concern": concern,
        "by": name,
        "flags": n,
        "flags_a_force": round(n / forces, 2),
        "right": round(right / n, 3) if n else None,
        "low": round(low, 3),
        "high": round(high, 3),
        # Over forces, with 0 where nobody was flagged: what a false discovery rate promises.
        "realised_fdr": round(float(proportions.sum()) / forces, 3),
    }


def save_picture(table: pd.DataFrame, path: Path) -> None:
    """Draw the innocent share over forces beside the planted share, for each rule and indicator, as SVG."""
    plt.rcParams |= {"svg.hashsalt": "drawn forces", "svg.fonttype": "none"}
    table = table.sort_values("median", ignore_index=True)
    low, median, high, planted = (np.maximum(table[name], 0.001) for name in ("low", "median", "high", "planted"))
    figure, axes = plt.subplots(figsize=(8, 0.22 * len(table) + 1))
    place = np.arange(len(table))
    axes.hlines(place, low, high, color="#7a8aa0", linewidth=3, label="people without a pattern, 5% to 95% of forces")
    axes.plot(median, place, "o", color="#34495e", markersize=5, label="their median")
    axes.plot(planted, place, "D", color="#c0392b", markersize=5, label="people with a pattern of the concern")
    axes.set_yticks(place, table["name"] + " (" + table["concern"] + ")", fontsize=8)
    axes.set_xscale("log")
    axes.set_xlabel("share of people with a hit in 365 days (0.1% and less drawn as 0.1%)")
    axes.legend(fontsize=8, loc="lower right")
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def hits_markdown(table: pd.DataFrame) -> str:
    """Return the shares as a table in Markdown."""
    head = [
        "| looked for by | concern | innocent people: median | 5% to 95% of forces | planted people |",
        "|---|---|---|---|---|",
    ]
    lines = [
        f"| `{row['name']}` | {row['concern']} | {row['median']:.1%} | {row['low']:.1%} to {row['high']:.1%}"
        f" | {row['planted']:.0%} |"
        for row in table.to_dict("records")
    ]
    return "\n".join([*head, *lines])


def flags_markdown(table: pd.DataFrame) -> str:
    """Return the flags as a table in Markdown."""
    lines = [
        "| force | concern | by | flags a force | right | 95% interval | realised false discovery rate |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in table.to_dict("records"):
        right = "-" if row["right"] is None else f"{row['right']:.2f}"
        lines.append(
            f"| {WORDS[row['world']]} | {row['concern']} | {row['by']} | {row['flags_a_force']:.1f} | {right}"
            f" | {row['low']:.2f} to {row['high']:.2f} | {row['realised_fdr']:.2f} |"
        )
    return "\n".join(lines)
