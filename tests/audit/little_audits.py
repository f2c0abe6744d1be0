"""Little audits to measure: flags, scores, subjects, people and truth drawn at random, with every awkward thing in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from audit.rates import Truth, rates
from audit.rates.rate_options import RateOptions

AS_OF = date(2026, 1, 1)
CONCERNS = ("standards", "welfare")
DETECTORS = {"peer_rate": "peer", "shape": "pattern", "badge_rule": "contradiction", "count": "baseline"}


@dataclass(frozen=True)
class LittleAudit:
    """All tables of an audit, as pandas."""

    flags: pd.DataFrame
    scores: pd.DataFrame
    subjects: pd.DataFrame
    people: pd.DataFrame
    units: pd.DataFrame
    truth_subject: pd.DataFrame
    truth_archetype: pd.DataFrame

    @property
    def truth(self) -> Truth:
        return Truth.of(self.truth_subject, self.truth_archetype)

    def rates(self, *, truth: bool = True, **options: Any) -> pd.DataFrame:
        return rates(
            self.flags,
            subjects=self.subjects,
            scores=self.scores,
            people=self.people,
            units=self.units,
            truth=self.truth if truth else None,
            options=RateOptions(**options),
        )


def little_audit(seed: int, *, people: int = 60, flagged: float = 0.15) -> LittleAudit:
    """Draw an audit of some people in three teams of two boroughs."""
    rng = np.random.default_rng(seed)
    ids = np.sort(rng.choice(10_000, people, replace=False))
    teams = rng.choice([11, 12, 13], people)
    subjects = pd.DataFrame(
        {
            "subject_kind": "officer",
            "as_of": AS_OF,
            "subject_id": ids,
            "role": rng.choice(["response", "custody"], people),
            "rank": rng.choice(["constable", "sergeant"], people),
            "team_id": teams,
            "area_id": np.where(teams == 13, 3, 2),
        }
    )
    units = pd.DataFrame({"unit_id": [2, 3, 11, 12, 13], "name": ["North", "South", "a", "b", "c"]})
    return LittleAudit(
        flags=_flags(rng, ids, flagged),
        scores=_scores(rng, ids),
        subjects=subjects.sample(frac=1, random_state=seed),
        people=_people(rng, ids),
        units=units,
        truth_subject=_planted(rng, ids),
        truth_archetype=_benign(rng, ids),
    )


def _flags(rng: np.random.Generator, ids: np.ndarray, share: float) -> pd.DataFrame:
    rows = []
    for concern in CONCERNS:
        for family in ("peer", "contradiction"):
            for subject in ids[rng.random(len(ids)) < share]:
                detectors = (
                    ["badge_rule"] if family == "contradiction" else list(rng.permutation(["peer_rate", "shape"]))
                )
                rows.append((f"f{len(rows)}", "officer", int(subject), AS_OF, concern, family, detectors[:2]))
    columns = ["flag_id", "subject_kind", "subject_id", "as_of", "concern", "family", "detectors"]
    return pd.DataFrame(rows, columns=columns)


def _scores(rng: np.random.Generator, ids: np.ndarray) -> pd.DataFrame:
    parts = []
    for concern in CONCERNS:
        for detector, family in DETECTORS.items():
            score = (
                rng.integers(0, 5, len(ids)) if family in ("contradiction", "baseline") else rng.normal(size=len(ids))
            )
            p_value = np.where(rng.random(len(ids)) < 0.1, np.nan, rng.random(len(ids)))
            if family in ("contradiction", "baseline"):
                p_value[:] = np.nan
            parts.append(
                pd.DataFrame(
                    {
                        "subject_kind": "officer",
                        "subject_id": ids,
                        "as_of": AS_OF,
                        "concern": concern,
                        "detector": detector,
                        "family": family,
                        "score": score.astype(float),
                        "p_value": p_value,
                    }
                )
            )
    return pd.concat(parts, ignore_index=True)


def _people(rng: np.random.Generator, ids: np.ndarray) -> pd.DataFrame:
    n = len(ids)
    return pd.DataFrame(
        {
            "officer_id": ids,
            "sex": rng.choice(["female", "male"], n),
            "ethnicity": rng.choice(["white", "black", "asian", None], n, p=[0.7, 0.15, 0.1, 0.05]),
            "disability": pd.Series(rng.choice([True, False, None], n, p=[0.1, 0.8, 0.1]), dtype=object),
            "joined_on": [AS_OF - timedelta(days=int(d)) for d in rng.integers(1, 9000, n)],
        }
    ).sample(frac=0.95, random_state=1)


def _planted(rng: np.random.Generator, ids: np.ndarray) -> pd.DataFrame:
    rows: list[tuple[Any, ...]] = []
    for subject in rng.choice(ids, len(ids) // 4, replace=False).tolist():
        for _ in range(int(rng.integers(1, 3))):
            started = AS_OF + timedelta(days=int(rng.integers(-900, 100)))
            ended = None if rng.random() < 0.3 else started + timedelta(days=int(rng.integers(0, 500)))
            concern = str(rng.choice(CONCERNS))
            rows.append(("officer", subject, concern, f"{concern}_{rng.integers(2)}", started, ended, 1.0))
    rows.append(("unit", 13, "culture", "toxic_team", AS_OF - timedelta(days=90), None, 1.0))
    columns = ["subject_kind", "subject_id", "concern", "typology", "started_on", "ended_on", "intensity"]
    return pd.DataFrame(rows, columns=columns)


def _benign(rng: np.random.Generator, ids: np.ndarray) -> pd.DataFrame:
    rows = []
    for subject in rng.choice(ids, len(ids) // 3, replace=False).tolist():
        started = AS_OF + timedelta(days=int(rng.integers(-900, 100)))
        rows.append((subject, str(rng.choice(["carer", "late_booker"])), started, started + timedelta(days=200)))
    return pd.DataFrame(rows, columns=["officer_id", "archetype", "started_on", "ended_on"])
