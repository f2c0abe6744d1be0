"""The command `rates`: error rates of a run, or of another tool's flags, against the truth of a synthetic world."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from data.errors import UsageError
from data.staging import check_new
from opencse.command import Command
from opencse.commands.controls import verdicts_of
from opencse.options import AsJson, Full, NewFolder, SourceOption, TrustCode, TruthOption, one_of
from opencse.sections import print_sections, rows_for
from opencse.terminal import print_items, print_json, print_text, screen, steps

if TYPE_CHECKING:
    from typing import Any

    from audit.rates import RateOptions
    from audit.rates.inputs import Background
    from audit.rates.rates_report import RatesReport
    from audit.rates.truth_tables import Truth


def rates(
    run: Annotated[Path | None, typer.Argument(help="A run folder.", show_default=False)] = None,
    truth: TruthOption = None,
    records: Annotated[
        Path | None, typer.Option(help="Folder of the records; without it, records/ beside the truth.")
    ] = None,
    source: SourceOption = "folder",
    flags: Annotated[Path | None, typer.Option(help="CSV of another tool's flags, in place of a run.")] = None,
    look_back: Annotated[
        int | None, typer.Option(help="Days a pattern still counts after its end.", min=0, max=36_500)
    ] = None,
    workload: Annotated[
        float | None,
        typer.Option(help="Subjects of a thousand at an equal workload; else as many as flagged.", min=0, max=1000),
    ] = None,
    confidence: Annotated[float, typer.Option(help="Confidence of the intervals.", min=0.5, max=0.9999)] = 0.95,
    controls: Annotated[
        int,
        typer.Option(
            help="Run the negative controls too, on so many null worlds and draws; needs records.", min=0, max=10_000
        ),
    ] = 0,
    out: NewFolder = None,
    trust_code: TrustCode = False,
    full: Full = False,
    as_json: AsJson = False,
) -> None:
    """Measure how often flags are right, on whom they fall wrongly, and how sure one can be of either."""
    from audit.rates import LOOK_BACK_DAYS, PositiveDefinition, RateOptions
    from audit.rates.rates_report import write

    one_of(run, flags, summary="Rates need flags.", expected="one of a run folder and --flags FILE")
    if out is not None:
        check_new(out)
    control_facts = _control_facts(run, truth, records, source, seeds=controls, trust_code=trust_code)
    options = RateOptions(
        positive=PositiveDefinition(LOOK_BACK_DAYS if look_back is None else look_back),
        confidence=confidence,
        intersections=True,
        workload=workload,
        silent=flags is None,
    )
    with steps("Measuring") as progress:
        progress("reading")
        tables, about, folder = _inputs(truth, records, source, run)
        progress("rates")
        if run is not None:
            report = _report_of_run(run, records, tables, about, options, full=out is not None)
        else:
            assert flags is not None
            report = _report_of_list(flags, folder, source, tables, about, options, full=out is not None)
        report = replace(report, facts=report.facts | {"controls": control_facts})
        if out is not None:
            progress("writing")
            write(report, out)
    if as_json:
        print_json({"facts": report.facts, "rates": _finite_rows(report)})
    else:
        _print_report(report, out, full=full)


def _print_report(report: RatesReport, out: Path | None, *, full: bool) -> None:
    from audit.rates.rates_summary import summarise

    print_text(report.facts["controls"]["headline"])
    print_items(report.facts.get("notes", []))
    print_sections(summarise(report.rates), most=rows_for(screen(), full=full))
    if out is None:
        print_text("Everything, with full curves over cuts and capacities: add --out DIR")
    else:
        print_text(f"{len(report.rates):,} rates, {len(report.curves):,} points of curves: {out}")


def _control_facts(
    run: Path | None, truth: Path | None, records: Path | None, source: str, *, seeds: int, trust_code: bool
) -> dict[str, Any]:
    """Return what the controls of a run's settings on its records say; without seeds, that none was run.

    Raises:
        UsageError: controls are asked for, and there is no run or are no records.
    """
    from stress.controls.verdict import NONE_RUN, headline

    if not seeds:
        return {"headline": f"{NONE_RUN} Add --controls 10, or see 'opencse controls'.", "verdicts": []}
    from pipeline.run_folder import open_run
    from stress.controls.control_runs import run_input

    folder = _records_folder(truth, records)
    if run is None or folder is None:
        raise UsageError(
            "Controls run the settings of a run on its records.",
            expected="a run folder, and --records DIR or records/ beside the truth",
            hint="A closed tool cannot be run anew: hand its supplier a null world, and count what it flags.",
        )
    verdicts = verdicts_of(
        run_input(open_run(run, trust_code=trust_code), folder, source=source, truth=truth, seeds=seeds)
    )
    return {"headline": headline(verdicts), "verdicts": [verdict.to_json() for verdict in verdicts]}


def _records_folder(truth: Path | None, records: Path | None) -> Path | None:
    from audit.rates.inputs import records_beside

    if records is not None or truth is None:
        return records
    return records_beside(truth)


def _inputs(
    truth: Path | None, records: Path | None, source: str, run: Path | None
) -> tuple[Truth | None, Background | None, Path | None]:
    from audit.rates.inputs import read_background, read_truth
    from pipeline.run_folder import open_run

    folder = _records_folder(truth, records)
    tables = read_truth(truth, records=folder) if truth is not None else None
    if folder is None:
        return tables, None, None
    known_by = open_run(run) if run is not None else None
    return tables, read_background(folder, source=source, run=known_by), folder


def _report_of_run(
    run: Path,
    records: Path | None,
    truth: Truth | None,
    about: Background | None,
    options: RateOptions,
    *,
    full: bool,
) -> RatesReport:
    from audit.rates.audit_inputs import AuditInputs
    from audit.rates.inputs import with_given_units
    from audit.rates.provenance import measured_tables
    from audit.rates.rates_report import rates_report
    from pipeline.digest import file_digest
    from pipeline.given_ids import given_ids
    from pipeline.run_folder import MANIFEST, open_run

    folder = open_run(run)
    tables, notes = measured_tables(folder, truth=truth, records=records)
    if about is None:
        notes = ["No records were given: there is no breakdown by protected characteristic.", *notes]
    about = with_given_units(about, given_ids(folder))
    facts = {"manifest_sha256": file_digest(run / MANIFEST), "notes": notes}
    inputs = AuditInputs(**tables, truth=truth, about=about)
    return rates_report(inputs, options=options, facts=facts, sweeps=full)


def _report_of_list(
    flags: Path,
    records: Path | None,
    source: str,
    truth: Truth | None,
    about: Background | None,
    options: RateOptions,
    *,
    full: bool,
) -> RatesReport:
    from audit.rates.other_tools import list_report

    if records is None:
        raise UsageError(
            "Flags of another tool are measured on the records it worked on.", expected="--records DIR beside --flags"
        )
    return list_report(flags, records=records, source=source, truth=truth, about=about, options=options, sweeps=full)


def _finite_rows(report: RatesReport) -> list[dict[str, object]]:
    """Return the rates as rows, with null for what is infinite, which JSON cannot hold."""
    from audit.rates.rates_report import SCHEMA, arrow

    rows: list[dict[str, object]] = arrow(report.rates, SCHEMA).to_pylist()
    return [
        {name: None if value in (float("inf"), float("-inf")) else value for name, value in row.items()} for row in rows
    ]


COMMAND = Command(
    rates,
    panel="Measure a run",
    examples=(
        "opencse rates build/run --truth build/world/truth",
        "opencse rates build/run --records DIR",
        "opencse rates --flags tool.csv --records build/world/records --truth build/world/truth",
    ),
)
