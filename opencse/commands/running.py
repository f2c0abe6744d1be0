"""The command that runs the pipeline."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from data.errors import UsageError
from opencse.terminal import output, print_json, print_table, share, steps

if TYPE_CHECKING:
    from pipeline.run import Finished

MANY = 10
"""How many notes are shown; the manifest has all."""


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(
        epilog="Examples: opencse run --world tiny --out build/run; "
        "opencse run --source chicago --records DIR --as-of 2009-01-01 --out build/chicago"
    )(run)


def run(
    out: Annotated[Path, typer.Option(help="Run folder to write; it must not exist yet.")],
    world: Annotated[str | None, typer.Option(help="Generate this synthetic world and run on it.")] = None,
    records: Annotated[Path | None, typer.Option(help="Folder of record files to run on.")] = None,
    source: Annotated[str, typer.Option(help="Layout of the record files.")] = "folder",
    as_of: Annotated[list[str] | None, typer.Option(help="As-of date, YYYY-MM-DD; may be repeated.")] = None,
    seed: Annotated[int | None, typer.Option(help="Random seed of the detectors (and the world).", min=0)] = None,
    config: Annotated[Path | None, typer.Option(help="Settings file (TOML) laid over the defaults.")] = None,
    threads: Annotated[int | None, typer.Option(help="Threads; changes no byte.", min=1)] = None,
    overwrite: Annotated[bool, typer.Option(help="Replace the run in the output folder.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Load records, check them, compute features, run rules and detectors, and write flags with their evidence."""
    from pipeline.run import run as run_pipeline
    from pipeline.run_folder import check_free
    from pipeline.settings import load

    if (world is None) == (records is None):
        raise UsageError("A run needs records.", expected="one of --world WORLD and --records DIR")
    if world is not None and source != "folder":
        raise UsageError("A synthetic world has no other source.", expected="--source only together with --records")
    dates = [_date(text) for text in as_of or []]
    settings = load(config, seed=seed)
    check_free(out, overwrite=overwrite)
    with _records(world, records, seed, threads) as (folder, described), steps("Running") as progress:
        finished = run_pipeline(
            folder,
            out=out,
            settings=settings,
            source=source,
            as_of=dates,
            world=described,
            threads=threads,
            overwrite=overwrite,
            progress=progress,
        )
    if as_json:
        print_json({"out": str(out), "flags": finished.flags, **_facts(finished)})
    else:
        _report(finished, out)


def _date(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a calendar date has no zone
    except ValueError:
        raise UsageError(
            "The as-of date cannot be read.", expected="a date as YYYY-MM-DD", found=text, where="--as-of"
        ) from None


@contextmanager
def _records(
    world: str | None, records: Path | None, seed: int | None, threads: int | None
) -> Iterator[tuple[Path, dict[str, Any] | None]]:
    """Give the records folder, generated for the time of the run where a world was named."""
    if world is None:
        assert records is not None
        yield records, None
        return
    from data.synthetic.generate import generate
    from data.synthetic.world import load

    settings = load(world, seed=seed)
    with tempfile.TemporaryDirectory(prefix="opencse-") as temporary:
        folder = Path(temporary) / "world"
        with share(f"Generating {world}") as progress:
            generate(settings, out=folder, threads=threads or 1, progress=progress)
        yield folder / "records", {"name": settings.name, "people": settings.people, "seed": settings.seed}


def _facts(finished: Finished) -> dict[str, Any]:
    manifest = finished.folder.manifest
    names = ("as_of", "counts", "absent", "notes", "skipped", "source_gaps", "practice_changes", "selections")
    return {name: manifest[name] for name in names}


def _report(finished: Finished, out: Path) -> None:
    console = output()
    counts = [(c.table, c.rows_in, c.loaded, c.quarantined) for c in finished.loaded.counts]
    print_table("Records", ["table", "rows in", "loaded", "quarantined"], counts)
    if finished.loaded.absent:
        console.print(f"Absent tables: {', '.join(finished.loaded.absent)}")
    notes = [*finished.loaded.notes, *(f"skipped {line}" for line in finished.skipped)]
    for note in notes[:MANY]:
        console.print(f"  - {note}", markup=False)
    if len(notes) > MANY:
        console.print(f"  … and {len(notes) - MANY} more in manifest.json")
    _report_sources(finished.folder.manifest)
    rows = [
        (str(o.as_of), o.subject_kind, o.concern, o.method, o.compared, o.insufficient, o.selected, o.tied)
        for o in finished.selections
    ]
    columns = [
        "as of",
        "subject",
        "concern",
        "selection",
        "compared",
        "not enough evidence",
        "selected",
        "of them tied",
    ]
    print_table("Comparison with peers", columns, rows)
    found = finished.folder.table("flags").group_by(["concern", "family"]).aggregate([("flag_id", "count")])
    print_table(
        f"{finished.flags:,} flags: records worth a human look, never findings",
        ["concern", "family", "flags"],
        sorted(tuple(row.values()) for row in found.to_pylist()),
    )
    console.print(f"Look: opencse flags {out}   Why: opencse explain {out} FLAG_ID   Check: opencse replay {out}")


def _report_sources(manifest: dict[str, Any]) -> None:
    """Print in which stretches sources were silent and from when on they record otherwise, each once."""
    gaps = {(g["table"], _where(g), g["first"], g["last"]): (g["found"], g["usual"]) for g in manifest["source_gaps"]}
    changes = {(c["table"], _where(c), c["since"]): (c["before"], c["after"]) for c in manifest["practice_changes"]}
    for title, columns, found in (
        ("Source gaps: nothing is concluded from silence here", ["source", "in", "from", "to", "rows", "usual"], gaps),
        ("Sources that record more or less from a day on", ["source", "in", "since", "rows before", "after"], changes),
    ):
        if found:
            print_table(title, columns, [(*key, *numbers) for key, numbers in sorted(found.items())][:MANY])
        if len(found) > MANY:
            output().print(f"  … and {len(found) - MANY} more in manifest.json")


def _where(fact: dict[str, Any]) -> str:
    return "the whole force" if fact["area"] is None else f"unit {fact['area']}"
