"""The command `dossier`: write one page from which a run can be read and every flag followed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from data.errors import UsageError
from opencse.command import Command
from opencse.options import AsJson, RunPath, TrustCode, TruthOption
from opencse.terminal import print_json, print_note, print_text, steps

if TYPE_CHECKING:
    import pandas as pd

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
    out: Annotated[Path, typer.Option(help="The HTML file to write.")] = Path("dossier.html"),
    overwrite: Annotated[bool, typer.Option(help="Replace the file.")] = False,
    trust_code: TrustCode = False,
    as_json: AsJson = False,
) -> None:
    """Write one HTML file, complete in itself: what was run, who was flagged and why, and how often flags are wrong."""
    from audit.flag.certainty import most_certain_first
    from data.staging import staged_file
    from dossier.clearing import clearing_lines
    from dossier.curve_survival import survival_of_flags
    from dossier.material import Material
    from dossier.page import dossier_page
    from pipeline.given_ids import given_ids
    from pipeline.run_folder import open_run

    if out.exists() and not overwrite:
        raise UsageError(
            "The file exists already.", where=str(out), hint="Choose another with --out, or add --overwrite."
        )
    folder = open_run(run, trust_code=trust_code)
    with steps("Dossier") as progress:
        progress("error rates")
        rates = rates_beside(folder, truth)
        progress("stress results")
        budget = _budget(stress)
        certain = [f["flag_id"] for f in most_certain_first(folder.table("flags").to_pylist())[:changes]]
        survival = {} if specifications is None else survival_of_flags(folder, specifications)
        changed = clearing_lines(folder, certain, stable=stability, progress=progress)
        progress("pages of flags")
        page = dossier_page(Material(folder, folder.manifest, rates, budget, changed, survival, given_ids(folder)))
        with staged_file(out) as file:
            file.write_text(page, encoding="utf-8")
    if as_json:
        print_json({"out": str(out), "characters": len(page)})
        return
    print_text(f"{len(page):,} characters written to {out}; open it in a browser.")


def rates_beside(folder: RunFolder, truth: Path | None) -> pd.DataFrame | None:
    """Return the error rates of a run against a truth, by characteristic where its records lie beside it."""
    if truth is None:
        return None
    from audit.rates import RateOptions
    from audit.rates.inputs import read_background, read_truth, records_beside
    from audit.rates.provenance import world_notes
    from audit.rates.rates_report import reported_rates

    for note in world_notes(folder, truth=truth):
        print_note(note)
    records = records_beside(truth)
    background = None if records is None else read_background(records, run=folder)
    tables = {name: folder.table(name) for name in ("subjects", "scores", "evidence")}
    return reported_rates(
        folder.table("flags"),
        **tables,
        truth=read_truth(truth, records=records),
        people=None if background is None else background.people,
        units=None if background is None else background.units,
        options=RateOptions(),
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
        "opencse dossier build/run --changes 10",
        "opencse dossier build/demo/run --truth build/demo/world/truth --out build/demo.html",
    ),
)
