"""Commands that measure a run from outside: `rates`, against the truth of a synthetic world, and `outcomes`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from data.errors import UsageError
from opencse.commands.assuring import controls_beside
from opencse.commands.checking import AsJson, Run
from opencse.terminal import output, print_json, print_table, steps

if TYPE_CHECKING:
    from audit.rates import Options
    from audit.rates.inputs import About
    from audit.rates.rates_report import Audit
    from audit.rates.summary import Section
    from audit.rates.truth_tables import Truth


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command(
        epilog="Examples: opencse rates build/run --truth build/world/truth; opencse rates build/run --records DIR; "
        "opencse rates --flags tool.csv --records build/world/records --truth build/world/truth"
    )(rates)
    app.command(epilog="Example: opencse outcomes build/chicago --records DIR --source chicago --months 24")(outcomes)


def rates(
    run: Annotated[Path | None, typer.Argument(help="A run folder.", show_default=False)] = None,
    truth: Annotated[Path | None, typer.Option(help="Folder of a synthetic world's truth.")] = None,
    records: Annotated[
        Path | None, typer.Option(help="Folder of the records; without it, records/ beside the truth.")
    ] = None,
    source: Annotated[str, typer.Option(help="Layout of the record files.")] = "folder",
    flags: Annotated[Path | None, typer.Option(help="CSV of another tool's flags, in place of a run.")] = None,
    look_back: Annotated[int | None, typer.Option(help="Days a pattern still counts after its end.", min=0)] = None,
    workload: Annotated[
        float | None, typer.Option(help="Subjects of a thousand at an equal workload; else as many as flagged.", min=0)
    ] = None,
    confidence: Annotated[float, typer.Option(help="Confidence of the intervals.", min=0.5, max=0.9999)] = 0.95,
    controls: Annotated[
        int, typer.Option(help="Run the negative controls too, on so many null worlds and draws; needs records.", min=0)
    ] = 0,
    out: Annotated[Path | None, typer.Option(help="New folder for all tables, with full curves.")] = None,
    as_json: AsJson = False,
) -> None:
    """Measure how often flags are right, on whom they fall wrongly, and how sure one can be of either."""
    from audit.rates import LOOK_BACK_DAYS, Options, Positive
    from audit.rates.rates_report import check_new, write
    from audit.rates.summary import summarise

    if (run is None) == (flags is None):
        raise UsageError("Rates need flags.", expected="one of a run folder and --flags FILE")
    if out is not None:
        check_new(out)
    told = controls_beside(run, truth, records, source, seeds=controls)
    options = Options(
        positive=Positive(LOOK_BACK_DAYS if look_back is None else look_back),
        confidence=confidence,
        intersections=True,
        workload=workload,
        silent=flags is None,
    )
    with steps("Measuring") as progress:
        progress("reading")
        planted, about, folder = _inputs(truth, records, source)
        progress("rates")
        if run is not None:
            made = _of_run(run, planted, about, options, full=out is not None)
        else:
            assert flags is not None
            made = _of_list(flags, folder, source, planted, about, options, full=out is not None)
        made = replace(made, facts=made.facts | {"controls": told})
        if out is not None:
            progress("writing")
            write(made, out)
    if as_json:
        print_json({"facts": made.facts, "rates": _plain_rows(made)})
        return
    output().print(told["headline"], markup=False, soft_wrap=True)
    _print_sections(summarise(made.rates), made.facts.get("notes", []))
    if out is None:
        output().print("Everything, with full curves over cuts and capacities: add --out DIR")
    else:
        output().print(f"{len(made.rates):,} rates, {len(made.curves):,} points of curves: {out}")


def _inputs(truth: Path | None, records: Path | None, source: str) -> tuple[Truth | None, About | None, Path | None]:
    from audit.rates.inputs import read_about, read_truth, records_beside

    folder = records if records is not None else records_beside(truth) if truth is not None else None
    planted = read_truth(truth, records=folder) if truth is not None else None
    return planted, read_about(folder, source=source) if folder is not None else None, folder


def _of_run(run: Path, truth: Truth | None, about: About | None, options: Options, *, full: bool) -> Audit:
    from audit.rates.rates_report import audit
    from pipeline.digest import file_digest
    from pipeline.run_folder import MANIFEST, open_run

    folder = open_run(run)
    tables = {name: folder.table(name) for name in ("flags", "subjects", "scores", "evidence")}
    notes = [] if about is not None else ["No records were given: there is no breakdown by protected characteristic."]
    facts = {"manifest_sha256": file_digest(run / MANIFEST), "notes": notes}
    return audit(**tables, truth=truth, about=about, options=options, facts=facts, sweeps=full)


def _of_list(
    flags: Path,
    records: Path | None,
    source: str,
    truth: Truth | None,
    about: About | None,
    options: Options,
    *,
    full: bool,
) -> Audit:
    from audit.rates.other_tools import audit_list

    if records is None:
        raise UsageError(
            "Flags of another tool are measured on the records it worked on.", expected="--records DIR beside --flags"
        )
    return audit_list(flags, records=records, source=source, truth=truth, about=about, options=options, sweeps=full)


def _plain_rows(made: Audit) -> list[dict[str, object]]:
    from audit.rates.rates_report import SCHEMA, arrow

    rows: list[dict[str, object]] = arrow(made.rates, SCHEMA).to_pylist()
    return [{k: None if v in (float("inf"), float("-inf")) else v for k, v in row.items()} for row in rows]


def _print_sections(sections: list[Section], notes: list[str]) -> None:
    console = output()
    for note in notes:
        console.print(f"  - {note}", markup=False)
    for section in sections:
        if section.rows:
            print_table(section.title, section.columns, section.rows)
        else:
            console.print(f"[bold]{section.title}[/]")
        for sentence in section.sentences:
            console.print(f"  {sentence}", markup=False)
        console.print()


def outcomes(
    run: Run,
    records: Annotated[Path, typer.Option(help="Folder of the records, with what was recorded after the as-of date.")],
    months: Annotated[int, typer.Option(help="How many months after the as-of date count.", min=1)] = 24,
    source: Annotated[str, typer.Option(help="Layout of the record files.")] = "folder",
    out: Annotated[Path | None, typer.Option(help="New folder for the whole table.")] = None,
    as_json: AsJson = False,
) -> None:
    """Compare flags and scores with what was recorded later: outcomes, which are not the truth."""
    from audit.rates.rates_report import check_new
    from audit.rates.recorded_later import audit_outcomes, summarise, write
    from pipeline.run_folder import open_run

    if out is not None:
        check_new(out)
    with steps("Outcomes") as progress:
        found = audit_outcomes(open_run(run), records=records, source=source, months=months, progress=progress)
        if out is not None:
            write(found, out)
    if as_json:
        print_json({"notes": found.notes, "outcomes": found.rows()})
    else:
        _print_sections(summarise(found), [])
