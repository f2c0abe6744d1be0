"""The command `publish`: write what may be published of a run."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from data.errors import UsageError
from opencse.command import Command
from opencse.commands.dossier import rates_beside
from opencse.options import AsJson, RunPath, SourceOption, TruthOption
from opencse.terminal import print_json, print_table, print_text, steps


def publish(
    run: RunPath,
    out: Annotated[Path, typer.Option(help="The new folder to write.", show_default=False)],
    statements: Annotated[
        Path | None, typer.Option(help="TOML file of what only people know: owner, purpose, oversight, appeals ...")
    ] = None,
    records: Annotated[
        Path | None, typer.Option(help="The run's records, for tables of protected characteristics.")
    ] = None,
    source: SourceOption = "folder",
    truth: TruthOption = None,
    measure_fields: Annotated[
        bool, typer.Option("--measure-fields", help="Run again without each table, and publish what is lost.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write what may be published of a run: counts that single nobody out, and the records that oversight asks for."""
    from audit.rates.inputs import read_background
    from dossier.publication.annexes import tables_read
    from dossier.publication.dropped_tables import dropped_tables
    from dossier.publication.publication import publish as write_publication
    from dossier.publication.transparency import STATED, read_statements
    from pipeline.run_folder import open_run

    if measure_fields and records is None:
        raise UsageError("Running again without each table needs the records.", expected="--records DIR")
    folder = open_run(run)
    stated = read_statements(statements)
    with steps("Publishing") as progress:
        progress("counts")
        people = None if records is None else read_background(records, source=source, run=folder).people
        rates = rates_beside(folder, truth)
        dropped = None
        if measure_fields and records is not None:
            dropped = dropped_tables(folder, records, tables_read(folder), progress=progress)
        counts = write_publication(folder, out, statements=stated, people=people, rates=rates, dropped=dropped)
    rows = [row for of in counts for row in of.rows()]
    missing = [key for key in STATED if key not in stated]
    if as_json:
        print_json({"out": str(out), "counts": rows, "missing": missing})
        return
    columns = ("concern", "subject", "table", "group", "flagged", "of")
    print_table("What is published, in fives", columns, [[row[column] for column in columns] for row in rows])
    if missing:
        print_text(f"Not stated, and said to be so in the record: {', '.join(missing)}.")
    print_text(f"Written to {out}; rule.txt says by which rule.")


COMMAND = Command(
    publish,
    panel="Read a run",
    examples=("opencse publish build/run --out build/published --statements statements.toml",),
)
