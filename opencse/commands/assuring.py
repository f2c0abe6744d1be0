"""Commands that ask how far an audit can be relied on: `controls`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from data.errors import UsageError, VerificationFailed
from opencse.commands.checking import AsJson
from opencse.terminal import counted, output, print_json, print_table

if TYPE_CHECKING:
    from pipeline.settings import Settings
    from stress.controls.control import ControlInput
    from stress.controls.verdict import ControlVerdict


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command(
        epilog="Examples: opencse controls --world demo --people 500 --seeds 10; opencse controls --records DIR"
    )(controls)


def controls(
    world: Annotated[str | None, typer.Option(help="A synthetic world: its null worlds have nothing planted.")] = None,
    records: Annotated[Path | None, typer.Option(help="Folder of records; the world 'null' stands beside it.")] = None,
    source: Annotated[str, typer.Option(help="Layout of the record files.")] = "folder",
    people: Annotated[int | None, typer.Option(help="Size of the world.", min=60)] = None,
    months: Annotated[int | None, typer.Option(help="Length of the world.", min=1)] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the world.", min=0)] = None,
    seeds: Annotated[int, typer.Option(help="Null worlds, and draws of the other controls.", min=1)] = 10,
    config: Annotated[Path | None, typer.Option(help="Settings file (TOML) laid over the defaults.")] = None,
    as_json: AsJson = False,
) -> None:
    """Look for something where nothing is to be found: null worlds, dealt-out exposures, placebos, canaries."""
    from pipeline.settings import load
    from stress.controls.verdict import headline, statuses

    if (world is None) == (records is None):
        raise UsageError("Controls need a world or records.", expected="one of --world WORLD and --records DIR")
    if records is not None and any(given is not None for given in (people, months, seed)):
        raise UsageError("Records have a size of their own.", expected="--people, --months, --seed only with --world")
    settings = load(config)
    if world is not None:
        on = _of_world(world, people, months, seed, settings, seeds)
    else:
        assert records is not None
        on = _of_records(records, source, settings, seeds)
    verdicts = verdicts_of(on)
    first = headline(verdicts)
    if as_json:
        print_json({"headline": first, "statuses": statuses(verdicts), "verdicts": [v.to_json() for v in verdicts]})
    else:
        output().print(first, markup=False, soft_wrap=True)
        print_verdicts(verdicts)
    failed = [name for name, status in statuses(verdicts).items() if status == "failed"]
    if failed:
        raise VerificationFailed(
            f"{len(failed)} of {len(statuses(verdicts))} controls failed: {', '.join(failed)}.",
            hint="docs/reference/controls.md says what each failure points at.",
        )


def _of_world(
    name: str, people: int | None, months: int | None, seed: int | None, settings: Settings, seeds: int
) -> ControlInput:
    from data.synthetic.world import load
    from stress.controls.control_runs import world_input

    return world_input(load(name, people=people, months=months, seed=seed), settings=settings, seeds=seeds)


def _of_records(records: Path, source: str, settings: Settings, seeds: int) -> ControlInput:
    from stress.controls.control_runs import records_input

    return records_input(records, settings=settings, seeds=seeds, source=source)


def controls_beside(
    run: Path | None, truth: Path | None, records: Path | None, source: str, *, seeds: int
) -> dict[str, Any]:
    """Return what the controls of a run's settings on its records say; without seeds, that none was run.

    Raises:
        UsageError: controls are asked for, and there is no run or are no records.
    """
    from audit.rates.inputs import records_beside
    from pipeline.run_folder import open_run
    from stress.controls.control_runs import run_input
    from stress.controls.verdict import NONE_RUN, headline

    if not seeds:
        return {"headline": f"{NONE_RUN} Add --controls 10, or see 'opencse controls'.", "verdicts": []}
    folder = records if records is not None else records_beside(truth) if truth is not None else None
    if run is None or folder is None:
        raise UsageError(
            "Controls run the settings of a run on its records.",
            expected="a run folder, and --records DIR or records/ beside the truth",
            hint="A closed tool cannot be run anew: hand its supplier a null world, and count what it flags.",
        )
    verdicts = verdicts_of(run_input(open_run(run), folder, source=source, truth=truth, seeds=seeds))
    return {"headline": headline(verdicts), "verdicts": [v.to_json() for v in verdicts]}


def verdicts_of(on: ControlInput) -> list[ControlVerdict]:
    """Run all controls on its input, showing how much is done and how long the rest will take."""
    from dataclasses import replace

    from stress.controls.control_runs import run_controls, step_count

    with counted("Controls", total=step_count(on)) as progress:
        return run_controls(replace(on, tell=progress))


def print_verdicts(verdicts: list[ControlVerdict]) -> None:
    """Print a line for everything that was counted, beside the same count in the real result."""
    rows = [
        (
            v.control.replace("_", " "),
            v.status.replace("_", " "),
            v.reason or v.what,
            " ".join(part for part in (v.concern, v.subject_kind) if part),
            None if not v.n else f"{v.count:g} of {v.n:g}",
            None if v.allowed is None else f"{v.allowed * v.n:.3g}",
            v.chance,
            None if v.real is None or v.real_n is None else f"{v.real:g} of {v.real_n:g}",
        )
        for v in verdicts
    ]
    columns = ["control", "", "counted", "about", "found", "allowed for", "chance of that", "in the real result"]
    print_table("Where nothing is to be found", columns, rows)
