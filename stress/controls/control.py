"""What a control is, what it is given, and what it reads off."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import numpy as np
import pyarrow as pa

from data.arrays import Ids
from data.random import generator
from data.synthetic.world import World
from data.vocabulary import SUBJECT_KINDS, SubjectKind
from features.table import FeatureTable
from pipeline.settings import Settings
from pipeline.trial import Trial, feature_table, try_records


@dataclass(frozen=True, kw_only=True)
class Reading:
    """Something counted where nothing is to be found: `count` of `n`, of which no more than `allowed` were to be.

    `allowed` is the number expected at the most that the claim permits, such as the stated rate times the worlds; None
    where nothing was promised, so that the count is told and not judged. `real` and `real_n` are the same count in the
    real result, None where there is none. Readings of the same thing from several draws or worlds are added up.

    Example:
        >>> flags = Reading(what="flags", subject_kind="officer", concern="culture", count=1, n=10, allowed=1.0)
        >>> from stress.controls.verdict import pool
        >>> [(total.count, total.n, total.allowed) for total in pool([flags, flags])]
        [(2, 20, 2.0)]
    """

    what: str
    subject_kind: str
    concern: str
    count: float
    n: float
    allowed: float | None
    real: float | None = None
    real_n: float | None = None


@dataclass(frozen=True)
class PlantedSubjects:
    """The subjects in whom something was planted, by kind and concern: known in synthetic worlds only."""

    ids: Mapping[tuple[str, str], Ids]

    @classmethod
    def of(cls, truth_subject: pa.Table) -> PlantedSubjects:
        """Return the planted subjects of a world's truth.

        Example:
            >>> rows = {"subject_kind": ["officer"] * 2, "concern": ["welfare"] * 2, "subject_id": [9, 4]}
            >>> PlantedSubjects.of(pa.table(rows)).officers().tolist()
            [4, 9]
        """
        rows = truth_subject.select(["subject_kind", "concern", "subject_id"]).to_pydict()
        subjects: dict[tuple[str, str], set[int]] = {}
        for kind, concern, subject in zip(*rows.values(), strict=True):
            subjects.setdefault((kind, concern), set()).add(subject)
        return cls({key: np.array(sorted(ids), dtype=np.int64) for key, ids in sorted(subjects.items())})

    def officers(self) -> Ids:
        """Return the officers in whom anything was planted, ascending."""
        arrays = [ids for (kind, _), ids in self.ids.items() if kind == "officer"]
        return np.unique(np.concatenate(arrays)) if arrays else np.zeros(0, dtype=np.int64)


@dataclass(frozen=True)
class ControlInput:
    """What every control is handed: records, settings, and the real result on them.

    `trial` is the real result on `records` as of `as_of`. `planted` is None where there is no truth. `null_worlds` are
    worlds in which nothing is planted. `draws` is how often a control that draws at random does so. `progress` is
    called with the number of steps that are done: one a null world, one a draw, one for anything else.
    """

    settings: Settings
    as_of: date
    records: Mapping[str, pa.Table]
    trial: Trial
    planted: PlantedSubjects | None
    null_worlds: tuple[World, ...] = ()
    draws: int = 1
    seed: int = 0
    progress: Callable[[int], None] = field(default=lambda _: None, compare=False)

    @cached_property
    def tables(self) -> dict[SubjectKind, FeatureTable]:
        """The feature values of the real result, by kind of subject; kinds without any are left out."""
        tables = {kind: feature_table(self.trial, kind, self.as_of) for kind in SUBJECT_KINDS}
        return {kind: table for kind, table in tables.items() if table.cells}

    def generator(self, name: str) -> np.random.Generator:
        """Return a control's stream of random numbers: it depends on the seeds and the name alone."""
        return generator(self.settings.seed, self.seed, name)


def control_input(
    records: Mapping[str, pa.Table],
    *,
    settings: Settings,
    as_of: date,
    truth: Mapping[str, pa.Table] | None = None,
    trial: Trial | None = None,
    null_worlds: tuple[World, ...] = (),
    draws: int = 1,
    seed: int = 0,
    progress: Callable[[int], None] = lambda _: None,
) -> ControlInput:
    """Return the input of controls; the real result is computed unless it is handed in, without contributions."""
    result = trial
    if result is None:
        result = try_records(records, settings=settings, as_of=[as_of], contributions=False)
    subjects = PlantedSubjects.of(truth["truth_subject"]) if truth is not None else None
    return ControlInput(settings, as_of, records, result, subjects, null_worlds, draws, seed, progress)


@dataclass(frozen=True, kw_only=True)
class Control:
    """Something done to records or worlds after which nothing must be found, or nothing must change.

    `question` says what is done, `requirement` what must hold, `detects` what a failure points at, and `blind_to` what
    it cannot see. `read` does it and returns what was counted. `unavailable` says why it cannot be run on some input,
    None if it can; `steps` in how many steps it reports its progress.

    Example:
        >>> from stress.controls.library import controls
        >>> controls()["leakage_canary"].requirement
        'features, subjects, scores, flags and selections are the same to the byte'
    """

    question: str
    requirement: str
    detects: str
    blind_to: str
    read: Callable[[ControlInput], list[Reading]]
    unavailable: Callable[[ControlInput], str | None] = lambda _: None
    steps: Callable[[ControlInput], int] = lambda _: 1
    name: str = ""
