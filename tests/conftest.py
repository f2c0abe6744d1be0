"""What holds for every test: no ambient randomness, no network, and markers that choose what runs."""

from __future__ import annotations

import functools
import ipaddress
import os
import random
import socket
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

# Set before any test imports a library that reads them, and inherited by every process a test starts.
os.environ["GX_ANALYTICS_ENABLED"] = "false"

import hypothesis
import numpy as np
import pytest
import typer.testing

from tests.long_files import longest_first

# Tests start many processes. Where Python is told to keep no compiled modules, each would compile all of ours anew and
# take as long for that as a short command takes. What this process imports is kept, and those it starts find it.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

pytest_plugins = ["tests.runs", "tests.audit.sample_audit"]

hypothesis.settings.register_profile("default", derandomize=True, deadline=None, max_examples=30)
hypothesis.settings.register_profile(
    "nightly",
    deadline=None,
    max_examples=1000,
    print_blob=True,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("default")

# A runner makes all commands anew for each call, which takes longer than many calls; they are always the same.
typer.testing._get_command = functools.cache(typer.testing._get_command)


# ---------------------------------------------------------------- which tests run


def pytest_configure(config: pytest.Config) -> None:
    """Draw many more examples in the nightly run, unless a profile was asked for."""
    if _nightly_wanted(config) and not config.getoption("--hypothesis-profile", default=None):
        hypothesis.settings.load_profile("nightly")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out nightly tests unless `-m` asks for them; skip what needs records that are not here; order files."""
    if not _nightly_wanted(config):
        nightly = [item for item in items if item.get_closest_marker("nightly")]
        if nightly:
            config.hook.pytest_deselected(items=nightly)
            items[:] = [item for item in items if not item.get_closest_marker("nightly")]
    longest_first(items)
    folder = os.environ.get("OPENCSE_CHICAGO")
    if not folder or not Path(folder).is_dir():
        absent = pytest.mark.skip(reason="OPENCSE_CHICAGO does not name the folder of the public Chicago release")
        for item in items:
            if item.get_closest_marker("chicago"):
                item.add_marker(absent)


def _nightly_wanted(config: pytest.Config) -> bool:
    return "nightly" in config.getoption("-m", default="")


@pytest.fixture
def chicago() -> Path:
    """The folder of the public Chicago release; tests that ask for it carry the marker `chicago`."""
    folder = os.environ.get("OPENCSE_CHICAGO")
    if not folder or not Path(folder).is_dir():
        pytest.skip("OPENCSE_CHICAGO does not name the folder of the public Chicago release")
    return Path(folder).resolve()


# ---------------------------------------------------------------- no ambient randomness


def _ambient_state() -> tuple[object, ...]:
    state: Any = np.random.get_state()  # noqa: NPY002 - looked at, never drawn from
    return random.getstate(), state[1].tobytes(), state[2:]


@contextmanager
def _no_ambient_randomness(what: str) -> Iterator[None]:
    before = _ambient_state()
    yield
    if _ambient_state() != before:
        pytest.fail(f"{what} drew from, or seeded, the global generator of random or numpy; pass a generator instead")


def _guarded(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def guarded(*arguments: Any, **named: Any) -> Any:
        with _no_ambient_randomness("one example of this test"):
            return function(*arguments, **named)

    return guarded


# These are hooks and not an autouse fixture because pytest-randomly reseeds the global generators between the set-up of
# the fixtures and the call of the test: a fixture would see a change in every test.


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Fail a test that touched a global generator. Hypothesis restores it after an example, so look inside each."""
    handle: Any = getattr(pyfuncitem.obj, "hypothesis", None)
    inner = getattr(handle, "inner_test", None)
    if inner is not None:
        handle.inner_test = _guarded(inner)
    try:
        with _no_ambient_randomness("this test"):
            result = yield
    finally:
        if inner is not None:
            handle.inner_test = inner
    _fail_on_network()
    return result


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[Any]) -> Generator[None, object, object]:
    """Fail a fixture that touched a global generator while it was set up."""
    with _no_ambient_randomness(f"the fixture '{fixturedef.argname}'"):
        return (yield)


# ---------------------------------------------------------------- no network

_reached: list[str] = []
"""Every place outside this machine that something tried to reach since the last test ended."""


class NetworkReached(OSError):
    """A test tried to reach something outside this machine."""


def _is_local(address: Any) -> bool:
    if not isinstance(address, tuple):  # a path: a socket between processes of this machine
        return True
    host = address[0]
    if host in (None, "", b"", "localhost", b"localhost"):
        return True
    try:
        return ipaddress.ip_address(host.decode() if isinstance(host, bytes) else host).is_loopback
    except ValueError:
        return False


def _refuse_unless_local(address: Any) -> None:
    if not _is_local(address):
        _reached.append(str(address))
        raise NetworkReached(f"no test may reach the network: {address}")


def _fail_on_network() -> None:
    if _reached:
        places = ", ".join(_reached)
        _reached.clear()
        pytest.fail(f"something reached for the network: {places}")


@pytest.fixture(autouse=True, scope="session")
def no_network() -> Iterator[None]:
    """Refuse every connection and name look-up that leaves this machine, and remember it: libraries swallow errors."""
    patch = pytest.MonkeyPatch()
    for name in ("connect", "connect_ex", "sendto"):
        original = getattr(socket.socket, name)

        def guarded(self: socket.socket, *arguments: Any, _original: Any = original) -> Any:
            _refuse_unless_local(arguments[-1])
            return _original(self, *arguments)

        patch.setattr(socket.socket, name, guarded)
    look_up = socket.getaddrinfo

    def guarded_look_up(host: Any, *arguments: Any, **named: Any) -> Any:
        _refuse_unless_local((host, None))
        return look_up(host, *arguments, **named)

    patch.setattr(socket, "getaddrinfo", guarded_look_up)
    yield
    patch.undo()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the run when a thread reached for the network after the last test had ended."""
    if _reached:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
        print(f"\nsomething reached for the network: {', '.join(_reached)}")
