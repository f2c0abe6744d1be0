"""The command `controls`: look for something where nothing is to be found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from data.errors import UsageError, VerificationFailed
from opencse.command import Command
from opencse.options import AsJson, Config, Months, PeopleOption, SourceOption, TrustCode, WorldSeed, one_of
from opencse.terminal import counted, print_json, print_table, print_text

if TYPE_CHECKING:
    from pipeline.settings import Settings
    from stress.controls.control import ControlInput
    from stress.controls.verdict import ControlVerdict

_COLUMNS = ("control", "", "counted", "about", "found", "allowed for", "chance of that", "in the real result")


def controls(
    world: Annotated[str | None, typer.Option(help="A synthetic world: its null worlds have nothing planted.")] = None,
    records: Annotated[Path | None, typer.Option(help="Folder of records; the world 'null' stands beside it.")] = None,
    source: SourceOption = "folder",
    people: PeopleOption = None,
    months: Months = None,
    seed: WorldSeed = None,
    seeds: Annotated[int, typer.Option(help="Null worlds, and draws of the other controls.", min=1, max=10_000)] = 10,
    config: Config = None,
    trust_code: TrustCode = False,
    as_json: AsJson = False,
) -> None:
    """Look for something where nothing is to be found: null worlds, dealt-out exposures, placebos, canaries."""
    from pipeline.settings import load
    from stress.controls.verdict import headline, statuses

    one_of(
        *(world, records),
        summary="Controls need a world or records to run on.",
        expected="one of --world WORLD and --records DIR",
    )
    if records is not None and any(option is not None for option in (people, months, seed)):
        raise UsageError("Records have a size of their own.", expected="--people, --months, --seed only with --world")
    settings = load(config, trust_code=trust_code)
    if world is not None:
        inputs = _world_input(world, people, months, seed, settings, seeds)
    else:
        assert records is not None
        inputs = _records_input(records, source, settings, seeds)
    verdicts = verdicts_of(inputs)
    by_control = statuses(verdicts)
    if as_json:
        verdict_rows = [verdict.to_json() for verdict in verdicts]
        print_json({"headline": headline(verdicts), "statuses": by_control, "verdicts": verdict_rows})
    else:
        print_text(headline(verdicts))
        print_table("Where nothing is to be found", _COLUMNS, [_row(verdict) for verdict in verdicts])
    failed = [name for name, status in by_control.items() if status == "failed"]
    if failed:
        raise VerificationFailed(
            f"{len(failed)} of {len(by_control)} controls failed: {', '.join(failed)}.",
            hint="docs/reference/controls.md says what each failure points at.",
        )


def _world_input(
    name: str, people: int | None, months: int | None, seed: int | None, settings: Settings, seeds: int
) -> ControlInput:
    from data.synthetic.world import load
    from stress.controls.control_runs import world_input

    return world_input(load(name, people=people, months=months, seed=seed), settings=settings, seeds=seeds)


def _records_input(records: Path, source: str, settings: Settings, seeds: int) -> ControlInput:
    from stress.controls.control_runs import records_input

    return records_input(records, settings=settings, seeds=seeds, source=source)


def verdicts_of(source: ControlInput) -> list[ControlVerdict]:
    """Run all controls on its input, showing how much is done and how long the rest will take."""
    from stress.controls.control_runs import run_controls, step_count

    with counted("Controls", total=step_count(source)) as progress:
        return run_controls(replace(source, progress=progress))


def _row(verdict: ControlVerdict) -> tuple[object, ...]:
    """Return a line for one thing that was counted, beside the same count in the real result."""
    of_real = verdict.real is not None and verdict.real_n is not None
    return (
        verdict.control.replace("_", " "),
        verdict.status.replace("_", " "),
        verdict.reason or verdict.what,
        " ".join(part for part in (verdict.concern, verdict.subject_kind) if part),
        f"{verdict.count:g} of {verdict.n:g}" if verdict.n else None,
        None if verdict.allowed is None else f"{verdict.allowed * verdict.n:.3g}",
        verdict.chance,
        f"{verdict.real:g} of {verdict.real_n:g}" if of_real else None,
    )


COMMAND = Command(
    controls,
    panel="Test the method",
    examples=("opencse controls --world demo --people 500 --seeds 10", "opencse controls --records DIR"),
)
