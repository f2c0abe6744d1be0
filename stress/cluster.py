"""Cells on a cluster: Dask hands them to workers on any hosts, and this machine writes what they give back.

Workers need no folder in common with this machine: a cell is sent as names and texts, and comes back as the bytes of
its two files. Whoever can reach a Dask scheduler can run code on its workers, so a cluster belongs on a network, or
behind TLS, that keeps others out.
"""

from __future__ import annotations

import asyncio
import platform
import random
import time
import traceback
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from typing import TYPE_CHECKING, Any, Final

from data.errors import MachineFault, UsageError, summary_of
from pipeline.seal import code_digest, library_versions
from stress.cell import cell_id, run_cell
from stress.plan import Cell

if TYPE_CHECKING:
    from distributed import Client

CONNECT_SECONDS: Final = 15
"""How long a scheduler may take to answer, at the start and after a connection was lost."""

IDLE_SECONDS: Final = 60
"""How long a cluster may be without any worker before the plan is stopped."""

POLL_SECONDS: Final = 0.05


@dataclass(frozen=True)
class CellOutcome:
    """What came of a cell: the bytes of its files by their names, or why there are none, in a line and in full."""

    cell: Cell
    files: dict[str, bytes] = field(default_factory=dict)
    error: str = ""
    details: str = ""


def describe() -> dict[str, str]:
    """Return what has to be equal where cells are run and where they are asked for: code, libraries and Python.

    Example:
        >>> describe()["Python"].count(".")
        1
    """
    version = ".".join(platform.python_version_tuple()[:2])
    return {"OpenCSE's code": code_digest(), "Python": version, **library_versions()}


def run_piece(cells: Sequence[Cell], names: Sequence[str]) -> list[CellOutcome]:
    """Run cells on a worker; one that raises, or that would be another cell there, comes back with its error."""
    return [_outcome(cell, name) for cell, name in zip(cells, names, strict=True)]


def _outcome(cell: Cell, name: str) -> CellOutcome:
    try:
        # Its id rests on the code, the libraries and the content of own files: this also covers workers that came late.
        if cell_id(cell) != name:
            raise UsageError("The worker has other code, libraries or own files than the machine that asks.")
        with TemporaryDirectory(prefix="opencse-") as folder:
            run_cell(cell, Path(folder))
            return CellOutcome(cell, {path.name: path.read_bytes() for path in sorted(Path(folder).glob("*.parquet"))})
    except Exception as error:  # whatever a cell raises, the others are to go on
        return CellOutcome(cell, error=summary_of(error), details=traceback.format_exc())


def outcomes(pieces: Sequence[Sequence[Cell]], *, address: str) -> Iterator[list[CellOutcome]]:
    """Run pieces of a plan on the cluster whose scheduler listens at an address, and yield each as it comes back.

    A piece whose worker dies is run by another one; where it takes three along, its cells are run one by one, so that
    only the cell that kills is given up.

    Raises:
        UsageError: the extra `cluster` is not installed, nobody answers at the address, or the cluster has no worker,
            or one whose code, libraries or Python differ from those here.
        MachineFault: the scheduler was lost, or every worker for a minute, or this machine starts no thread.
    """
    with _kept_random_state(), _running_loop() as loop, _client(address, loop) as client:
        _check_versions(client, address)
        yield from _completed(client, pieces, address)


def _completed(client: Client, pieces: Sequence[Sequence[Cell]], address: str) -> Iterator[list[CellOutcome]]:
    def submitted(piece: Sequence[Cell]) -> Any:
        future = client.submit(run_piece, piece, [cell_id(cell) for cell in piece], pure=False)
        pending[future.key] = piece
        return future

    pending: dict[object, Sequence[Cell]] = {}
    waiting = _library().as_completed([submitted(piece) for piece in pieces], loop=client.loop)
    life = _ClusterLife(client, address)
    while pending:
        life.check()
        for future in waiting.next_batch(block=False):
            piece = pending.pop(future.key)
            if future.cancelled():
                raise _lost(f"the scheduler at {address} is gone")
            error = future.exception()
            if error is None:
                yield future.result()
            elif len(piece) > 1:
                waiting.update([submitted([cell]) for cell in piece])
            else:
                yield [CellOutcome(piece[0], error="The workers that ran it died.", details=repr(error))]
        time.sleep(POLL_SECONDS)


class _ClusterLife:
    """Whether the scheduler answers and has workers, asked once a second."""

    def __init__(self, client: Client, address: str) -> None:
        self.client, self.address = client, address
        self.asked = self.last_worker = time.monotonic()

    def check(self) -> None:
        """Raise if the scheduler is gone, or has had no worker for a minute."""
        if self.client.status != "running":
            raise _lost(f"the scheduler at {self.address} is gone")
        now = time.monotonic()
        if now - self.asked < 1:
            return
        self.asked = now
        if self.client.scheduler_info(n_workers=0).get("n_workers", 0):
            self.last_worker = now
        elif now - self.last_worker > IDLE_SECONDS:
            raise _lost(f"the scheduler at {self.address} has had no worker for {IDLE_SECONDS} seconds")


