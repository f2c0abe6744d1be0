"""Whom each specification flags: detectors run once for each choice they depend on, all that follows them often."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from audit.specification.choices import AppliedChoices, Choices, SpecificationPlan
from audit.specification.run_values import RunValues
from audit.specification.space import Space
from data.arrays import Floats, Ids
from models.panel import Panel
from models.pattern import Pattern
from pipeline.compare import Comparison, Selector, combined_p_values, compare_panel
from pipeline.detector_scores import DetectorScores, detectors_of, seed_of
from pipeline.settings import Settings


@dataclass(frozen=True)
class Evaluation:
    """Whom one specification flags on one date: ids ascending, of how many compared, at which cut.

    `level` is the false discovery rate allowed, None by capacity.
    """

    number: int
    as_of: date
    flagged: Ids
    compared: int
    threshold: float
    level: float | None


@dataclass(frozen=True)
class EvaluationTask:
    """The specifications that see the same panels: their numbers in the space, and their choices.

    `dates` is the number of as-of dates of the run, which may share a false discovery rate.
    """

    panels: tuple[Panel, ...]
    specifications: tuple[tuple[int, Choices], ...]
    plan: SpecificationPlan
    settings: Settings
    dates: int


def tasks_of(space: Space, plan: SpecificationPlan, values: RunValues) -> list[EvaluationTask]:
    """Return the work of a space, a task for each choice of windows and peers."""
    tasks = []
    for key, panels in sorted(space.panels.items()):
        specifications = tuple((n, s.choices) for n, s in enumerate(space.chosen) if s.choices[:2] == key)
        tasks.append(EvaluationTask(panels, specifications, plan, values.settings, len(values.dates)))
    return tasks


def run_tasks(
    tasks: Sequence[EvaluationTask], *, workers: int = 1, progress: Callable[[int], None] | None = None
) -> list[list[Evaluation]]:
    """Run tasks, in parallel with more than one worker; the results are in the order of tasks, whatever the number."""
    count = progress or (lambda _: None)
    results = []
    for evaluations in _run(tasks, workers):
        results.append(evaluations)
        count(1)
    return results


def _run(tasks: Sequence[EvaluationTask], workers: int) -> Iterator[list[Evaluation]]:
    if workers == 1:
        yield from (evaluate(task) for task in tasks)
        return
    from joblib import Parallel, delayed, parallel_config

    with parallel_config(backend="loky", n_jobs=workers, inner_max_num_threads=1):
        yield from Parallel(return_as="generator", pre_dispatch="2*n_jobs", batch_size=1)(
            delayed(evaluate)(task) for task in tasks
        )


def evaluate(task: EvaluationTask) -> list[Evaluation]:
    """Return whom the specifications of a task flag on each date."""
    cache = _ScoreCache(task)
    evaluations: list[Evaluation] = []
    for number, choices in task.specifications:
        applied = task.plan.applied(choices, task.settings)
        selector = Selector(applied.settings, total=task.dates)
        for at, panel in enumerate(task.panels):
            scores, combined = cache.combined(at, choices, applied)
            compared = compare_panel(panel, applied.settings, selector, scores=scores, combined=combined)
            evaluations.append(_evaluation(number, compared))
    return evaluations


def _evaluation(number: int, compared: Comparison) -> Evaluation:
    flagged, threshold = np.sort(compared.selected), compared.selection.threshold
    return Evaluation(number, compared.panel.as_of, flagged, compared.tests, threshold, compared.level)


class _ScoreCache:
    """The scores of detectors on a task's panels, and their combined p-values: each computed once, asked for often."""

    def __init__(self, task: EvaluationTask) -> None:
        self.task = task
        self._scores: dict[tuple[int, str, str | None], DetectorScores] = {}
        self._combined: dict[tuple[int, int, int, int, bool], Floats] = {}

    def combined(self, at: int, choices: Choices, applied: AppliedChoices) -> tuple[list[DetectorScores], Floats]:
        """Return the detectors' scores and one p-value a subject, which selection changes only by who takes part."""
        _, _, null, combination, _, detectors = choices
        # Windows and peers are those of the whole task. Who takes part follows from whether selection is by rate.
        concern = self.task.panels[at].concern
        key = at, null, combination, detectors, concern in applied.settings.levels
        scores = self._by(at, applied)
        if key not in self._combined:
            self._combined[key] = combined_p_values(scores, applied.settings)
        return scores, self._combined[key]

    def _by(self, at: int, applied: AppliedChoices) -> list[DetectorScores]:
        panel, settings = self.task.panels[at], applied.settings
        results = []
        for detector in detectors_of(panel, settings):
            if detector.family in applied.without:
                continue
            key = at, detector.name, detector.null if isinstance(detector, Pattern) else None
            if key not in self._scores:
                scores = detector.score(panel, seed=seed_of(settings, detector, panel))
                self._scores[key] = DetectorScores(detector, panel, scores)
            results.append(self._scores[key])
        return results
