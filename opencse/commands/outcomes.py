"""The command `outcomes`: compare flags with what was recorded later."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from data.staging import check_new
from opencse.command import Command
from opencse.options import AsJson, Full, NewFolder, RunPath
from opencse.sections import print_sections, rows_for
from opencse.terminal import print_json, screen, steps


def outcomes(
    run: RunPath,
    records: Annotated[Path, typer.Option(help="Folder of the records, with what was recorded after the as-of date.")],
    months: Annotated[int, typer.Option(help="How many months after the as-of date count.", min=1, max=1200)] = 24,
    at_least: Annotated[
        int, typer.Option(help="How many complaint cases, or incidents with force, make an outcome.", min=1, max=10_000)
    ] = 3,
    source: Annotated[
        str | None, typer.Option(help="Layout of the record files, or the path of a mapping; the run's own without it.")
    ] = None,
    out: NewFolder = None,
    full: Full = False,
    as_json: AsJson = False,
) -> None:
    """Compare flags and scores with what was recorded later: outcomes, which are not the truth."""
    from audit.rates.recorded_later import outcomes_of_run, summarise, write
    from pipeline.private_ids import source_of_run
    from pipeline.run_folder import open_run

    folder = open_run(run)
    if out is not None:
        check_new(out)
    with steps("Outcomes") as progress:
        audit = outcomes_of_run(
            folder,
            records=records,
            source=source or source_of_run(folder),
            months=months,
            at_least=at_least,
            progress=progress,
        )
        if out is not None:
            write(audit, out)
    if as_json:
        print_json({"notes": audit.notes, "outcomes": audit.rows(), "excess": audit.excess_rows()})
    else:
        print_sections(summarise(audit), most=rows_for(screen(), full=full))


COMMAND = Command(
    outcomes,
    panel="Measure a run",
    examples=("opencse outcomes build/chicago --records DIR --months 24 --at-least 5",),
)