def _lost(found: str) -> MachineFault:
    return MachineFault(
        "The cluster was lost.",
        found=found,
        hint="What is done stays done. Start the cluster and give the same command again: only what is missing is run.",
    )


@contextmanager
def _kept_random_state() -> Iterator[None]:
    """Give Python's global generator back as it was: Dask draws from it, and a caller's draws may depend on it."""
    state = random.getstate()
    try:
        yield
    finally:
        random.setstate(state)


@contextmanager
def _running_loop() -> Iterator[Any]:
    """Run an event loop in a thread of its own, for a client.

    Dask would start one itself, and fails on an assertion where the machine is so busy that the thread does not come to
    run within ten seconds. Here its start is waited for.
    """
    distributed = _library()
    started: Future[tuple[Any, asyncio.Event]] = Future()

    async def run_until_stopped() -> None:
        stop = asyncio.Event()
        started.set_result((distributed.utils.LoopRunner(asynchronous=True).loop, stop))
        await stop.wait()

    def run_loop() -> None:
        try:
            asyncio.run(run_until_stopped())
        except Exception as error:
            if started.done():
                raise
            started.set_exception(error)

    thread = Thread(target=run_loop, name="Dask client", daemon=True)
    try:
        thread.start()
        loop, stop = started.result()
    except (OSError, RuntimeError) as error:
        raise MachineFault("No client of the cluster can be started.", found=summary_of(error)) from error
    try:
        yield loop
    finally:
        loop.add_callback(stop.set)
        thread.join(CONNECT_SECONDS)


@contextmanager
def _client(address: str, loop: Any) -> Iterator[Client]:
    """Open a client to a scheduler, and take back what it was asked for when the block ends before it is done."""
    distributed = _library()
    try:
        distributed.comm.get_address_host(address)  # a client that takes offence at its address is left unclosed
        client = distributed.Client(address, timeout=CONNECT_SECONDS, set_as_default=False, loop=loop)
    except (OSError, ValueError, TypeError) as error:  # a TypeError where TLS is asked for and not configured
        raise UsageError(
            "No scheduler answers.",
            expected="the address of a running Dask scheduler, as in tcp://10.0.0.5:8786",
            found=str(error).splitlines()[0],
            where=address,
            hint="Start one with 'dask scheduler'.",
        ) from error
    try:
        yield client
    finally:
        if client.status == "running":
            client.cancel([distributed.Future(key, client) for key in list(client.futures)], force=True)
        with suppress(TimeoutError):  # a farewell that a busy machine does not manage takes nothing away
            client.close(timeout=CONNECT_SECONDS)


def _library() -> Any:
    try:
        import distributed
    except ImportError as error:
        raise UsageError(
            "The backend 'dask' is not installed.",
            expected="the library distributed",
            found=str(error),
            hint='Install "opencse[cluster]" here and on every host, or use --backend loky.',
        ) from error
    return distributed


def _check_versions(client: Client, address: str) -> None:
    """Check that every worker there is has the code, libraries and Python of this machine.

    Raises:
        UsageError: one has others, or there is none.
    """
    try:
        client.wait_for_workers(1, timeout=CONNECT_SECONDS)
    except TimeoutError as error:
        raise UsageError(
            "The cluster has no worker.",
            where=address,
            hint=f"Start some with 'dask worker {address}' where the same OpenCSE is installed.",
        ) from error
    here = describe()
    for worker, there in sorted(_descriptions(client).items()):
        differing = sorted(name for name in here.keys() | there.keys() if here.get(name) != there.get(name))
        if differing:
            name = differing[0]
            raise UsageError(
                "A worker of the cluster would compute something else.",
                expected=f"{name}: {here.get(name)}, as on this machine",
                found=f"{name}: {there.get(name)}"
                + (f"; {len(differing) - 1} more differ: {', '.join(differing[1:4])}" if len(differing) > 1 else ""),
                where=worker,
                hint="Install the same OpenCSE from the same hash-pinned requirements on every host.",
            )


def _descriptions(client: Client) -> dict[str, dict[str, str]]:
    try:
        return dict(client.run(describe))
    except Exception as error:  # what a worker without OpenCSE raises is its import machinery's choice
        raise UsageError(
            "A worker of the cluster cannot say which OpenCSE it has.",
            found=f"{type(error).__name__}: {error}".splitlines()[0],
            hint="Install the same OpenCSE from the same hash-pinned requirements on every host.",
        ) from error
