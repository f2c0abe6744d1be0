"""What a method promises and does over drawn forces, by concern and promise: tables of the measured flags."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import beta

from benchmarks.drawn_forces.flagged import HIGH

FORCE_OF_A_CITY = 46_000
"""People to whom counts are scaled."""

PROMISES = ("contradiction", "comparison", "excess")
DEFAULT_LEVEL = 0.1
INTENSITIES = (0.0, 1.5, 2.0, 3.0, 5.0, np.inf)


def forces_of(folder: Path, seeds: range) -> list[dict[str, Any]]:
    """Return what was measured in every force of the seeds, with its world and seed."""
    forces = []
    for path in sorted(folder.glob("*.json")):
        world, people, seed = path.stem.rsplit("-", 2)
        if int(seed) in seeds:
            forces.append(
                {**json.loads(path.read_text("utf-8")), "world": world, "size": int(people), "seed": int(seed)}
            )
    return forces


def tables(forces: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Return every table over forces, by name; those of one kind of world are empty where it was not measured."""
    drawn = [force for force in forces if force["world"] == "drawn"]
    null = [force for force in forces if force["world"] == "drawn-null"]
    return {
        "false_discoveries": list(_false_discoveries(drawn)),
        "null_forces": list(_null_forces(null)),
        "innocent_people": [_innocent_people(name, part) for name, part in (("drawn", drawn), ("drawn-null", null))],
        "sources": list(_sources(drawn)) + list(_sources(null)),
        "equal_workload": list(_equal_workload(drawn)),
        "power": list(_power(drawn)),
        "archetypes": list(_archetypes(drawn)),
        "true_rates": list(_true_rates(drawn)),
    }


