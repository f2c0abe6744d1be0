"""What a method promises and does over drawn forces, by concern and promise: tables of the measured flags."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.drawn_forces.archetype_rates import archetype_rates
from benchmarks.drawn_forces.flagged import HIGH
from benchmarks.drawn_forces.over_forces import mean_over_forces, share_interval, table_of
from benchmarks.drawn_forces.workloads import equal_workload, next_to_baselines
from data.vocabulary import CONCERNS

FORCE_OF_A_CITY = 46_000
"""People to whom counts are scaled."""

PROMISES = ("contradiction", "comparison", "excess")
EVERY = "all"
DEFAULT_LEVEL = 0.1
INTENSITIES = (0.0, 1.5, 2.0, 3.0, 5.0, np.inf)

NULL_ERRORS, FALSE_ERRORS = 3, 2
"""By how many standard errors the share of forces with a flag, and the mean false proportion, may exceed q."""

KEPT, BROKEN, NONE_PROMISED, TOO_FEW = "kept", "broken", "none promised", "too few forces"


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
        "innocent_people": [
            _innocent_people(name, part, by)
            for name, part in (("drawn", drawn), ("drawn-null", null))
            for by in ("innocent_flagged", "innocent_flagged_by_rate")
        ],
        "sources": list(_sources(drawn)) + list(_sources(null)),
        "equal_workload": list(equal_workload(drawn)),
        "next_to_baselines": list(next_to_baselines(drawn)),
        "power": list(_power(drawn)),
        "archetypes": list(archetype_rates(drawn)),
        "true_rates": list(_true_rates(drawn)),
    }


def _groups(forces: list[dict[str, Any]]) -> Iterator[tuple[str, str, str]]:
    """Yield each concern with all its flags, with those of each promise, and with each family of a promise.

    Rules and comparison are listed in any case: that they flag nobody in any force is a result.
    """
    raised = {(f["concern"], f["promise"], f["family"]) for force in forces for f in force["flags"]}
    for concern in CONCERNS:
        yield concern, EVERY, EVERY
        for promise in PROMISES:
            families = sorted({family for c, p, family in raised if (c, p) == (concern, promise)})
            if families or promise != "excess":
                yield concern, promise, EVERY
            yield from ((concern, promise, family) for family in families if len(families) > 1)


def _of(force: dict[str, Any], concern: str, promise: str, family: str = EVERY) -> list[dict[str, Any]]:
    return [
        f
        for f in force["flags"]
        if f["concern"] == concern and promise in (EVERY, f["promise"]) and family in (EVERY, f["family"])
    ]


def _level(forces: list[dict[str, Any]], concern: str, promise: str) -> float | None:
    """Return the rate that is aimed at, None where a concern's flags are the strongest so many and promise none."""
    if promise == "contradiction":
        return float(forces[0].get("rule_level", DEFAULT_LEVEL))
    if promise == "excess":
        return DEFAULT_LEVEL
    level = forces[0]["levels"].get(concern)
    return None if level is None else float(level)


def _verdict(value: float, bound: float | None) -> str:
    if bound is None:
        return NONE_PROMISED
    if np.isnan(bound):
        return TOO_FEW
    return KEPT if value <= bound else BROKEN


def _false_discoveries(drawn: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the mean false discovery proportion, 0 where nobody is flagged, and in how many forces it exceeds 2q.

    The mean may exceed q by two of its standard errors over forces.
    """
    for concern, promise, family in _groups(drawn) if drawn else ():
        parts = [_of(force, concern, promise, family) for force in drawn]
        shares = [1 - float(np.mean([flag["right"] for flag in part])) if part else 0.0 for part in parts]
        q = _level(drawn, concern, promise)
        mean, error = mean_over_forces(shares)
        flags = [flag for part in parts for flag in part]
        right = sum(flag["right"] for flag in flags)
        low, high = share_interval(right, len(flags)) if flags else (float("nan"), float("nan"))
        yield {
            "concern": concern,
            "promise": promise,
            "family": family,
            "forces": len(drawn),
            "flags_a_force": len(flags) / len(drawn),
            "right": right / len(flags) if flags else float("nan"),
            "low": low,
            "high": high,
            "false_discoveries": mean,
            "standard_error": error,
            "q": q,
            "verdict": _verdict(mean, None if q is None else q + FALSE_ERRORS * error),
            "above_twice_q": None if q is None else float(np.mean([share > 2 * q for share in shares])),
        }


def _null_forces(null: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the share of forces with nobody of concern in which anybody is flagged.

    It may exceed q by three standard errors: those that a share of q has over so many forces.
    """
    for concern, promise, family in _groups(null) if null else ():
        counts = [len(_of(force, concern, promise, family)) for force in null]
        any_flag = sum(count > 0 for count in counts)
        low, high = share_interval(any_flag, len(null))
        q = _level(null, concern, promise)
        share = any_flag / len(null)
        bound = None if q is None else q + NULL_ERRORS * np.sqrt(q * (1 - q) / len(null))
        yield {
            "concern": concern,
            "promise": promise,
            "family": family,
            "forces": len(null),
            "any_flag": share,
            "standard_error": float(np.sqrt(share * (1 - share) / len(null))),
            "low": low,
            "high": high,
            "q": q,
            "verdict": _verdict(share, bound),
            "flags_a_force": float(np.mean(counts)),
        }


def _innocent_people(world: str, forces: list[dict[str, Any]], by: str) -> dict[str, Any]:
    """Return how many people without any pattern are flagged per 46,000: the median and the worst tenth of forces."""
    counts = [force[by] / force["people"] * FORCE_OF_A_CITY for force in forces]
    levels = np.quantile(counts, [0.5, 0.9]) if counts else [float("nan")] * 2
    return {
        "world": world,
        "flagged_by": "rate" if by.endswith("by_rate") else "anything",
        "forces": len(forces),
        "median": float(levels[0]),
        "worst_tenth": float(levels[1]),
    }


def _sources(forces: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield each rule and each detector, or detectors together, that flags rest on."""
    flags = pd.DataFrame([{**flag, "force": force["seed"]} for force in forces for flag in force["flags"]])
    if flags.empty:
        return
    for (concern, promise, by), part in flags.groupby(["concern", "promise", "by"], sort=True):
        right = int(part["right"].sum())
        low, high = share_interval(right, len(part))
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


def _power(drawn: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield the share of subjects of each typology that are flagged for its concern, by intensity."""
    table = table_of(drawn, "subjects")
    if table.empty:
        return
    # The truth gives intensities of drawn forces as multiples of what peers ordinarily leave.
    table["band"] = pd.cut(table["intensity"], INTENSITIES, right=False).astype(str)
    table["flagged"] = table["promises"].map(len) > 0
    every = table.assign(typology="all")
    for (typology, concern, band), part in pd.concat([table, every]).groupby(
        ["typology", "concern", "band"], sort=True
    ):
        flagged = int(part["flagged"].sum())
        low, high = share_interval(flagged, len(part))
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


def _true_rates(drawn: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield how many flags by excess are of somebody whose true rate is as high as such a flag says."""
    for concern, promise, family in _groups(drawn):
        if promise != "excess" or family != EVERY:
            continue
        known = [f["true_rate"] for force in drawn for f in _of(force, concern, promise) if f["true_rate"] is not None]
        known = [rate for rate in known if not np.isnan(rate)]
        if known:
            high = sum(rate >= HIGH for rate in known)
            low, upper = share_interval(high, len(known))
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
