"""The specification curve of a run: whom every specification flags, the run's own settings being one of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa

from audit.rates.positives import PositiveDefinition, truth_labels
from audit.rates.truth_tables import Truth
from audit.specification.choices import Plan
from audit.specification.evaluation import Judged, Progress, run_tasks, tasks_of
from audit.specification.run_values import Basis
from audit.specification.space import Space, Specification, spaces
from data.arrays import Bools, Floats, Ids
from data.errors import VerificationFailed
from data.vocabulary import Concern, SubjectKind


@dataclass(frozen=True)
class Side:
    """One kind of subject and concern on one date, under every specification that was run.

    `ids` are all subjects compared by the run, `candidates` those whom any specification flags, ascending. `flagged`
    says which specification (in rows) flags which candidate. `own` says whom the run flags, `right` in whom a pattern
    of the concern was planted; both are aligned to the candidates, the latter None without truth.
    """

    as_of: date
    kind: SubjectKind
    concern: Concern
    specifications: tuple[Specification, ...]
    judged: tuple[Judged, ...]
    ids: Ids
    candidates: Ids
    flagged: Bools
    own: Bools
    right: Bools | None

    @property
    def weight(self) -> Floats:
        """For how many specifications each stands."""
        return np.array([s.weight for s in self.specifications])


@dataclass(frozen=True)
class Curve:
    """The curve of a run: the plan, what there was to choose from, and a side for each concern, kind and date."""

    basis: Basis
    plan: Plan
    spaces: tuple[Space, ...]
    sides: tuple[Side, ...]

    @property
    def contradictions(self) -> list[Mapping[str, Any]]:
        """The run's flags by contradiction, on which none of the choices bears."""
        rows: list[Mapping[str, Any]] = self.basis.flags.to_pylist()
        return [row for row in rows if row["family"] == "contradiction"]


def draw_curve(
    basis: Basis,
    plan: Plan,
    *,
    truth: Truth | None = None,
    workers: int = 1,
    progress: Callable[[int], Progress] | None = None,
) -> Curve:
    """Run the specifications of a plan on what a run computed.

    `progress` is told how many tasks there are and returns what is called as they are done. The result is the same
    whatever the number of workers.

    Raises:
        VerificationFailed: the run's own settings do not flag whom the run flagged, so that nothing here is about it.
    """
    found = spaces(basis, plan)
    tasks = [tasks_of(space, plan, basis) for space in found]
    every = [task for mine in tasks for task in mine]
    done = iter(run_tasks(every, workers=workers, progress=progress(len(every)) if progress else None))
    sides: list[Side] = []
    for space, mine in zip(found, tasks, strict=True):
        said = [one for _ in mine for one in next(done)]
        days = sorted({one.as_of for one in said})
        sides += [_side(basis, space, day, [one for one in said if one.as_of == day], truth) for day in days]
    _check(basis, sides)
    return Curve(basis, plan, tuple(found), tuple(sides))


def _side(basis: Basis, space: Space, day: date, said: list[Judged], truth: Truth | None) -> Side:
    said = sorted(said, key=lambda one: one.number)
    candidates = np.unique(np.concatenate([one.flagged for one in said]))
    flagged = np.stack([np.isin(candidates, one.flagged, assume_unique=True) for one in said])
    ids = basis.tables[day, space.kind].ids
    right = None
    if truth is not None:
        labels = truth_labels(
            truth,
            kind=space.kind,
            concern=space.concern,
            as_of=day,
            ids=ids,
            teams=None,
            definition=PositiveDefinition(),
        )
        right = np.isin(candidates, ids[labels.positive])
    return Side(
        *(day, space.kind, space.concern, space.chosen, tuple(said), ids, candidates, flagged),
        own=flagged[0],
        right=right,
    )


def _check(basis: Basis, sides: list[Side]) -> None:
    """Hold the specification that changes nothing to the flags that the run raised."""
    raised = flagged_by(basis.flags)
    again = {
        (side.as_of, side.kind, side.concern, subject)
        for side in sides
        for subject in side.candidates[side.own].tolist()
    }
    if again != raised:
        lost, new = sorted(raised - again, key=str), sorted(again - raised, key=str)
        first = (lost or new)[0]
        raise VerificationFailed(
            "The run's own settings, run again, do not flag whom the run flagged.",
            expected=f"the {len(raised)} flags by comparison in the run",
            found=f"{len(lost)} of them not raised again, {len(new)} raised besides",
            where=f"{first[1]} {first[3]}, {first[2]}, as of {first[0]}",
            hint="The run was made by other code: run it again, or use the version that the manifest names.",
        )


def flagged_by(flags: pa.Table) -> set[tuple[date, str, str, int]]:
    """Return whom a run flagged by comparison: as-of date, kind, concern and id."""
    columns = flags.select(["as_of", "subject_kind", "concern", "subject_id", "family"]).to_pylist()
    return {
        (row["as_of"], row["subject_kind"], row["concern"], row["subject_id"])
        for row in columns
        if row["family"] != "contradiction"
    }
