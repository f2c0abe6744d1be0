"""What was computed of the very same before, so that many runs on nearly the same records compute it once.

Whoever makes many such runs says so with `remembering`; without, nothing is kept. Only pure functions ask: the same
input gives the same bits, so that what comes out does not depend on what was remembered.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from typing import Any, Final, TypeVar

import numpy as np

T = TypeVar("T")

FIRST: Final = 400
"""So many results are kept for good: those of what is run first, which nothing has changed yet."""

MOST: Final = 200
"""So many others are kept at most, those asked for last; results of statements on lasting tables are all kept."""

_CURRENT: Final[ContextVar[Memo | None]] = ContextVar("memo", default=None)


class Memo:
    """Results by what they were computed of, and the tables of records that last from run to run.

    Example:
        >>> memo = Memo()
        >>> with remembering(memo):
        ...     [recall("total", [np.arange(3)], lambda: len(memo)) for _ in range(2)], len(memo)
        ([0, 0], 1)
    """

    def __init__(self, lasting: Iterable[object] = ()) -> None:
        # Tables are told apart by identity, so that those that last must stay where they are.
        self._lasting = {id(table): table for table in lasting}
        self._of_tables: dict[Hashable, Any] = {}
        self._first: dict[Hashable, Any] = {}
        self._results: OrderedDict[Hashable, Any] = OrderedDict()
        # Threads may run cells of one world: what one of them drops must not be what another has just seen there.
        self._lock = Lock()

    def __len__(self) -> int:
        return len(self._first) + len(self._results) + len(self._of_tables)

    def lasts(self, table: object) -> bool:
        """Say whether a table is one of those that last."""
        return id(table) in self._lasting

    def of_tables(self, statement: str, tables: Sequence[object], inputs: Sequence[Any], compute: Callable[[], T]) -> T:
        """Return what is computed of a statement that reads these tables and nothing else, and of other inputs."""
        if not all(map(self.lasts, tables)):
            return compute()
        key = (statement, digest_of(inputs), *map(id, tables))
        if key not in self._of_tables:
            self._of_tables[key] = compute()
        result: T = self._of_tables[key]
        return result

    def get(self, key: Hashable) -> Any | None:
        """Return a result that was kept, None if there is none."""
        with self._lock:
            if key in self._first:
                return self._first[key]
            if key not in self._results:
                return None
            self._results.move_to_end(key)
            return self._results[key]

    def put(self, key: Hashable, result: Any) -> None:
        """Keep a result."""
        with self._lock:
            if len(self._first) < FIRST:
                self._first[key] = result
                return
            self._results[key] = result
            while len(self._results) > MOST:
                self._results.popitem(last=False)


@contextmanager
def remembering(memo: Memo) -> Iterator[None]:
    """Let a memo keep what is computed in a block, and give what it has kept."""
    token = _CURRENT.set(memo)
    try:
        yield
    finally:
        _CURRENT.reset(token)


def current() -> Memo | None:
    """Return the memo that is in force, if any."""
    return _CURRENT.get()


def recall(name: str, inputs: Sequence[Any], compute: Callable[[], T]) -> T:
    """Return the result of a function, by its name, of these arrays and plain values; computed unless it is kept."""
    return recall_each(name, [inputs], lambda _: [compute()])[0]


def recall_each(name: str, inputs: Sequence[Sequence[Any]], compute: Callable[[list[int]], Sequence[T]]) -> list[T]:
    """Return a function's result of each of several inputs; `compute` is given the positions of those not kept.

    Example:
        >>> def lengths(at):
        ...     return [len(sets[n]) for n in at]
        >>> sets = [np.zeros(2), np.ones(5), np.zeros(2)]
        >>> with remembering(Memo()):
        ...     recall_each("length", [[one] for one in sets], lengths)
        [2, 5, 2]
    """
    memo = current()
    if memo is None:
        return list(compute(list(range(len(inputs)))))
    keys = [(name, digest_of(one)) for one in inputs]
    # A list around each, so that a result may be None.
    results: list[list[T] | None] = [memo.get(key) for key in keys]
    missing = [n for n, result in enumerate(results) if result is None]
    for n, result in zip(missing, compute(missing) if missing else (), strict=True):
        results[n] = [result]
        memo.put(keys[n], [result])
    return [result[0] for result in results if result is not None]


def digest_of(inputs: Sequence[Any]) -> bytes:
    """Return what tells these arrays and plain values from any others."""
    content = hashlib.blake2b(digest_size=20)
    for one in inputs:
        if isinstance(one, np.ndarray):
            content.update(f"{one.dtype.str}{one.shape}".encode())
            content.update(np.ascontiguousarray(one).data)
        else:
            content.update(repr(one).encode())
        content.update(b";")
    return content.digest()
