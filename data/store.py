"""The one door to DuckDB: every statement is named, kept, and explained when it fails."""

from __future__ import annotations

import errno
import mmap
import os
import re
import resource
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import duckdb
import pyarrow as pa

from data.errors import MEMORY_HINT, MachineFault, OpencseError
from data.memo import current

T = TypeVar("T")


class StatementFailed(OpencseError):
    """A named statement could not be run."""


@dataclass(frozen=True)
class Step:
    """One statement that ran: its name and its exact text."""

    name: str
    sql: str


_ROOM: Final = 512 * 2**20
"""The address space that a database asks for from the start: buffers, and arenas and stacks of its threads."""

_RECORDS: Final = re.compile(r'\bloaded\."?(\w+)"?')
"""A table of records in a statement."""

_DROPS_RECORDS: Final = re.compile(r"\bDROP\s+SCHEMA\b[^;]*\bloaded\b|\bROLLBACK\b", re.IGNORECASE)

_CHANGES_NAMES: Final = re.compile(r"\b(CREATE|DROP|ALTER|ATTACH|DETACH|USE|ROLLBACK)\b", re.IGNORECASE)
"""The words without which a statement leaves the names of tables as they are."""


class Store:
    """An embedded DuckDB database that remembers, by name and in order, every statement it was asked to keep.

    A statement with a `step` name is kept in `steps`; housekeeping without one is not. Results are read completely,
    never half: a half-read result blocks the connection.

    Example:
        >>> with Store(threads=1) as store:
        ...     store.rows("SELECT 1 + 1", step="sum")
        [(2,)]
    """

    def __init__(self, *, threads: int | None = None, path: str = ":memory:", memory: str | None = None) -> None:
        _require_room()
        self._connection = duckdb.connect(path)
        self._connection.execute("SET preserve_insertion_order = true")
        self._connection.execute("SET enable_progress_bar = false")
        self._connection.execute("SET autoinstall_known_extensions = false")
        if threads is not None:
            self._connection.execute(f"SET threads = {int(threads)}")
        if memory is not None:
            self._connection.execute(f"SET memory_limit = {literal(memory)}")
        self.steps: list[Step] = []
        # To ask the database takes longer than most questions asked of the rows of one person.
        self._names: dict[str, frozenset[str]] = {}
        self._is_shared = False
        self._origins: dict[str, object] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The bare connection, for libraries that need one; what runs on it is not kept."""
        self._is_shared = True
        return self._connection

    def run(self, sql: str, *, step: str | None = None, parameters: Sequence[object] = ()) -> None:
        """Run one statement and drop its result."""
        self.rows(sql, step=step, parameters=parameters)

    def rows(self, sql: str, *, step: str | None = None, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Run one statement and return all rows of its result."""
        with self._step(sql, step):
            return self._connection.execute(sql, list(parameters)).fetchall()

    def value(self, sql: str, *, step: str | None = None, parameters: Sequence[object] = ()) -> Any:
        """Run one query and return the first column of its only row."""
        return self.rows(sql, step=step, parameters=parameters)[0][0]

    def arrow(self, sql: str, *, step: str | None = None, parameters: Sequence[object] = ()) -> pa.Table:
        """Run one query and return its result as an Arrow table."""
        with self._step(sql, step):
            return self._connection.sql(sql, params=list(parameters)).to_arrow_table()

    def kept(self, sql: str, compute: Callable[[], T], *inputs: Any) -> T:
        """Return what is computed of a statement on records, and of other inputs: from the memo in force, if it can be.

        The statement reads tables of records and nothing else; `compute` runs it. See `data.memo`.
        """
        memo = current()
        if memo is None:
            return compute()
        origins = [self._origins.get(name) for name in sorted(set(_RECORDS.findall(sql)))]
        return memo.of_tables(sql, origins, inputs, compute)

    def stands_for(self, name: str, origin: object) -> None:
        """Say which object a loaded table is a view of, as long as it is not replaced."""
        self._origins[name] = origin

    def register(self, name: str, table: pa.Table) -> None:
        """Make an Arrow table readable under a name."""
        self._names.clear()
        self._connection.register(name, table)

    def unregister(self, name: str) -> None:
        """Give up the name of an Arrow table."""
        self._names.clear()
        self._connection.unregister(name)

    @contextmanager
    def taken_back(self) -> Iterator[None]:
        """Take back in the end what statements change in a block."""
        names = dict(self._names)
        self.run("BEGIN TRANSACTION")
        try:
            yield
        finally:
            self.run("ROLLBACK")
            self._names = names

    def tables(self, schema: str) -> set[str]:
        """Return the names of the tables and views in a schema."""
        if self._is_shared or schema not in self._names:
            names = self.rows(
                "SELECT table_name FROM information_schema.tables WHERE table_schema = ?", parameters=[schema]
            )
            self._names[schema] = frozenset(name for (name,) in names)
        return set(self._names[schema])

    @contextmanager
    def scratch(self, schema: str) -> Iterator[None]:
        """Give an empty schema for the time of a block, and drop it with all that is in it."""
        self.run(f"DROP SCHEMA IF EXISTS {quoted(schema)} CASCADE")
        self.run(f"CREATE SCHEMA {quoted(schema)}")
        yield
        self.run(f"DROP SCHEMA {quoted(schema)} CASCADE")

    def close(self) -> None:
        """Close the database; a Store in memory is gone then."""
        self._connection.close()

    @contextmanager
    def _step(self, sql: str, step: str | None) -> Iterator[None]:
        if step is not None:
            self.steps.append(Step(step, sql))
        if _CHANGES_NAMES.search(sql):
            self._names.clear()
            # A table that is replaced, or may be, is no longer known to be a view of anything.
            for name in list(self._origins) if _DROPS_RECORDS.search(sql) else _RECORDS.findall(sql):
                self._origins.pop(name, None)
        try:
            yield
        except duckdb.InterruptException as error:
            raise KeyboardInterrupt from error
        except duckdb.OutOfMemoryException as error:
            raise MachineFault("The memory is used up.", found=str(error).splitlines()[0], hint=MEMORY_HINT) from error
        except RuntimeError as error:
            # DuckDB drops the interruption that it has seen while a statement ran, and says only this.
            if str(error) == "Query interrupted":
                raise KeyboardInterrupt from error
            raise
        except duckdb.Error as error:
            text = _without_values(str(error))
            # What is interrupted may be Python code that DuckDB calls, to read an Arrow table: it passes on the name.
            if "KeyboardInterrupt" in text:
                raise KeyboardInterrupt from error
            raise StatementFailed(
                f"The database refused the step '{step or 'unnamed'}'.",
                found=text.splitlines()[0],
                where=_without_values(" ".join(sql.split()))[:400],
                hint="This is a fault in OpenCSE or in a declaration added to it; the statement above shows which.",
            ) from error


_VALUE: Final = re.compile(
    r"'(?:[^']|'')*'|\b\d{4,}(?:\.\d+)?\b|(?:(?<=string )|(?<=format: ))\"[^\"]*\"|\bIN \([\d, ]+\)"
)


def _without_values(text: str) -> str:
    """Return a statement, or what the database said of it, without the texts and long numbers that rows may hold."""
    return _VALUE.sub("…", text)


def _require_room() -> None:
    """Check that a limited address space has room for a database: without it DuckDB takes the process down.

    Raises:
        MachineFault: there is not.
    """
    if resource.getrlimit(resource.RLIMIT_AS)[0] == resource.RLIM_INFINITY:
        return
    try:
        mmap.mmap(-1, _ROOM).close()  # reserved and given back, never touched
    except OSError as error:
        raise MachineFault("The memory is used up.", found=os.strerror(errno.ENOMEM), hint=MEMORY_HINT) from error


def quoted(name: str) -> str:
    """Return a name as a quoted SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return a text as a SQL string literal."""
    return "'" + text.replace("'", "''") + "'"
