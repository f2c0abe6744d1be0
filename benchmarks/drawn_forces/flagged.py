"""What one run says of a drawn force beside its truth: flags, who was planted, archetypes, baselines."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from math import ceil
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from data.synthetic.generate import GENERATOR
from data.synthetic.memory_world import MemoryWorld
from data.synthetic.truth_rates import KINDS
from data.vocabulary import CONCERNS
from pipeline.settings import Settings
from pipeline.trial import Trial
from stress.ranking import COMBINED, combined_scores

WORKLOADS = (0.005, 0.01, 0.02)
"""Shares of people, or of teams, who are looked at when methods are compared at an equal workload."""

RATE_MONTHS = 12
"""Months before the as-of date over which a true rate is averaged."""

HIGH = 2.0
"""From how many times peers' a true rate on counts as high."""

KEYS = ["subject_kind", "subject_id", "concern"]


def measured(made: MemoryWorld, trial: Trial, settings: Settings) -> dict[str, Any]:
    """Return everything that the tables over forces are made from."""
    planted = made.truth["truth_subject"].to_pandas()
    sought = planted[KEYS].drop_duplicates()
    flags = flags_of(made, trial, settings, sought)
    people = {
        str(kind): sorted(set(part["subject_id"]))
        for kind, part in trial.subjects.to_pandas().groupby("subject_kind", sort=True)
    }
    return {
        "measured_on": datetime.now(UTC).date().isoformat(),
        "generator": GENERATOR,
        "people": len(people.get("officer", [])),
        "teams": len(people.get("unit", [])),
        "levels": dict(settings.levels),
        "rule_level": settings.contradictions.q,
        "planted": len(sought),
        "flags": flags.drop(columns=["subject_id"]).to_dict("records"),
        "innocent_flagged": _people(_of_innocent(flags, planted)),
        "innocent_flagged_by_rate": _people(_of_innocent(flags[flags["by_rate"]], planted)),
        "innocent_by": _innocent_by(_of_innocent(flags, planted)),
        "subjects": _planted_subjects(planted, flags),
        "archetypes": _archetypes(made, flags, people.get("officer", []), planted),
        "workloads": list(_workloads(trial, sought)),
    }


def flags_of(made: MemoryWorld, trial: Trial, settings: Settings, sought: pd.DataFrame) -> pd.DataFrame:
    """Return the flags with the promise each carries, whether it is right, and of an excess the true rate."""
    flags = trial.flags.to_pandas().merge(sought.assign(right=True), on=KEYS, how="left")
    flags["right"] = flags["right"].notna()
    flags["by"] = flags["detectors"].map(lambda names: names if isinstance(names, str) else "+".join(names))
    if "promise" not in flags:
        by_comparison = flags["family"].map({"contradiction": "contradiction", "excess": "excess"})
        flags["promise"] = by_comparison.fillna("comparison")
    # Tables put them together, and say of each concern whether a rate is promised.
    flags["promise"] = flags["promise"].replace("none", "comparison")
    rates = true_rates(made)
    kinds = _kinds_of_excess(trial, settings)
    flags["true_rate"] = [
        rates.get((subject, kinds.get((subject, concern), "")), np.nan) if promise == "excess" else np.nan
        for subject, concern, promise in zip(flags["subject_id"], flags["concern"], flags["promise"], strict=True)
    ]
    # Where a concern is selected by capacity, its flags by comparison promise no rate; all others do.
    flags["by_rate"] = (flags["promise"] != "comparison") | flags["concern"].isin(list(settings.levels))
    return flags[[*KEYS, "family", "promise", "by", "by_rate", "right", "true_rate"]]


def true_rates(made: MemoryWorld) -> dict[tuple[int, str], float]:
    """Return each officer's true rate of each kind of conduct, averaged over the last months."""
    rates = made.truth["truth_rate"].to_pandas()
    recent = sorted(rates["month_from"].unique())[-RATE_MONTHS:]
    mean = rates[rates["month_from"].isin(recent)].groupby(["officer_id", "kind"])["relative_rate"].mean()
    return {(int(officer), str(kind)): float(value) for (officer, kind), value in mean.items()}


