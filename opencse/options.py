"""Arguments and options that several commands share, each declared once."""

from __future__ import annotations

import os
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from data.errors import UsageError
from opencse.terminal import print_note

LARGEST_ID: Final = 2**63 - 1
"""Ids in records are 64-bit integers."""

RunPath = Annotated[Path, typer.Argument(help="A run folder.", show_default=False, metavar="RUN")]
FlagId = Annotated[str, typer.Argument(help="A flag id or its beginning.", metavar="FLAG_ID")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]

Full = Annotated[bool, typer.Option("--full", help="Print everything; a terminal otherwise gets what fits.")]

WorldName = Annotated[str, typer.Argument(help="A world's name (see 'opencse worlds') or its .toml file.")]
PeopleOption = Annotated[int | None, typer.Option(help="How many people.", min=60, max=1_000_000)]
Months = Annotated[int | None, typer.Option(help="How many months.", min=1, max=120)]
WorldSeed = Annotated[int | None, typer.Option(help="Random seed of the world.", min=0, max=LARGEST_ID)]

TruthOption = Annotated[Path | None, typer.Option(help="Folder of a synthetic world's truth.")]
SourceOption = Annotated[str, typer.Option(help="Layout of the record files, or the path of a mapping.")]
MappingOption = Annotated[
    Path | None, typer.Option(help="Mapping file (TOML) that says how the record files become the contract's tables.")
]
Config = Annotated[Path | None, typer.Option(help="Settings file (TOML) laid over the defaults.")]
TrustCode = Annotated[
    bool,
    typer.Option(
        "--trust-code", help="Let Python files that the settings, the plan or the run name run on this machine."
    ),
]
NewFolder = Annotated[Path | None, typer.Option(help="New folder for all tables.")]
Threads = Annotated[
    int | None,
    typer.Option(help="Threads, at most one for each processor; changes no byte.", min=1, show_default=False),
]
Workers = Annotated[
    int, typer.Option(help="Processes that work at the same time, at most one for each processor.", min=1)
]


def processor_count() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def bounded_threads(threads: int | None, option: str = "--threads") -> int | None:
    """Return the number of threads, no more than there are processors; a larger one is noted.

    Example:
        >>> bounded_threads(1), bounded_threads(None)
        (1, None)
    """
    return None if threads is None else _bounded(threads, option)


def bounded_workers(workers: int, option: str = "--workers") -> int:
    """Return the number of processes, no more than there are processors; a larger one is noted."""
    return _bounded(workers, option)


def _bounded(number: int, option: str) -> int:
    available = processor_count()
    if number > available:
        print_note(f"Note: {option} is {available}, not {number}: this machine has {available} processors for it.")
    return min(number, available)


def one_of(first: object, second: object, *, summary: str, expected: str) -> None:
    """Check that exactly one of two options is given.

    Raises:
        UsageError: neither or both are.
    """
    if (first is None) == (second is None):
        raise UsageError(summary, expected=expected, found="neither" if first is None else "both")


def record_source(source: str, mapping: Path | None) -> str:
    """Return what records are read by: a named source, or the mapping where one is given.

    Raises:
        UsageError: both are given, or the mapping's name does not end in `.toml`.

    Example:
        >>> record_source("folder", Path("mapping.toml"))
        'mapping.toml'
    """
    if mapping is None:
        return source
    if source != "folder":
        raise UsageError("A mapping is itself the layout of the files.", expected="one of --source and --mapping")
    if mapping.suffix.lower() != ".toml":
        raise UsageError("A mapping is a TOML file.", expected="a name that ends in .toml", found=mapping.name)
    return str(mapping)


def as_of_date(text: str) -> date:
    """Return an as-of date.

    Raises:
        UsageError: it is no date.

    Example:
        >>> as_of_date("2026-01-01")
        datetime.date(2026, 1, 1)
    """
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a calendar date has no zone
    except ValueError:
        raise UsageError(
            "The as-of date cannot be read.", expected="a date as YYYY-MM-DD", found=text, where="--as-of"
        ) from None
