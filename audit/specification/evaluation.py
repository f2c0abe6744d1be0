"""Whom each specification flags: detectors run once for each choice they depend on, all that follows them often."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from audit.specification.choices import Applied, Choices, Plan
from audit.specification.run_values import Basis
from audit.specification.space import Space
from data.arrays import Floats, Ids
from models.panel import Panel
from models.pattern import Pattern
from pipeline.compare import Comparison, Selector, combined_p_values, compare_panel
from pipeline.detector_scores import DetectorScores, detectors_of, seed_of
from pipeline.settings import Settings

Progress = Callable[[int], None]


@dataclass(frozen=True)
class Judged:
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
class Task:
    """The specifications that see the same panels: their numbers in the space, and their choices.

    `dates` is the number of as-of dates of the run, which may share a false discovery rate.
    """

    views: tuple[Panel, ...]
    specifications: tuple[tuple[int, Choices], ...]
    plan: Plan
    settings: Settings
    dates: int


def tasks_of(space: Space, plan: Plan, basis: Basis) -> list[Task]:
    """Return the work of a space, a task for each choice of windows and peers."""
    found = []
    for key, views in sorted(space.panels.items()):
        mine = tuple((n, s.choices) for n, s in enumerate(space.chosen) if s.choices[:2] == key)
        found.append(Task(views, mine, plan, basis.settings, len(basis.dates)))
    return found


def run_tasks(tasks: Sequence[Task], *, workers: int = 1, progress: Progress | None = None) -> list[list[Judged]]:
    """Run tasks, in parallel with more than one worker; the results are in the order of tasks, whatever the number."""
    tell = progress or (lambda _: None)
    found = []
    for done in _run(tasks, workers):
        found.append(done)
        tell(1)
    return found


def _run(tasks: Sequence[Task], workers: int) -> Iterator[list[Judged]]:
    if workers == 1:
        yield from (judge(task) for task in tasks)
        return
    from joblib import Parallel, delayed, parallel_config

    with parallel_config(backend="loky", n_jobs=workers, inner_max_num_threads=1):
        yield from Parallel(return_as="generator", pre_dispatch="2*n_jobs", batch_size=1)(
            delayed(judge)(task) for task in tasks
        )


def judge(task: Task) -> list[Judged]:
    """Return whom the specifications of a task flag on each date."""
    said = _Said(task)
    found: list[Judged] = []
    for number, choices in task.specifications:
        applied = task.plan.applied(choices, task.settings)
        selector = Selector(applied.settings, total=task.dates)
        for at, view in enumerate(task.views):
            scores, combined = said.combined(at, choices, applied)
            compared = compare_panel(view, applied.settings, selector, scores=scores, combined=combined)
            found.append(_evaluated(number, compared))
    return found


def _evaluated(number: int, compared: Comparison) -> Judged:
    flagged, threshold = np.sort(compared.selected), compared.selection.threshold
    return Judged(number, compared.panel.as_of, flagged, compared.tests, threshold, compared.level)


class _Said:
    """What detectors say of a task's panels, and what it comes to together: each found once, however often asked."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self._scores: dict[tuple[int, str, str | None], DetectorScores] = {}
        self._combined: dict[tuple[int, int, int, int], Floats] = {}

    def combined(self, at: int, choices: Choices, applied: Applied) -> tuple[list[DetectorScores], Floats]:
        """Return the detectors' scores and one p-value a subject: selection, which comes after, changes neither."""
        _, _, null, combination, _, detectors = choices
        key = at, null, combination, detectors
        scores = self._by(at, applied)
        if key not in self._combined:
            self._combined[key] = combined_p_values(scores, applied.settings)
        return scores, self._combined[key]

    def _by(self, at: int, applied: Applied) -> list[DetectorScores]:
        view, settings = self.task.views[at], applied.settings
        results = []
        for detector in detectors_of(view, settings):
            if detector.family in applied.without:
                continue
            key = at, detector.name, detector.null if isinstance(detector, Pattern) else None
            if key not in self._scores:
                scores = detector.score(view, seed=seed_of(settings, detector, view))
                self._scores[key] = DetectorScores(detector, view, scores)
            results.append(self._scores[key])
        return results
