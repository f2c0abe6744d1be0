"""Running the controls of one audit, and preparing their input from a world or a folder of records."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Final

import pyarrow.parquet as pq

from data.contract import CONTRACT
from data.progress import CountProgress
from data.store import Store
from data.synthetic.memory_world import make_world
from data.synthetic.world import World
from data.synthetic.world import load as load_world
from pipeline.extras import check_extras
from pipeline.known_days import last_known
from pipeline.loading import load_records
from pipeline.run_folder import RunFolder
from pipeline.settings import Settings
from stress.controls.control import ControlInput, Reading, control_input
from stress.controls.library import controls
from stress.controls.verdict import ControlVerdict, judge

NULL_WORLD: Final = "null"
"""The world that stands in for records whose own truth nobody knows."""

LARGEST: Final = 2_000
"""The most people a null world has that stands in for records."""


def run_controls(inputs: ControlInput, *, names: Sequence[str] | None = None) -> list[ControlVerdict]:
    """Run every control, or those named, and return what each says."""
    readings, absent = read_controls(inputs, names=names)
    return judge(readings, absent=absent)


def read_controls(
    inputs: ControlInput, *, names: Sequence[str] | None = None
) -> tuple[dict[str, list[Reading]], dict[str, str]]:
    """Run controls and return what each counted, and of those that cannot be run why."""
    readings: dict[str, list[Reading]] = {}
    absent: dict[str, str] = {}
    for name, control in controls().items():
        if names is not None and name not in names:
            continue
        reason = control.unavailable(inputs)
        if reason is None:
            readings[name] = control.read(inputs)
        else:
            absent[name] = reason
    return readings, absent


def step_count(inputs: ControlInput) -> int:
    """Return how many pieces of work the controls are, for showing progress."""
    return sum(c.steps(inputs) for c in controls().values() if c.unavailable(inputs) is None)


def nothing_planted(world: World, *, seed: int | None = None) -> World:
    """Return a world with everything but what is planted: the same settings, people, habits and archetypes."""
    none = world.typologies.model_copy(update={"include": ()})
    return world.model_copy(update={"typologies": none, "seed": world.seed if seed is None else seed})


def world_input(
    world: World, *, settings: Settings, seeds: int, progress: CountProgress = lambda _: None
) -> ControlInput:
    """Return the controls' input for a world: its null worlds are the same settings with nothing planted, by seed."""
    check_extras(settings, records=False)
    content = make_world(world)
    nulls = tuple(nothing_planted(world, seed=world.seed + n) for n in range(seeds))
    return control_input(
        content.records,
        settings=settings,
        as_of=world.ends_on,
        truth=content.truth,
        null_worlds=nulls,
        draws=seeds,
        seed=world.seed,
        progress=progress,
    )


def records_input(
    folder: Path,
    *,
    settings: Settings,
    seeds: int,
    source: str = "folder",
    as_of: date | None = None,
    truth: Path | None = None,
    progress: CountProgress = lambda _: None,
) -> ControlInput:
    """Return the input of the controls of records: null worlds are the shipped one, with about as many people.

    Rows that break the contract are left out as a run leaves them out.

    Raises:
        UsageError: a library that the settings' detectors need is not installed.
        InputRejected: the records cannot be used.
    """
    check_extras(settings, records=False)
    with Store() as store:
        load_records(folder, source=source, store=store, check="constraints")
        day = as_of or last_known(store) + timedelta(days=1)
        records = {
            t.name: store.arrow(f"SELECT {', '.join(t.names)} FROM loaded.{t.name} ORDER BY {t.key}")
            for t in CONTRACT
            if t.name in store.tables("loaded")
        }
    # Error rates of null worlds depend little on size beyond this, and their cost does.
    people = max(60, min(LARGEST, len(records["officer"]) if "officer" in records else LARGEST))
    nulls = tuple(load_world(NULL_WORLD, people=people, seed=n) for n in range(1, seeds + 1))
    truth_tables = None if truth is None else {"truth_subject": pq.read_table(truth / "truth_subject.parquet")}
    return control_input(
        records, settings=settings, as_of=day, truth=truth_tables, null_worlds=nulls, draws=seeds, progress=progress
    )


def run_input(
    run: RunFolder, records: Path, *, seeds: int, source: str = "folder", truth: Path | None = None
) -> ControlInput:
    """Return the input of the controls of a run: its own settings, as of its last date, on its records."""
    last = date.fromisoformat(max(run.manifest["as_of"]))
    settings = run.settings
    return records_input(records, settings=settings, seeds=seeds, source=source, as_of=last, truth=truth)
