"""Writing a world's tables as Parquet: the same bytes however the rows arrive.

Rows are collected until a row group of a fixed size is full, so that neither the number of threads nor the size of the
pieces shows in the file.
"""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

ROW_GROUP = 1 << 19


class TableFile:
    """One Parquet file while it is written."""

    def __init__(self, path: Path, schema: pa.Schema, *, plain: tuple[str, ...] = ()) -> None:
        self.path = path
        self.rows = 0
        self._schema = schema
        self._waiting: list[pa.Table] = []
        self._held = 0
        dictionary = [field.name for field in schema if field.name not in plain]
        self._writer: Any = pq.ParquetWriter(
            path,
            schema,
            compression="zstd",
            compression_level=1,
            use_dictionary=dictionary,
            # Without the Arrow schema in the file, texts read back as texts everywhere.
            store_schema=False,
        )

    def write(self, table: pa.Table) -> None:
        """Add rows; they reach the file in whole row groups."""
        if not len(table):
            return
        self.rows += len(table)
        self._waiting.append(table.cast(self._schema))
        self._held += len(table)
        if self._held >= ROW_GROUP:
            self._flush()

    def _flush(self, *, everything: bool = False) -> None:
        held = pa.concat_tables(self._waiting).combine_chunks()
        at = 0
        while len(held) - at >= ROW_GROUP or (everything and at < len(held)):
            piece = held.slice(at, ROW_GROUP)
            self._writer.write_table(piece, row_group_size=ROW_GROUP)
            at += len(piece)
        rest = held.slice(at)
        self._waiting, self._held = ([rest] if len(rest) else []), len(rest)

    def close(self) -> None:
        """Write what is left and close the file."""
        if self._waiting:
            self._flush(everything=True)
        self._writer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is None:
            self.close()
        else:
            self._writer.close()
