"""What a source of records is, and what it hands over."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from data.progress import StageProgress
from data.store import Store


@dataclass(frozen=True)
class InputFile:
    """One file that was read: its name relative to the records folder, its SHA-256 and its size."""

    name: str
    sha256: str
    bytes: int


@dataclass(frozen=True)
class StagedTables:
    """What a source has put in place: the files it read, the tables it filled, and what a reader should know."""

    inputs: tuple[InputFile, ...]
    tables: tuple[str, ...]
    notes: tuple[str, ...] = ()


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

    With `tables` only these are wanted: others may be left out, and their files unread.
    """

    summary: ClassVar[str]
    """One line that says what the source reads."""

    @property
    def name(self) -> str:
        """The source's name: its file's."""
        return type(self).__module__.rpartition(".")[2]

    @abstractmethod
    def stage(
        self, folder: Path, *, store: Store, progress: StageProgress, tables: Collection[str] | None = None
    ) -> StagedTables:
        """Stage the tables of a records folder.

        Raises:
            InputRejected: the folder, or a file in it, cannot be read as what it claims to be.
        """