def _groups(forces: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yield each concern with all promises together, and with each promise that somebody was flagged by."""
    raised = {(flag["concern"], flag["promise"]) for force in forces for flag in force["flags"]}
    for concern in sorted({concern for concern, _ in raised}):
        yield concern, "all"
        yield from ((concern, promise) for promise in PROMISES if (concern, promise) in raised)


def _of(force: dict[str, Any], concern: str, promise: str) -> list[dict[str, Any]]:
    return [f for f in force["flags"] if f["concern"] == concern and promise in ("all", f["promise"])]


def _mean(values: list[float]) -> tuple[float, float]:
    """Return the mean over forces and its standard error."""
    spread = float(np.std(values, ddof=1)) if len(values) > 1 else float("nan")
    return float(np.mean(values)), spread / np.sqrt(max(len(values), 1))


def _interval(count: int, n: int) -> tuple[float, float]:
    """Return the 95% interval of a share (Clopper and Pearson 1934)."""
    low = float(beta.ppf(0.025, count, n - count + 1)) if count else 0.0
    high = float(beta.ppf(0.975, count + 1, n - count)) if count < n else 1.0
    return low, high


def _false_discoveries(drawn: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the mean false discovery proportion, 0 where nobody is flagged, and in how many forces it exceeds 2q."""
    for concern, promise in _groups(drawn):
        parts = [_of(force, concern, promise) for force in drawn]
        shares = [1 - float(np.mean([flag["right"] for flag in part])) if part else 0.0 for part in parts]
        q = drawn[0]["levels"].get(concern, DEFAULT_LEVEL)
        mean, error = _mean(shares)
        flags = [flag for part in parts for flag in part]
        right = sum(flag["right"] for flag in flags)
        low, high = _interval(right, len(flags))
        yield {
            "concern": concern,
            "promise": promise,
            "forces": len(drawn),
            "flags_a_force": len(flags) / len(drawn),
            "right": right / len(flags),
            "low": low,
            "high": high,
            "false_discoveries": mean,
            "standard_error": error,
            "q": q,
            "above_twice_q": float(np.mean([share > 2 * q for share in shares])),
        }


def _null_forces(null: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the share of forces with nobody of concern in which anybody is flagged."""
    for concern, promise in _groups(null):
        counts = [len(_of(force, concern, promise)) for force in null]
        any_flag = sum(count > 0 for count in counts)
        low, high = _interval(any_flag, len(null))
        yield {
            "concern": concern,
            "promise": promise,
            "forces": len(null),
            "any_flag": any_flag / len(null),
            "low": low,
            "high": high,
            "flags_a_force": float(np.mean(counts)),
        }


def _innocent_people(world: str, forces: list[dict[str, Any]]) -> dict[str, Any]:
    """Return how many people without any pattern are flagged per 46,000: the median and the worst tenth of forces."""
    counts = [force["innocent_flagged"] / force["people"] * FORCE_OF_A_CITY for force in forces]
    levels = np.quantile(counts, [0.5, 0.9]) if counts else [float("nan")] * 2
    return {"world": world, "forces": len(forces), "median": float(levels[0]), "worst_tenth": float(levels[1])}


def _sources(forces: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield each rule and each detector, or detectors together, that flags rest on."""
    flags = pd.DataFrame([{**flag, "force": force["seed"]} for force in forces for flag in force["flags"]])
    if flags.empty:
        return
    for (concern, promise, by), part in flags.groupby(["concern", "promise", "by"], sort=True):
        right = int(part["right"].sum())
        low, high = _interval(right, len(part))
        proportions = 1 - part.groupby("force")["right"].mean()
        yield {
            "world": forces[0]["world"],
            "concern": concern,
            "promise": promise,
            "by": by,
            "flags_a_force": len(part) / len(forces),
            "right": right / len(part),
            "low": low,
            "high": high,
            "false_discoveries": float(proportions.sum()) / len(forces),
        }


def _table(drawn: list[dict[str, Any]], name: str) -> pd.DataFrame:
    return pd.DataFrame([{**row, "force": force["seed"]} for force in drawn for row in force[name]])


def _equal_workload(drawn: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the share that is right among the first few, with its standard error over forces."""
    table = _table(drawn, "workloads")
    if table.empty:
        return
    table["precision"] = table["right"] / table["looked_at"]
    for (kind, concern, share, by), part in table.groupby(["subject_kind", "concern", "workload", "by"], sort=True):
        mean, error = _mean(part["precision"].tolist())
        yield {
            "subject_kind": kind,
            "concern": concern,
            "workload": share,
            "by": by,
            "precision": mean,
            "standard_error": error,
        }


def _power(drawn: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the share of subjects of each typology that are flagged for its concern, by intensity."""
    table = _table(drawn, "subjects")
    if table.empty:
        return
    table["band"] = pd.cut(table["intensity"], INTENSITIES, right=False).astype(str)
    table["flagged"] = table["promises"].map(len) > 0
    every = table.assign(typology="all")
    for (typology, concern, band), part in pd.concat([table, every]).groupby(
        ["typology", "concern", "band"], sort=True
    ):
        flagged = int(part["flagged"].sum())
        low, high = _interval(flagged, len(part))
        by_promise = {p: float(part["promises"].map(lambda names, p=p: p in names).mean()) for p in PROMISES}
        yield {
            "typology": typology,
            "concern": concern,
            "intensity": band,
            "subjects": len(part),
            "flagged": flagged / len(part),
            "low": low,
            "high": high,
            **by_promise,
        }


def _archetypes(drawn: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield how often innocent people of each archetype are flagged, next to all innocent people."""
    table = _table(drawn, "archetypes")
    if table.empty:
        return
    sums = table.groupby("archetype")[["people", "flagged"]].sum()
    overall = sums.loc["all", "flagged"] / sums.loc["all", "people"]
    for name, row in sums.iterrows():
        low, high = _interval(int(row["flagged"]), int(row["people"]))
        yield {
            "archetype": name,
            "people": int(row["people"]),
            "flagged": row["flagged"] / row["people"],
            "low": low,
            "high": high,
            "times_overall": row["flagged"] / row["people"] / overall if overall else float("nan"),
        }


def _true_rates(drawn: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield how many flags by excess are of somebody whose true rate is as high as such a flag says."""
    for concern, promise in _groups(drawn):
        if promise != "excess":
            continue
        known = [f["true_rate"] for force in drawn for f in _of(force, concern, promise) if f["true_rate"] is not None]
        known = [rate for rate in known if not np.isnan(rate)]
        if known:
            high = sum(rate >= HIGH for rate in known)
            low, upper = _interval(high, len(known))
            yield {
                "concern": concern,
                "flags": len(known),
                "at_least_twice": high / len(known),
                "low": low,
                "high": upper,
                "mean_true_rate": float(np.mean(known)),
            }


def markdown(rows: list[dict[str, Any]]) -> str:
    """Return a table as Markdown: shares and counts to three digits."""
    if not rows:
        return "(nothing measured)"
    names = list(rows[0])
    shown: Callable[[Any], str] = lambda value: f"{value:.3g}" if isinstance(value, float) else str(value)  # noqa: E731
    lines = ["| " + " | ".join(name.replace("_", " ") for name in names) + " |", "|" + "---|" * len(names)]
    lines += ["| " + " | ".join(shown(row.get(name, "")) for name in names) + " |" for row in rows]
    return "\n".join(lines)
