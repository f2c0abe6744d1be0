"""The command `flags`: list the flags of a run."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from data.errors import UsageError
from data.vocabulary import CONCERNS
from opencse.command import Command
from opencse.options import LARGEST_ID, AsJson, RunPath
from opencse.terminal import print_json, print_table, print_text

SHORT = 12
"""How many characters of a flag's id are listed; they are enough to name it by."""


def flags(
    run: RunPath,
    concern: Annotated[str | None, typer.Option(help="Only this concern: standards, welfare or culture.")] = None,
    subject: Annotated[
        int | None, typer.Option(help="Only this officer's or unit's id.", min=-LARGEST_ID - 1, max=LARGEST_ID)
    ] = None,
    strongest: Annotated[
        int | None, typer.Option(help="Only so many that rest on comparison, for each concern, date and kind.", min=1)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the flags of a run: records worth a human look, never findings; and how many can be false at most."""
    from audit.rates.subset_bounds import strongest_of, subset_bounds
    from pipeline.run_folder import open_run

    if concern is not None and concern not in CONCERNS:
        raise UsageError("There is no such concern.", expected=", ".join(CONCERNS), found=concern, where="--concern")
    folder = open_run(run)
    rows = [
        row
        for row in folder.table("flags").to_pylist()
        if concern in (None, row["concern"]) and subject in (None, row["subject_id"])
    ]
    if strongest is not None:
        rows = strongest_of(rows, strongest)
    if as_json:
        print_json(rows)
        return
    columns = ["flag", "subject", "as of", "concern", "family", "q", "why a human should look"]
    print_table(f"{len(rows)} flags", columns, [_line(row) for row in rows])
    for bound in subset_bounds(folder, rows):
        print_text(bound.sentence())


def _line(flag: dict[str, Any]) -> tuple[object, ...]:
    return (
        flag["flag_id"][:SHORT],
        f"{flag['subject_kind']} {flag['subject_id']}",
        str(flag["as_of"]),
        *(flag[column] for column in ("concern", "family", "q_value", "explanation")),
    )


COMMAND = Command(
    flags,
    panel="Read a run",
    examples=("opencse flags build/run --concern standards", "opencse flags build/run --strongest 10"),
)
