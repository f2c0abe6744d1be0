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
from pipeline.compare import Detected, detectors_of, seed_of
from pipeline.flag import Selector, combined_p_values
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
            p_values = said.combined(at, choices, applied)
            selection, level = selector.select(p_values, view)
            compared = len(view.ids) - selection.insufficient
            flagged = np.sort(view.ids[selection.chosen])
            found.append(Judged(number, view.as_of, flagged, compared, selection.threshold, level))
    return found


class _Said:
    """What detectors say of a task's panels, and what it comes to together: each found once, however often asked."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self._detected: dict[tuple[int, str, str | None], Detected] = {}
        self._combined: dict[tuple[int, int, int, int], Floats] = {}

    def combined(self, at: int, choices: Choices, applied: Applied) -> Floats:
        """Return one p-value for each subject: selection, which comes after it, makes no difference to it."""
        _, _, null, combination, _, detectors = choices
        key = at, null, combination, detectors
        if key not in self._combined:
            self._combined[key] = combined_p_values(self._by(at, applied), applied.settings)
        return self._combined[key]

    def _by(self, at: int, applied: Applied) -> list[Detected]:
        view, settings = self.task.views[at], applied.settings
        found = []
        for detector in detectors_of(view, settings):
            if detector.family in applied.without:
                continue
            key = at, detector.name, detector.null if isinstance(detector, Pattern) else None
            if key not in self._detected:
                scores = detector.score(view, seed=seed_of(settings, detector, view))
                self._detected[key] = Detected(detector, view, scores)
            found.append(self._detected[key])
        return found
