"""What many judged forces say together: pooled shares with standard errors over forces."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from forces import NULL, PLANTED, SMALL, gather

from audit.rates.intervals import ratio


def pooled(table: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return count / n over all forces, with the standard error of a ratio whose clusters are forces.

    Source: Cochran (1977), Sampling Techniques, section 2.11.
    """
    by_force = table.groupby([*keys, "seed"], dropna=False)[["count", "n"]].sum().reset_index()
    rows = []
    for key, part in by_force.groupby(keys, dropna=False):
        count, n, forces = part["count"].to_numpy(), part["n"].to_numpy(), len(part)
        value = count.sum() / n.sum() if n.sum() else np.nan
        spread = np.sum((count - value * n) ** 2) * forces / max(forces - 1, 1)
        error = np.sqrt(spread) / n.sum() if n.sum() else np.nan
        key = key if isinstance(key, tuple) else (key,)
        rows.append(
            {
                **dict(zip(keys, key, strict=True)),
                "value": value,
                "se": error,
                "count": count.sum(),
                "n": n.sum(),
                "forces": forces,
            }
        )
    return pd.DataFrame(rows)


def null_p_values(folder: Path, people: int, *, by_archetype: bool) -> pd.DataFrame:
    """Return how often p-values are small in null forces, against how often they may be.

    `above` is by how many standard errors the share lies above nominal; the error is taken under the level itself where
    hardly any p-value is small, so that a share of nothing is not infinitely sure.
    """
    table = gather(NULL, "p_values", folder=folder, people=people)
    groups = table["group"] != "all" if by_archetype else table["group"].isin(["all", "no archetype"])
    table = table[groups]
    parts = []
    for level in SMALL:
        one = table.rename(columns={f"at_{level}": "count"})
        shares = pooled(one, ["subject_kind", "concern", "detector", "group"]).assign(level=level)
        floor = np.sqrt(level * (1 - level) / shares["n"])
        shares["above"] = (shares["value"] - level) / np.maximum(shares["se"], floor)
        shares["times"] = shares["value"] / level
        parts.append(shares)
    return pd.concat(parts, ignore_index=True)


def null_selections(folder: Path, people: int) -> pd.DataFrame:
    """Return the share of null forces with any flag that is controlled by false discovery rate, by concern."""
    table = gather(NULL, "outcomes", folder=folder, people=people)
    table = table.assign(count=(table["selected"] > 0).astype(float), n=1.0)
    shares = pooled(table, ["subject_kind", "concern"])
    selected = table.groupby(["subject_kind", "concern"])["selected"].mean().rename("mean_selected").reset_index()
    return shares.merge(selected, on=["subject_kind", "concern"])


def unsettled(folder: Path, people: int) -> pd.DataFrame:
    """Return the share of nulls whose fit did not come to rest, by detector or rule, over null forces and others."""
    table = pd.concat([gather(world, "nulls", folder=folder, people=people) for world in (NULL, PLANTED)])
    # A force and its twin without patterns are two fits of nearly the same records: one cluster.
    return pooled(table, ["subject_kind", "concern", "detector"])


def planted(folder: Path, people: int, *, measure: str, by: str = "all") -> pd.DataFrame:
    """Return one measure over all forces with patterns, by concern, method and workload (0 is what was flagged)."""
    table = gather(PLANTED, "rates", folder=folder, people=people)
    table = table[(table["measure"] == measure) & (table["by"] == by)]
    return pooled(table, ["subject_kind", "concern", "basis", "scope", "name", "workload", "group"])


def group_ratios(folder: Path, people: int) -> pd.DataFrame:
    """Return false-positive ratios by protected group, counts pooled over forces, with intervals."""
    table = gather(PLANTED, "rates", folder=folder, people=people)
    table = table[table["measure"] == "false_positive_ratio"]
    keys = ["subject_kind", "concern", "basis", "scope", "name", "workload", "by", "group"]
    sums = table.groupby(keys)[["count", "n", "reference_count", "reference_n"]].sum().reset_index()
    count, n, other, m = (sums[c].to_numpy(dtype=float) for c in ("count", "n", "reference_count", "reference_n"))
    sums["low"], sums["high"] = ratio(count, n, other, m)
    with np.errstate(divide="ignore", invalid="ignore"):
        sums["value"] = np.where(other > 0, (count / n) / (other / m), np.nan)
    return sums


def clean_power(folder: Path, people: int) -> pd.DataFrame:
    """Return power when fitted to everybody as a share of power when fitted to clean peers only, by concern."""
    table = gather(PLANTED, "clean", folder=folder, people=people)
    sums = (
        table.groupby(["subject_kind", "concern", "fitted_to"])[["positives", "found", "selected"]].sum().reset_index()
    )
    by_fit = sums.pivot_table(
        index=["subject_kind", "concern"], columns="fitted_to", values=["positives", "found", "selected"]
    )
    by_fit.columns = [f"{a}_{b}" for a, b in by_fit.columns]
    by_fit["share_of_clean_power"] = by_fit["found_everybody"] / by_fit["found_clean"]
    return by_fit.reset_index().drop(columns="positives_clean").rename(columns={"positives_everybody": "positives"})
