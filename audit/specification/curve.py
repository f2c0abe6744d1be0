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
from audit.specification.choices import SpecificationPlan
from audit.specification.curve_cost import CurveCost, cost_of
from audit.specification.evaluation import Evaluation, run_tasks, tasks_of
from audit.specification.excess_curve import ExcessSlice, excess_slices
from audit.specification.run_values import RunValues
from audit.specification.space import Space, Specification, spaces
from data.arrays import Bools, Floats, Ids
from data.errors import VerificationFailed
from data.vocabulary import Concern, SubjectKind

TaskProgress = Callable[[int], Callable[[int], None]]
"""Takes the number of tasks, and returns what is called with the number of those that have just been done."""


@dataclass(frozen=True)
class CurveSlice:
    """A slice of the curve: one kind of subject and concern on one date, under every specification that was run.

    `ids` are all subjects compared by the run, `candidates` those whom any specification flags, ascending. `flagged`
    says which specification (in rows) flags which candidate. `own` says whom the run flags, `right` in whom a pattern
    of the concern was planted; both are aligned to the candidates, the latter None without truth.
    """

    as_of: date
    kind: SubjectKind
    concern: Concern
    specifications: tuple[Specification, ...]
    evaluations: tuple[Evaluation, ...]
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
    """The curve of a run: the plan, what there was to choose from, and a part for each concern, kind and date."""

    values: RunValues
    plan: SpecificationPlan
    spaces: tuple[Space, ...]
    slices: tuple[CurveSlice, ...]
    excess: tuple[ExcessSlice, ...] = ()

    @property
    def contradictions(self) -> list[Mapping[str, Any]]:
        """The run's flags by contradiction, on which none of the choices bears."""
        rows: list[Mapping[str, Any]] = self.values.flags.to_pylist()
        return [row for row in rows if row["family"] == "contradiction"]


def draw_curve(
    values: RunValues,
    plan: SpecificationPlan,
    *,
    truth: Truth | None = None,
    workers: int = 1,
    before: Callable[[CurveCost], None] = lambda _: None,
    progress: TaskProgress | None = None,
) -> Curve:
    """Run the specifications of a plan on what a run computed.

    `before` is called with what that will cost before the first is run. `progress` is called with the number of tasks
    and returns what is called as they are done. The result is the same whatever the number of workers.

    Raises:
        VerificationFailed: the run's own settings do not flag whom the run flagged, so that nothing here is about it.
    """
    run_spaces = spaces(values, plan)
    tasks = [tasks_of(space, plan, values) for space in run_spaces]
    every = [task for of_space in tasks for task in of_space]
    before(cost_of(every))
    done = iter(run_tasks(every, workers=workers, progress=progress(len(every)) if progress else None))
    slices: list[CurveSlice] = []
    for space, of_space in zip(run_spaces, tasks, strict=True):
        evaluations = [evaluation for _ in of_space for evaluation in next(done)]
        for day in sorted({evaluation.as_of for evaluation in evaluations}):
            on_day = [evaluation for evaluation in evaluations if evaluation.as_of == day]
            slices.append(_slice(values, space, day, on_day, truth))
    _check(values, slices)
    return Curve(values, plan, tuple(run_spaces), tuple(slices), excess_slices(values, plan))


def _slice(
    values: RunValues, space: Space, day: date, evaluations: list[Evaluation], truth: Truth | None
) -> CurveSlice:
    evaluations = sorted(evaluations, key=lambda evaluation: evaluation.number)
    candidates = np.unique(np.concatenate([evaluation.flagged for evaluation in evaluations]))
    flagged = np.stack([np.isin(candidates, evaluation.flagged, assume_unique=True) for evaluation in evaluations])
    ids = values.tables[day, space.kind].ids
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
    return CurveSlice(
        *(day, space.kind, space.concern, space.chosen, tuple(evaluations), ids, candidates, flagged),
        own=flagged[0],
        right=right,
    )


def _check(values: RunValues, slices: list[CurveSlice]) -> None:
    """Hold the specification that changes nothing to the flags that the run raised."""
    raised = flagged_by(values.flags)
    again = {
        (part.as_of, part.kind, part.concern, subject)
        for part in slices
        for subject in part.candidates[part.own].tolist()
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
        if row["family"] not in ("contradiction", "excess")
    }
