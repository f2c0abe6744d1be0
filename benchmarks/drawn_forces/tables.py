"""Tables and a picture of what was measured in drawn forces, written to `results` and to the page about them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from scipy.stats import binom

from benchmarks.drawn_forces.mutation import mutation_table
from benchmarks.drawn_forces.over_forces import Force
from benchmarks.drawn_forces.promises import forces_of, markdown, tables
from data.synthetic.splits import DEVELOPMENT, EVALUATION, Split

RESULTS = Path("benchmarks/results/drawn_forces.json")
PICTURE = Path("docs/explanation/drawn-forces.svg")
_OF_THE_LAYER = "conduct_repeats"


def write_report(folder: Path, split: Split) -> None:
    """Write the results files, the picture and, on the terminal, the tables of the page, of the seeds of one split."""
    seeds = EVALUATION if split == "evaluation" else DEVELOPMENT
    if any((folder / "hits").glob("*.json")) and split == "development":
        shares = hits_of(folder / "hits")
        table = share_table(shares)
        content = {"forces": int(shares["force"].nunique()), "hits": table.to_dict("records")}
        _save(RESULTS, content)
        save_picture(table, PICTURE)
        print(hits_markdown(table))
    if any((folder / "figures").glob("*.json")) and split == "development":
        figures = figure_table(folder / "figures")
        _save(RESULTS.with_name("drawn_figures.json"), {"figures": figures.to_dict("records")})
        print(markdown(figures.to_dict("records")))
    mutations = mutation_table(folder / "mutation", seeds)
    if mutations:
        _save(RESULTS.with_name(f"drawn_mutation_{split}.json"), {"rates": mutations})
        print(markdown(mutations))
    forces = forces_of(folder / "flags", seeds)
    if forces:
        over_forces = tables(forces)
        _save(RESULTS.with_name(f"drawn_flags_{split}.json"), {**_measured(forces, split), **over_forces})
        for name, rows in over_forces.items():
            print(f"\n## {name}\n\n{markdown(rows)}")


def _measured(forces: list[Force], split: Split) -> dict[str, Any]:
    """Return which forces were measured, and when: seeds once looked at check nothing that is chosen later."""
    return {
        "split": split,
        "seeds": sorted({force["seed"] for force in forces}),
        "measured_on": sorted({force["measured_on"] for force in forces}),
        "people": sorted({force["size"] for force in forces}),
        "generators": sorted({force["generator"] for force in forces}),
    }


def _save(path: Path, content: dict[str, Any]) -> None:
    plain = json.loads(json.dumps(content, default=lambda value: value.item()), parse_constant=lambda _: None)
    path.write_text(json.dumps(plain, indent=1, allow_nan=False) + "\n", "utf-8")
    print(path)


def figure_table(folder: Path) -> pd.DataFrame:
    """Return each calibrated figure over forces, next to what was drawn for the force and to what is published.

    Each median has an interval; a figure whose median is out of bounds while its interval reaches into them rests on
    too few forces, or on too few rows of them, to tell.
    """
    parts = [
        pd.DataFrame(json.loads(path.read_text("utf-8"))["figures"]).assign(force=path.stem)
        for path in sorted(folder.glob("*.json"))
    ]
    table = pd.concat(parts, ignore_index=True)
    # How cases repeat over nine years is asked of the conduct layer, not of a force: it follows from two draws.
    table = table[~table["figure"].str.startswith(_OF_THE_LAYER)]
    table["own"], table["ratio"] = table["value"] / table["drawn"], table["value"] / table["published"]
    by = table.groupby("figure", sort=False)
    levels = pd.DataFrame({"of_the_drawn": by["own"].median(), "of_the_published": by["ratio"].median()})
    bounds = by["own"].apply(median_interval)
    levels["of_the_drawn_low"], levels["of_the_drawn_high"] = bounds.str[0], bounds.str[1]
    levels["low"], levels["high"] = by["ratio"].quantile(0.05), by["ratio"].quantile(0.95)
    levels["tolerance"], levels["forces"] = by["tolerance"].first(), by["force"].nunique()
    levels["rows_a_force"] = by["n"].median()
    levels["met"] = (levels["of_the_drawn"] - 1).abs() <= levels["tolerance"]
    may_be_inside = (levels["of_the_drawn_low"] <= 1 + levels["tolerance"]) & (
        levels["of_the_drawn_high"] >= 1 - levels["tolerance"]
    )
    levels["verdict"] = np.select([levels["met"], may_be_inside], ["inside", "too few to tell"], "outside")
    return levels.reset_index().round(4)


def median_interval(values: pd.Series[float], level: float = 0.95) -> tuple[float, float]:
    """Return an interval of the median of a sample, between two of its values: it holds for any distribution.

    The number of values under the median is binomial with chance one half (Conover 1999, 3.2). With fewer than six
    values the interval is all of them.

    Example:
        >>> median_interval(pd.Series(range(1, 13)))
        (3.0, 10.0)
    """
    ordered = np.sort(values.to_numpy(dtype=np.float64))
    below = max(int(binom.ppf((1 - level) / 2, len(ordered), 0.5)), 1)
    return float(ordered[below - 1]), float(ordered[len(ordered) - below])


def hits_of(folder: Path) -> pd.DataFrame:
    """Return the shares of every force that was measured, one row a force and rule or indicator."""
    tables = [
        pd.DataFrame(json.loads(path.read_text("utf-8"))["shares"]).assign(force=path.stem)
        for path in sorted(folder.glob("*.json"))
    ]
    table = pd.concat(tables, ignore_index=True)
    table["innocent_share"] = table["innocent_hit"] / table["innocent"]
    table["rows_a_person"] = table["innocent_rows"] / table["innocent"]
    table["planted_share"] = table["planted_hit"] / table["planted"].where(table["planted"] > 0)
    return table


def share_table(shares: pd.DataFrame) -> pd.DataFrame:
    """Return the median and the 5% and 95% points of the innocent share over forces, and the planted share."""
    by = shares.groupby(["what", "name", "concern"])
    points = (("low", 0.05), ("median", 0.5), ("high", 0.95))
    levels = pd.DataFrame({name: by["innocent_share"].quantile(level) for name, level in points})
    sums = by[["planted", "planted_hit"]].sum()
    for name, level in points:
        levels[f"rows_{name}"] = by["rows_a_person"].quantile(level)
    levels["planted"] = sums["planted_hit"] / sums["planted"]
    return levels.reset_index().round(4)


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
        "| looked for by | concern | innocent people: median | 5% to 95% of forces | rows a person | planted people |",
        "|---|---|---|---|---|---|",
    ]
    lines = [
        f"| `{row['name']}` | {row['concern']} | {row['median']:.1%} | {row['low']:.1%} to {row['high']:.1%}"
        f" | {row['rows_low']:.2g} to {row['rows_high']:.2g} | {row['planted']:.0%} |"
        for row in table.to_dict("records")
    ]
    return "\n".join([*head, *lines])
