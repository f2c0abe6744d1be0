"""Records looked through before a run: all files at once, every fault, and what could be computed of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

from data.constraints import LOADED
from data.errors import InputRejected, LittleToSay, OpencseError
from data.progress import StageProgress
from data.store import Store, quoted
from pipeline.check.column_facts import (
    ColumnFact,
    RejectionReason,
    column_facts,
    rejection_reasons,
    shape_facts,
)
from pipeline.check.computability import Computability, Unlock, computability, unlocks
from pipeline.known_days import ended_long_before, last_known
from pipeline.load_report import LoadReport
from pipeline.loading import load_records
from pipeline.run_warnings import record_warnings
from pipeline.settings import Settings

MOST_ROWS: Final = 200_000
"""Of a larger table so many rows are looked at, spread evenly over the file."""


@dataclass(frozen=True)
class RecordCheck:
    """What a check says of records; see `check_records`. `ended` names tables that end long before the as-of date."""

    as_of: date
    loaded: LoadReport
    faults: tuple[InputRejected, ...]
    reasons: tuple[RejectionReason, ...]
    columns: tuple[ColumnFact, ...]
    shape: Mapping[str, int]
    parts: tuple[Computability, ...]
    ended: tuple[str, ...] = ()

    @property
    def unlocks(self) -> tuple[Unlock, ...]:
        """The single tables and columns that would unlock most."""
        return unlocks(self.parts)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a run on these records would warn of because of them: tables that lose many rows, nobody there."""
        return record_warnings(self.loaded)

    def refusal(self) -> OpencseError | None:
        """Return the error with which a run would end because of these records; None where it would not.

        A file that cannot be used ends it before anything is computed, lost rows only at the end.
        """
        if self.faults:
            return InputRejected(
                "These records cannot be used as they are.",
                found="; ".join(fault.summary for fault in self.faults),
                where=", ".join(fault.where for fault in self.faults if fault.where) or None,
                hint="Mend what is named above: a run would end there.",
            )
        if self.warnings:
            return LittleToSay(
                f"Warning: {self.warnings[0]}",
                found=" ".join(self.warnings[1:]) or None,
                hint="Mend the records or the mapping: a run would end with this code too.",
            )
        return None

    def counts(self) -> dict[str, tuple[int, int]]:
        """Return how many indicators, rules and detectors can be computed, and how many there are."""
        kinds = ("indicator", "rule", "detector")
        own = {kind: [part.ready for part in self.parts if part.kind == kind] for kind in kinds}
        return {f"{kind}s": (sum(ready), len(ready)) for kind, ready in own.items()}

    def to_json(self) -> dict[str, Any]:
        """Return the whole check as plain data."""
        loaded = self.loaded
        return {
            "as_of": str(self.as_of),
            "source": loaded.source,
            "faults": [{"message": str(fault), "where": fault.where} for fault in self.faults],
            "tables": [asdict(count) | {"rows_in_file": loaded.sampled.get(count.table)} for count in loaded.counts],
            "absent": list(loaded.absent),
            "reasons": [asdict(reason) for reason in self.reasons],
            "columns": [asdict(column) for column in self.columns],
            "bendings": [asdict(bending) for bending in loaded.bendings],
            "shape": dict(self.shape),
            "parts": [asdict(part) | {"ready": part.ready} for part in self.parts],
            "unlocks": [asdict(unlock) for unlock in self.unlocks],
            "notes": [*self.ended, *loaded.notes],
            "warnings": list(self.warnings),
        }


def check_records(
    records: Path,
    *,
    source: str,
    settings: Settings,
    as_of: date | None = None,
    threads: int | None = None,
    progress: StageProgress | None = None,
) -> RecordCheck:
    """Look through a folder of records without running anything.

    Every file is read, whatever is wrong with another. Of a table with more than `MOST_ROWS` rows a part is looked at:
    what its rows say of each other and of other tables is then not checked. Without an as-of date the day after the
    bulk of the rows ends is taken.

    Raises:
        InputRejected: there is no folder, or no file in it of which anything can be made.
        UsageError: the mapping cannot be used.
    """
    faults: list[InputRejected] = []
    with Store(threads=threads) as store:
        loaded = load_records(
            records,
            source=source,
            store=store,
            check="constraints",
            progress=progress,
            on_fault=faults.append,
            most_rows=MOST_ROWS,
        )
        if not loaded.present and faults:
            raise faults[0]
        return check_loaded(store, loaded, settings=settings, as_of=as_of, faults=faults)


def check_loaded(
    store: Store, loaded: LoadReport, *, settings: Settings, as_of: date | None, faults: Sequence[InputRejected] = ()
) -> RecordCheck:
    """Return what there is to say of records that are loaded already; see `check_records`."""
    day = as_of or last_known(store) + timedelta(days=1)
    for name in [table for table in store.tables(LOADED) if table not in loaded.present]:
        store.run(f"DROP TABLE {LOADED}.{quoted(name)}")
    columns = tuple(column_facts(store, loaded.coarse))
    parts = computability(store, settings, day, columns)
    shape, ended = shape_facts(store), tuple(ended_long_before(store, day))
    return RecordCheck(day, loaded, tuple(faults), rejection_reasons(store), columns, shape, parts, ended)