def _kinds_of_excess(trial: Trial, settings: Settings) -> dict[tuple[int, str], str]:
    """Return the kind of conduct that each excess is about, by the table of its strongest indicator."""
    tables = {one.name: one.table for one in settings.indicators}
    kind_of = {table: kind for kind, (_, table) in KINDS.items()}
    scores = trial.scores.filter(pa.array([family == "excess" for family in trial.scores["family"].to_pylist()]))
    kinds = {}
    for row in scores.select(["subject_id", "concern", "contributions"]).to_pylist():
        listed = json.loads(row["contributions"] or "[]")
        if listed:
            kinds[row["subject_id"], row["concern"]] = kind_of.get(tables.get(listed[0]["indicator"], ""), "")
    return kinds


def _of_innocent(flags: pd.DataFrame, planted: pd.DataFrame) -> pd.DataFrame:
    """Return the flags of people without any pattern, whatever for."""
    officers = planted.loc[planted["subject_kind"] == "officer", "subject_id"]
    return flags[(flags["subject_kind"] == "officer") & ~flags["subject_id"].isin(officers)]


def _people(flags: pd.DataFrame) -> int:
    return int(flags["subject_id"].nunique())


def _innocent_by(flags: pd.DataFrame) -> list[dict[str, Any]]:
    """Return how many innocent people are flagged for each concern by each promise."""
    return [
        {"concern": concern, "promise": promise, "people": _people(part)}
        for (concern, promise), part in flags.groupby(["concern", "promise"], sort=True)
    ]


def _planted_subjects(planted: pd.DataFrame, flags: pd.DataFrame) -> list[dict[str, Any]]:
    """Return each subject of a typology with its intensity, and by which promises it is flagged for its concern."""
    promises = flags.groupby(KEYS)["promise"].agg(lambda names: sorted(set(names))).rename("promises").reset_index()
    table = planted.merge(promises, on=KEYS, how="left")
    return [
        {
            "typology": row["typology"],
            "concern": row["concern"],
            "subject_kind": row["subject_kind"],
            "intensity": row["intensity"],
            "promises": row["promises"] if isinstance(row["promises"], list) else [],
        }
        for row in table.to_dict("records")
    ]


def _archetypes(
    made: MemoryWorld, flags: pd.DataFrame, officers: list[int], planted: pd.DataFrame
) -> list[dict[str, Any]]:
    """Return how many innocent people have each archetype and how many of them are flagged; `all` is everybody."""
    innocent = set(officers) - set(planted.loc[planted["subject_kind"] == "officer", "subject_id"])
    of_people = flags[flags["subject_kind"] == "officer"]
    flagged = {
        "flagged": set(of_people["subject_id"]),
        "flagged_by_rate": set(of_people.loc[of_people["by_rate"], "subject_id"]),
        **{f"flagged_{c}": set(of_people.loc[of_people["concern"] == c, "subject_id"]) for c in CONCERNS},
    }
    held = made.truth["truth_archetype"].to_pandas()
    groups = {"all": innocent}
    groups |= {str(name): innocent & set(part["officer_id"]) for name, part in held.groupby("archetype", sort=True)}
    return [
        {"archetype": name, "people": len(members), **{how: len(members & who) for how, who in flagged.items()}}
        for name, members in groups.items()
    ]


def _workloads(trial: Trial, sought: pd.DataFrame) -> list[dict[str, Any]]:
    """Return, for all detectors together and each baseline, how many of the first few are right."""
    scores = pa.concat_tables([trial.scores, combined_scores(trial.comparisons, trial.contradictions)]).to_pandas()
    scores = scores[scores["family"].isin(["baseline", COMBINED])]
    scores = scores.merge(sought.assign(right=1.0), on=KEYS, how="left")
    rows = []
    for (kind, concern, detector), part in scores.groupby(["subject_kind", "concern", "detector"], sort=True):
        # Whoever no score speaks of stands last; equal scores are in the order of ids, which tell nothing.
        right = part.sort_values(["score", "subject_id"], ascending=[False, True], na_position="last")["right"]
        for share in WORKLOADS:
            first = ceil(share * len(part))
            rows.append(
                {
                    "subject_kind": kind,
                    "concern": concern,
                    "by": detector,
                    "workload": share,
                    "looked_at": first,
                    "right": int(right.fillna(0.0).iloc[:first].sum()),
                    "sought": int(right.fillna(0.0).sum()),
                }
            )
    return rows
