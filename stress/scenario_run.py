"""Performing a scenario: from a world and a dose to what a run finds under it, with the truth that belongs to it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import pyarrow as pa

from data.contract import CONTRACT
from data.random import generator
from data.store import Store
from data.synthetic.memory_world import MemoryWorld, make_world
from pipeline.loading import CheckDepth, load_records
from pipeline.settings import Settings
from pipeline.trial import Trial, try_store
from stress.draft import Draft
from stress.scenario import Round, Scenario


@dataclass(frozen=True)
class ScenarioResult:
    """What a run finds under a scenario, and the records and truth it was found in."""

    trial: Trial
    records: dict[str, pa.Table]
    truth: dict[str, pa.Table]


def perform(
    world: MemoryWorld, *, settings: Settings, scenario: Scenario | None = None, dose: float = 0.0
) -> ScenarioResult:
    """Run on a world in memory, under a scenario at a dose, as of the first day after the world.

    Without a scenario this is the unperturbed twin. A run on rows that break the contract leaves them out first.
    """
    if scenario is None:
        with Store(threads=1) as store:
            load_records(world.records, store=store, check="trusted", tables=CONTRACT.readable)
            trial = try_store(store, settings=settings, as_of=[world.world.ends_on], contributions=False)
        return ScenarioResult(trial, dict(world.records), dict(world.truth))
    draft = disturb(world, scenario, dose)
    if scenario.settings is not None:
        settings = scenario.settings(settings, dose)
    trials = _rounds(draft, scenario, dose, settings, world.world.ends_on)
    final = trials[-1]
    if scenario.method is not None:
        final = replace(final, scores=pa.concat_tables([final.scores, scenario.method(draft, trials, dose)]))
    return ScenarioResult(final, draft.records, draft.truth)


def disturb(base: MemoryWorld, scenario: Scenario, dose: float) -> Draft:
    """Return the records and truth of a world after a scenario's hooks on the world and on records.

    Example:
        >>> from data.synthetic.memory_world import make_world
        >>> from data.synthetic.world import load
        >>> from stress.scenarios import scenario
        >>> world = make_world(load("tiny", people=60, months=2))
        >>> draft = disturb(world, scenario("duplicates"), 1.0)
        >>> draft.size("complaint") == 2 * len(world.records["complaint"])
        True
    """
    if scenario.world is not None:
        settings = scenario.world(base.world, dose)
        base = base if settings == base.world else make_world(settings)
    draft = Draft(
        base.records,
        base.truth,
        starts_on=base.world.starts_on,
        ends_on=base.world.ends_on,
        rng=generator(base.world.seed, scenario.name),  # by seed and name, not by dose
    )
    if scenario.records is not None:
        scenario.records(draft, dose)
    return draft


def _rounds(draft: Draft, scenario: Scenario, dose: float, settings: Settings, ends_on: date) -> list[Trial]:
    days = [months_before(ends_on, months) for months in scenario.rounds]
    trials: list[Trial] = []
    with Store(threads=1) as store:
        loaded: dict[str, pa.Table] = {}
        for number, day in enumerate(days):
            # Arrow tables are never changed in place: a table that is the same object holds the same rows.
            changed = {name: rows for name, rows in draft.records.items() if loaded.get(name) is not rows}
            _load(store, scenario, changed, draft.records)
            loaded = dict(draft.records)
            trials.append(try_store(store, settings=settings, as_of=[day], contributions=False))
            until = days[number + 1] if number + 1 < len(days) else None
            if scenario.between is not None:
                next_settings = scenario.between(draft, Round(number, day, until, settings, trials[-1]), dose)
                if next_settings is None:
                    break
                settings = next_settings
    return trials


def _load(store: Store, scenario: Scenario, changed: dict[str, pa.Table], records: dict[str, pa.Table]) -> None:
    """Load what changed since the last round; where rows may break the contract, everything, checked.

    A link that leads nowhere is counted, and no row is left out for it: there is nothing to check.
    """
    check: CheckDepth = "trusted"
    if any(not constraint.startswith("link(") for _, constraint in scenario.breaks):
        check, changed = "constraints", records
    load_records(changed, store=store, check=check, tables=CONTRACT.readable)


def months_before(day: date, months: int) -> date:
    """Return the day so many months before the first day of a month.

    Example:
        >>> months_before(date(2026, 3, 1), 4)
        datetime.date(2025, 11, 1)
    """
    number = day.year * 12 + day.month - 1 - months
    return date(number // 12, number % 12 + 1, day.day)
