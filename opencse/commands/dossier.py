"""The command `dossier`: write one page from which a run can be read and every flag followed."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from data.errors import UsageError
from opencse.command import Command
from opencse.options import AsJson, RunPath, TrustCode, TruthOption, Workers, bounded_workers
from opencse.terminal import counted, print_json, print_note, print_text, steps

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

    from audit.rates.audit_inputs import AuditInputs
    from pipeline.run_folder import RunFolder


def dossier(
    run: RunPath,
    truth: TruthOption = None,
    stress: Annotated[
        Path | None, typer.Option(help="A folder written by 'opencse stress': its budget statement comes along.")
    ] = None,
    changes: Annotated[
        int, typer.Option(help="For so many flags, the most certain first, find what would have kept them away.", min=0)
    ] = 0,
    stability: Annotated[
        bool, typer.Option("--stability", help="For these, also how often they are raised again with peers drawn anew.")
    ] = False,
    specifications: Annotated[
        Path | None,
        typer.Option(help="A folder written by 'opencse specifications' of this run: how each flag fares in it."),
    ] = None,
    survival: Annotated[
        bool, typer.Option("--survival", help="Draw that curve now, after saying how long it takes; nothing is kept.")
    ] = False,
    workers: Workers = 1,
    out: Annotated[Path, typer.Option(help="The HTML file to write.")] = Path("dossier.html"),
    overwrite: Annotated[bool, typer.Option(help="Replace the file.")] = False,
    trust_code: TrustCode = False,
    as_json: AsJson = False,
) -> None:
    """Write one HTML file, complete in itself: what was run, who was flagged and why, and how often flags are wrong."""
    from audit.flag.certainty import most_certain_first
    from data.staging import staged_file
    from dossier.clearing import clearing_cost, clearings
    from dossier.material import Material
    from dossier.page import dossier_page
    from pipeline.given_ids import given_ids
    from pipeline.run_folder import open_run

    if out.exists() and not overwrite:
        raise UsageError(
            "The file exists already.", where=str(out), hint="Choose another with --out, or add --overwrite."
        )
    if survival and specifications is not None:
        raise UsageError("A curve is either read or drawn.", expected="--specifications or --survival, not both")
    folder = open_run(run, trust_code=trust_code)
    fares = survival_of(folder, specifications, drawn=survival, workers=bounded_workers(workers))
    certain = [f["flag_id"] for f in most_certain_first(folder.table("flags").to_pylist())[:changes]]
    if certain:
        print_note(f"Note: {clearing_cost(folder, len(certain), stable=stability)}")
    with steps("Dossier") as progress:
        progress("error rates")
        rates, curves = (None, None) if truth is None else _measured(folder, truth)
        progress("stress results")
        budget = _budget(stress)
        changed = clearings(folder, certain, stable=stability, progress=progress)
        progress("pages of flags")
        page = dossier_page(Material(folder, folder.manifest, rates, curves, budget, changed, fares, given_ids(folder)))
        with staged_file(out) as file:
            file.write_text(page, encoding="utf-8")
    if as_json:
        print_json({"out": str(out), "characters": len(page)})
        return
    print_text(f"{len(page):,} characters written to {out}; open it in a browser.")


def survival_of(folder: RunFolder, curve: Path | None, *, drawn: bool, workers: int) -> Mapping[str, Mapping[str, Any]]:
    """Return how each flag fares in a curve: one that was written, one drawn now with progress shown, or none."""
    from dossier.curve_survival import survival_by_drawing, survival_of_flags
    from opencse.commands.specifications import cost_note

    if curve is not None:
        return survival_of_flags(folder, curve)
    if not drawn:
        return {}
    with ExitStack() as stack:

        def progress(tasks: int) -> Callable[[int], None]:
            return stack.enter_context(counted("Specifications", total=tasks))

        return survival_by_drawing(folder, workers=workers, before=cost_note(workers), progress=progress)


def _measured(folder: RunFolder, truth: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the error rates of a run against a truth, and the curves of its detectors and baselines."""
    from audit.rates import RateOptions
    from audit.rates.rates_report import reported_curves, reported_rates

    inputs = _audit_inputs(folder, truth)
    return reported_rates(inputs, RateOptions()), reported_curves(inputs, RateOptions())


def rates_beside(folder: RunFolder, truth: Path | None) -> pd.DataFrame | None:
    """Return the error rates of a run against a truth, by characteristic where its records lie beside it."""
    if truth is None:
        return None
    from audit.rates import RateOptions
    from audit.rates.rates_report import reported_rates

    return reported_rates(_audit_inputs(folder, truth), RateOptions())


def _audit_inputs(folder: RunFolder, truth: Path) -> AuditInputs:
    """Return what an audit reads of a run and a truth; of what is odd about them a note is printed."""
    from audit.rates.audit_inputs import AuditInputs
    from audit.rates.inputs import read_background, read_truth, records_beside
    from audit.rates.provenance import world_notes

    for note in world_notes(folder, truth=truth):
        print_note(note)
    records = records_beside(truth)
    return AuditInputs(
        **{name: folder.table(name) for name in ("flags", "subjects", "scores", "evidence")},
        truth=read_truth(truth, records=records),
        about=None if records is None else read_background(records, run=folder),
    )


def _budget(stress: Path | None) -> tuple[str, ...]:
    if stress is None:
        return ()
    from stress.budget import budget_statement
    from stress.budget.statement_text import statement_lines

    return tuple(statement_lines(budget_statement(stress).content))


COMMAND = Command(
    dossier,
    panel="Read a run",
    examples=(
        "opencse dossier build/run --changes 10 --stability --survival --workers 2",
        "opencse dossier build/demo/run --truth build/demo/world/truth --out build/demo.html",
    ),
)
