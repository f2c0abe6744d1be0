"""The command `review`: record what a person decided about a flag."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from data.errors import UsageError
from opencse.command import Command
from opencse.options import AsJson, RunPath
from opencse.terminal import print_json, print_text


def review(
    run: RunPath,
    flag: Annotated[str | None, typer.Argument(help="A flag id or its beginning.", metavar="FLAG_ID")] = None,
    outcome: Annotated[
        str | None, typer.Option(help="no_concern, support, advice, referred, recording_error or other.")
    ] = None,
    reason: Annotated[str | None, typer.Option(help="Why: no outcome stands without a reason.")] = None,
    reviewer: Annotated[
        str | None, typer.Option(help="Who looked: a pseudonym, the same for all of their reviews.")
    ] = None,
    seconds: Annotated[int | None, typer.Option(help="How long they looked.", min=0)] = None,
    opened: Annotated[int | None, typer.Option(help="How many cited rows they opened.", min=0)] = None,
    contested: Annotated[
        bool, typer.Option("--contested", help="The person concerned contested what was decided before.")
    ] = False,
    batch: Annotated[Path | None, typer.Option(help="CSV file of reviews, in place of one.")] = None,
    as_json: AsJson = False,
) -> None:
    """Record what a person decided about a flag; it is appended to the run's ledger and never taken back."""
    from audit.log.reviews import Review, read_reviews, record_reviews
    from pipeline.run_folder import open_run

    folder = open_run(run)
    if batch is not None:
        if flag is not None or outcome is not None or reason is not None:
            raise UsageError("A file of reviews stands in place of one.", expected="either --batch or a flag")
        reviews = read_reviews(batch)
    else:
        if flag is None or outcome is None or reason is None:
            raise UsageError("A review needs a flag, an outcome and a reason.", expected="FLAG_ID --outcome --reason")
        reviews = [
            Review(
                flag_id=flag,
                outcome=outcome,  # type: ignore[arg-type]  # checked with everything else
                reason=reason,
                reviewer=reviewer,
                seconds=seconds,
                opened=opened,
                contested=contested,
            )
        ]
    checkpoint = record_reviews(folder, reviews)
    if as_json:
        print_json({"recorded": len(reviews), "checkpoint": checkpoint.text()})
    else:
        print_text(f"Reviews recorded: {len(reviews)}. Who looked and what came of it: opencse reviews {run}")


COMMAND = Command(
    review,
    panel="Check a run",
    examples=(
        'opencse review build/run 3fa9c2 --outcome no_concern --reason "Posted to custody that month." --reviewer R7',
        "opencse review build/run --batch reviews.csv",
    ),
)
