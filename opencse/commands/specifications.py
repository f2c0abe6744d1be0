"""The command `specifications`: which flags survive other defensible choices."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from data.staging import check_new
from opencse.command import Command
from opencse.options import AsJson, RunPath, TrustCode, TruthOption, Workers, bounded_workers
from opencse.sections import print_sections
from opencse.terminal import counted, print_items, print_json, print_note, print_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from audit.specification.curve_cost import CurveCost


def specifications(
    run: RunPath,
    out: Annotated[Path, typer.Option(help="New folder for the tables and the chart.")],
    plan: Annotated[Path | None, typer.Option(help="Plan (TOML) of choices, in place of the default.")] = None,
    truth: TruthOption = None,
    workers: Workers = 1,
    trust_code: TrustCode = False,
    as_json: AsJson = False,
) -> None:
    """Run every combination of defensible choices, and say for each flag which share of them raises it."""
    from audit.rates.inputs import read_truth
    from audit.rates.provenance import world_notes
    from audit.specification.choices import load_plan
    from audit.specification.curve import draw_curve
    from audit.specification.curve_report import report, write
    from audit.specification.curve_summary import summarise
    from audit.specification.run_values import RunValues
    from pipeline.run_folder import open_run

    check_new(out)
    choices = load_plan(plan)
    folder = open_run(run, trust_code=trust_code)
    notes = world_notes(folder, truth=truth)
    values = RunValues.of_run(folder)
    tables = read_truth(truth) if truth is not None else None
    with ExitStack() as stack:

        def progress(tasks: int) -> Callable[[int], None]:
            return stack.enter_context(counted("Specifications", total=tasks))

        number = bounded_workers(workers)
        curve = report(
            draw_curve(values, choices, truth=tables, workers=number, before=cost_note(number), progress=progress)
        )
    write(curve, out)
    if as_json:
        flags = [vars(one) | {"change": one.change} for one in curve.survivals if one.flagged_by_run]
        precision = [vars(decile) for decile in curve.deciles]
        print_json({"facts": curve.facts, "flags": flags, "precision": precision, "excess": curve.excess})
        return
    print_items(notes)
    print_sections(summarise(curve))
    print_text(f"{len(curve.specifications):,} specifications, {len(curve.survivals):,} survivals: {out}")


def cost_note(workers: int) -> Callable[[CurveCost], None]:
    """Return what prints the cost of a curve, for so many workers, before any of it is run."""
    return lambda cost: print_note(f"Note: {cost.sentence(workers=workers)}")


COMMAND = Command(
    specifications,
    panel="Measure a run",
    examples=(
        "opencse specifications build/run --out build/curve --workers 2",
        "opencse specifications build/run --out build/curve --truth build/world/truth --plan mine.toml",
    ),
)
