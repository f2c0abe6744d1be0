"""The command `flags`: list the flags of a run."""

from __future__ import annotations

from collections.abc import Iterable
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
        int | None,
        typer.Option(
            help="Only so many that rest on comparison for each concern; without flags, who comes nearest.",
            min=1,
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List the flags of a run: records worth a human look, never findings; and how many can be false at most."""
    from audit.rates.subset_bounds import strongest_of, subset_bounds
    from pipeline.near_flags import near_flags
    from pipeline.run_folder import open_run

    if concern is not None and concern not in CONCERNS:
        raise UsageError("There is no such concern.", expected=", ".join(CONCERNS), found=concern, where="--concern")
    folder = open_run(run)
    rows = [
        row
        for row in folder.table("flags").to_pylist()
        if concern in (None, row["concern"]) and subject in (None, row["subject_id"])
    ]
    if strongest is not None and not folder.table("flags").num_rows:
        _print_near(near_flags(folder.table("scores"), strongest), concern, subject, as_json=as_json)
        return
    if strongest is not None:
        rows = strongest_of(rows, strongest)
    if as_json:
        print_json(rows)
        return
    columns = ["flag", "subject", "as of", "concern", "family", "q", "why a human should look"]
    print_table(f"{len(rows)} flags", columns, [_line(row) for row in rows])
    for bound in subset_bounds(folder, rows):
        print_text(bound.sentence())


def _print_near(near: Iterable[dict[str, Any]], concern: str | None, subject: int | None, *, as_json: bool) -> None:
    """Print who stands out most in a run without flags."""
    rows = [row for row in near if concern in (None, row["concern"]) and subject in (None, row["subject_id"])]
    if as_json:
        print_json([{"flag_id": None, **row, "as_of": str(row["as_of"])} for row in rows])
        return
    print_text("0 flags: nobody passed. Who stands out most is listed; none of it is evidence against anybody.")
    columns = ["subject", "as of", "concern", "detector", "p of that detector alone", "peers"]
    lines = [
        (
            f"{row['subject_kind']} {row['subject_id']}",
            *(str(row["as_of"]), row["concern"], row["detector"], row["p_value"], row["peers"]),
        )
        for row in rows
    ]
    print_table("Nearest to a flag", columns, lines)


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
