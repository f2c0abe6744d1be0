"""What a run would lose without each table of its records: measured, by running again without it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Set
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import pyarrow as pa

from data.contract import CONTRACT
from data.errors import OpencseError, UsageError
from dossier.publication.disclosure import publishable
from pipeline.run_folder import RunFolder
from pipeline.trial import try_records

NEEDED: Final = frozenset({"officer", "unit", "posting"})
"""Tables without which nobody can be compared with anybody: a run without them is not tried."""

_Flagged = tuple[str, int, str]
"""A kind of subject, an id, and the concern that the subject is flagged for."""


def dropped_tables(
    folder: RunFolder, records: Path, tables: Iterable[str], *, progress: Callable[[str], None] = lambda _: None
) -> dict[str, dict[str, str]]:
    """Return, by table, how many of those flagged would be flagged without it, how many not, and how many others would.

    Each is a trial with the run's own settings on the latest as-of date. Counts are published by the rule of
    `dossier.publication.disclosure`, those of all tables together; a person flagged for two concerns counts twice.

    Raises:
        UsageError: the records are no folder of Parquet files with these tables.
    """
    day = date.fromisoformat(max(folder.manifest["as_of"]))
    files = {path.stem: path for path in sorted(records.glob("*.parquet")) if path.stem in CONTRACT.records}
    tried = [name for name in tables if name in files and name not in NEEDED]
    if not tried:
        raise UsageError(
            "What is lost without a table is measured on the records that the run read.",
            expected="a folder of Parquet files, one for each table",
            found=", ".join(files) or "none",
            where=str(records),
        )
    flagged = _people(folder.table("flags"), day)
    without = {}
    for name in tried:
        progress(f"without {name}")
        without[name] = _flagged_without(name, files, folder, day)
    return published_losses(flagged, without)


def _flagged_without(name: str, files: Mapping[str, Path], folder: RunFolder, day: date) -> set[_Flagged]:
    """Return whom a trial flags on records without a table; nobody where none can be compared."""
    with TemporaryDirectory(prefix="opencse-without-") as place:
        for path in files.values():
            if path.stem != name:
                (Path(place) / path.name).symlink_to(path.resolve())
        try:
            trial = try_records(Path(place), settings=folder.settings, as_of=[day], checked=True)
        except OpencseError:
            return set()
    return _people(trial.flags, day)


def _people(flags: pa.Table, day: date) -> set[_Flagged]:
    return {(f["subject_kind"], f["subject_id"], f["concern"]) for f in flags.to_pylist() if f["as_of"] == day}


def published_losses(
    flagged: Set[tuple[str, int, str]], without: Mapping[str, Set[tuple[str, int, str]]]
) -> dict[str, dict[str, str]]:
    """Return what may be published of who is flagged without each table, next to who is flagged with all.

    Example:
        >>> flagged = {("officer", number, "standards") for number in range(40)}
        >>> half = {person for person in flagged if person[1] < 20}
        >>> published_losses(flagged, {"shift": half, "complaint": flagged})["shift"]["no longer flagged"]
        '20 to 24'
    """
    counted = {
        name: {"still flagged": len(flagged & people), "no longer flagged": len(flagged - people)}
        for name, people in without.items()
    }
    tables = publishable(counted).tables
    rows: dict[str, dict[str, Any]] = {}
    for name, people in without.items():
        of_those = {group: str(band) for group, (band, _) in tables[name].items()} if name in tables else {}
        # These are other people than those counted above, and others for each table.
        others = publishable({"people": {"flagged only without it": len(people - flagged)}}).total
        rows[name] = of_those | {"flagged only without it": str(others or "withheld")}
        if not of_those:
            rows[name]["of those flagged"] = "withheld"
    return rows
