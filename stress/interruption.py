"""Interruption: a plan that is told to end does so soon, and leaves no worker behind.

Ctrl-C and SIGTERM raise an exception in the main thread, on which joblib stops its workers and waits for them. A worker
may not hear of it while a library computes, and a library may wait for a worker that is gone; so that after a grace
period the workers are killed, and at the latest the process ends without a further word. A cell that was under way is
run again by the next start.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

GRACE: Final = 10.0
"""Seconds after which workers are killed, and after as many again the process itself."""

SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)

Handler = Callable[[int, FrameType | None], object]


@contextmanager
def prompt_ending(grace: float = GRACE) -> Iterator[None]:
    """Have no worker that the block starts outlive it, and an interruption end it within twice `grace` seconds."""
    before = {process.pid for process in multiprocessing.active_children()}
    alarms: list[threading.Timer] = []

    def kill_workers() -> None:
        for process in multiprocessing.active_children():
            if process.pid not in before:
                process.kill()

    def watch(number: int) -> None:
        # Shells count an end by a signal as 128 and its number.
        for delay, action in ((grace, kill_workers), (2 * grace, lambda: os._exit(128 + number))):
            alarms.append(threading.Timer(delay, action))
            alarms[-1].daemon = True
            alarms[-1].start()

    with _watched_signals(watch):
        try:
            yield
        except BaseException as error:
            # After an ordinary error joblib has its workers in hand, and keeps them for the next call.
            if not isinstance(error, Exception):
                kill_workers()
            raise
        finally:
            for alarm in alarms:
                alarm.cancel()


@contextmanager
def _watched_signals(watch: Callable[[int], None]) -> Iterator[None]:
    """Call `watch` before the handlers of the signals that end a process, where they have one of Python's."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handlers = {number: signal.getsignal(number) for number in SIGNALS}
    callable_handlers = {number: handler for number, handler in handlers.items() if callable(handler)}
    for number, handler in callable_handlers.items():
        signal.signal(number, _watched(handler, watch))
    try:
        yield
    finally:
        for number, handler in callable_handlers.items():
            signal.signal(number, handler)


def _watched(handler: Handler, watch: Callable[[int], None]) -> Handler:
    def handle(number: int, frame: FrameType | None) -> object:
        watch(number)
        return handler(number, frame)

    return handle
