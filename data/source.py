"""What a source of records is, and what it hands over."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from data.date_precision import Precision
from data.errors import InputRejected
from data.progress import StageProgress
from data.store import Store


@dataclass(frozen=True)
class InputFile:
    """One file that was read: its name relative to the records folder, its SHA-256 and its size."""

    name: str
    sha256: str
    bytes: int


@dataclass(frozen=True)
class Bending:
    """A way in which cells of a column are written that is not the contract's, and that was read all the same.

    `header` is the file's name for the column, `cells` how many are written so, `example` one of them and `reading`
    what it was read as, None for nothing.
    """

    table: str
    column: str
    header: str
    says: str
    cells: int
    example: str
    reading: str | None

    def sentence(self) -> str:
        """Return it in words.

        Example:
            >>> Bending("officer", "officer_id", "UID", "as whole numbers with a point", 2, "7.0", "7").sentence()
            "officer.officer_id (UID): 2 cells are written as whole numbers with a point: '7.0' is read as 7."
        """
        header = "" if self.header == self.column else f" ({self.header[:60]})"
        example = self.example if len(self.example) <= 60 else self.example[:60] + "…"
        return (
            f"{self.table}.{self.column}{header}: {self.cells:,} cells are written {self.says}: {example!r} is read as "
            f"{'nothing' if self.reading is None else self.reading[:60]}."
        )


@dataclass(frozen=True)
class StagedTables:
    """What a source has put in place: the files it read, the tables it filled, and what a reader should know.

    `bendings` are the ways of writing that were read although they are not the contract's, `coarse` the columns known
    by month or year, and `crosswalk` the numbers given to ids that are texts, by what they are ids of: kept private.
    `sampled` says of which tables a part was staged, with the number of rows that their files hold.
    """

    inputs: tuple[InputFile, ...]
    tables: tuple[str, ...]
    notes: tuple[str, ...] = ()
    bendings: tuple[Bending, ...] = ()
    coarse: Mapping[tuple[str, str], Precision] = field(default_factory=dict)
    crosswalk: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sampled: Mapping[str, int] = field(default_factory=dict)


FaultHandler = Callable[[InputRejected], None]
"""What takes a file's fault where the other files are to be read all the same."""


@contextmanager
def handing_over(on_fault: FaultHandler | None) -> Iterator[None]:
    """Hand the fault of a file to whoever takes it, and go on after the block; without a taker it is raised.

    Example:
        >>> faults: list[InputRejected] = []
        >>> with handing_over(faults.append):
        ...     raise InputRejected("The file is empty.")
        >>> len(faults)
        1
    """
    try:
        yield
    except InputRejected as fault:
        if on_fault is None:
            raise
        on_fault(fault)


class Source(ABC):
    """A layout of record files, and how it becomes the contract's tables.

    `stage` fills the schema `STAGED` of `data.constraints` with one table per contract table that the records hold:
    every contract column in contract order and of contract type (null where a cell could not be read), then

    - `source_file VARCHAR`: the file a row came from, relative to the records folder,
    - `source_row BIGINT`: the number of its data row in that file, from 1, the header not counted,
    - `unread VARCHAR`: a line "column: expected ..., found ..." per cell that is not of its type, else null,
    - `refused VARCHAR`: "rule: reason" when the source itself refuses the row, else null.

    Rows are in the order of the file. Every row of a file that belongs to a table is staged: dropping is for
    validation, which counts. `stage` checks no value against the contract. Tables, not views: DuckDB believes the
    statistics in a Parquet file, and a filter over one can miss what they do not tell, such as a NaN.

    With `tables` only these are wanted: others may be left out, and their files unread. With `on_fault` a file that
    cannot be used is handed to it as the error it would be, and its table is left out. With `most_rows` a source may
    stage a part of a larger table, spread evenly over the file: it then says so in `sampled`.
    """

    summary: ClassVar[str]
    """One line that says what the source reads."""

    @property
    def name(self) -> str:
        """The source's name: its file's."""
        return type(self).__module__.rpartition(".")[2]

    @abstractmethod
    def stage(
        self,
        folder: Path,
        *,
        store: Store,
        progress: StageProgress,
        tables: Collection[str] | None = None,
        on_fault: FaultHandler | None = None,
        most_rows: int | None = None,
    ) -> StagedTables:
        """Stage the tables of a records folder.

        Raises:
            InputRejected: the folder, or a file in it, cannot be read as what it claims to be.
        """
