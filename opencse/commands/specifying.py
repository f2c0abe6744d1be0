"""The command that asks which flags survive other defensible choices: `specifications`."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from opencse.commands.checking import AsJson, Run
from opencse.terminal import counted, output, print_json, print_table

if TYPE_CHECKING:
    from audit.specification.evaluation import Progress


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command(
        epilog="Examples: opencse specifications build/run --out build/curve --workers 2; "
        "opencse specifications build/run --out build/curve --truth build/world/truth --plan mine.toml"
    )(specifications)


def specifications(
    run: Run,
    out: Annotated[Path, typer.Option(help="New folder for the tables and the chart.")],
    plan: Annotated[Path | None, typer.Option(help="Plan (TOML) of choices, in place of the default.")] = None,
    truth: Annotated[Path | None, typer.Option(help="Folder of a synthetic world's truth.")] = None,
    workers: Annotated[int, typer.Option(help="How many processes work at the same time.", min=1)] = 1,
    as_json: AsJson = False,
) -> None:
    """Run every combination of defensible choices, and say for each flag which share of them raises it."""
    from audit.rates.inputs import read_truth
    from audit.rates.rates_report import check_new
    from audit.specification.choices import load_plan
    from audit.specification.curve import draw_curve
    from audit.specification.curve_report import report, write
    from audit.specification.curve_summary import summarise
    from audit.specification.run_values import Basis
    from pipeline.run_folder import open_run

    check_new(out)
    choices = load_plan(plan)
    basis = Basis.of_run(open_run(run))
    planted = read_truth(truth) if truth is not None else None
    with ExitStack() as stack:

        def progress(tasks: int) -> Progress:
            return stack.enter_context(counted("Specifications", total=tasks))

        made = report(draw_curve(basis, choices, truth=planted, workers=workers, progress=progress))
    write(made, out)
    if as_json:
        flags = [vars(one) | {"change": one.change} for one in made.survivals if one.flagged_by_run]
        print_json({"facts": made.facts, "flags": flags, "calibration": [vars(d) for d in made.deciles]})
        return
    for section in summarise(made):
        if section.rows:
            print_table(section.title, section.columns, section.rows)
        for sentence in section.sentences:
            output().print(f"  {sentence}", markup=False)
        output().print()
    output().print(f"{len(made.specifications):,} specifications, {len(made.survivals):,} survivals: {out}")
