"""The command `flags`: list the flags of a run."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated, Any

import typer

from data.errors import UsageError
from data.vocabulary import CONCERNS, SUBJECT_KINDS
from opencse.command import Command
from opencse.options import LARGEST_ID, AsJson, RunPath
from opencse.terminal import clipped, escaped, paged, print_json, print_table, print_text, screen

if TYPE_CHECKING:
    from pipeline.given_ids import GivenIds

SHORT = 12
"""How many characters of a flag's id are listed; they are enough to name it by."""

AROUND, BESIDE, SMALLEST = 10, 87, 5
"""Lines around the rows of the list, columns beside the explanation, and the fewest rows that a screenful is."""


def flags(
    run: RunPath,
    concern: Annotated[str | None, typer.Option(help="Only this concern: standards, welfare or culture.")] = None,
    subject: Annotated[
        str | None, typer.Option(help="Only this officer's or unit's id, as a number or as the records wrote it.")
    ] = None,
    strongest: Annotated[
        int | None,
        typer.Option(
            help="Only so many that rest on comparison for each concern; where there are none, who comes nearest.",
            min=1,
        ),
    ] = None,
    limit: Annotated[int | None, typer.Option(help="Print at most so many, the most certain first.", min=1)] = None,
    everything: Annotated[
        bool,
        typer.Option("--all", help="Print all, also on a terminal, there by pages; else it gets a screenful."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List the flags of a run: records worth a human look, never findings; and how many can be false at most."""
    from audit.flag.subset_bounds import strongest_of, subset_bounds
    from pipeline.given_ids import given_ids
    from pipeline.near_flags import near_flags
    from pipeline.run_folder import open_run

    if concern is not None and concern not in CONCERNS:
        raise UsageError("There is no such concern.", expected=", ".join(CONCERNS), found=concern, where="--concern")
    folder = open_run(run)
    ids = given_ids(folder)
    wanted = None if subject is None else _subject(ids, subject)

    def is_wanted(row: dict[str, Any]) -> bool:
        about = wanted is None or row["subject_id"] == wanted.get(row["subject_kind"])
        return about and concern in (None, row["concern"])

    rows = [ids.flag(row) for row in folder.table("flags").to_pylist() if is_wanted(row)]
    near: list[dict[str, Any]] = []
    if strongest is not None:
        rows = [dict(row) for row in strongest_of(rows, strongest)]
        nearest = near_flags(folder.table("scores"), folder.table("flags"), folder.manifest, strongest)
        near = [ids.flag(row) for row in nearest if is_wanted(row)]
    if as_json:
        print_json([*rows, *({"flag_id": None, **row, "as_of": str(row["as_of"])} for row in near)])
        return
    with paged() if everything else nullcontext():
        if rows or not near:
            _print_flags(rows, limit=limit, everything=everything)
        for bound in subset_bounds(folder, rows):
            print_text(bound.sentence())
        if near:
            _print_near(near)


def _subject(ids: GivenIds, text: str) -> dict[str, int | None]:
    """Return the number of a subject's id by kind of subject.

    Raises:
        UsageError: it is no number, and nobody of the run has it.
    """
    numbers: dict[str, int | None] = {kind: ids.number(kind, text) for kind in SUBJECT_KINDS}
    if not any(number is not None and -LARGEST_ID - 1 <= number <= LARGEST_ID for number in numbers.values()):
        raise UsageError(
            "Nobody in this run has such an id.",
            expected=f"a number up to {LARGEST_ID}, or an id of the records",
            found=text,
            where="--subject",
        )
    return numbers


def _print_near(near: Iterable[dict[str, Any]]) -> None:
    """Print who stands out most where nobody passed."""
    print_text("Where nobody passed, who stands out most is listed; none of it is evidence against anybody.")
    columns = ["subject", "as of", "concern", "detector", "p of that detector alone", "needed of all together", "peers"]
    lines = [
        (
            f"{row['subject_kind']} {row.get('subject', row['subject_id'])}",
            *(str(row["as_of"]), row["concern"], row["detector"], row["p_value"], row["needed"], row["peers"]),
        )
        for row in near
    ]
    print_table("Nearest to a flag", columns, lines)


def _print_flags(rows: list[dict[str, Any]], *, limit: int | None, everything: bool) -> None:
    """Print the most certain flags: as many as fit the terminal, a line each; into a file or a pipe all, and whole."""
    from audit.flag.certainty import most_certain_first

    window = screen()
    fitting = max(SMALLEST, window.lines - AROUND) if window is not None and not everything else None
    most = limit or fitting or len(rows)
    width = None if window is None else max(24, window.columns - BESIDE)
    shown = most_certain_first(rows)[:most]
    columns = ["flag", "subject", "as of", "concern", "family", "q", "why a human should look"]
    print_table(f"{len(rows)} flags", columns, [_line(row, width) for row in shown])
    if len(shown) < len(rows):
        print_text(f"The {len(shown):,} most certain of {len(rows):,}; --all lists the others too.")


def _line(flag: dict[str, Any], width: int | None) -> tuple[object, ...]:
    why = flag["explanation"]
    return (
        flag["flag_id"][:SHORT],
        f"{flag['subject_kind']} {flag.get('subject', flag['subject_id'])}",
        str(flag["as_of"]),
        *(flag[column] for column in ("concern", "family", "q_value")),
        why if width is None else clipped(escaped(why), width),
    )


COMMAND = Command(
    flags,
    panel="Read a run",
    examples=(
        "opencse flags build/run --concern standards",
        "opencse flags build/run --strongest 10",
        "opencse flags build/run --limit 20",
    ),
)
