"""Estimators of others: what a name may run, and what it may not."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import sklearn.ensemble  # noqa: F401  # before anything is watched: its import is not what is tested

from data.errors import MachineFault, UsageError
from models.estimators import RESERVED, build_estimator, fit_estimator, may_be_named, outlyingness
from models.pattern import Pattern
from tests.models.panels import LAST, a_panel

FOREST = "sklearn.ensemble.IsolationForest"

HOSTILE = [
    "subprocess.Popen",
    "pdb.run",
    "os.system",
    "builtins.exec",
    "pickle.loads",
    "socket.create_connection",
    "sklearn_evil.models.Forest",
    "antigravity.Forest",
]
NO_NAMES = [
    "",
    "plainword",
    ".x",
    "sklearn..ensemble",
    "sklearn.ensemble.X; import os",
    "sklearn.\x1b[31m",
    "skleаrn.x",
]

# An audit hook cannot be taken away again, so there is one, which records only while something is watched.
_RECORD: list[str] | None = None
_WATCHED = ("import", "exec", "compile", "subprocess.", "os.", "socket.", "pickle.", "urllib.", "ctypes.dlopen")


def _record(event: str, arguments: tuple[object, ...]) -> None:
    if _RECORD is not None and event.startswith(_WATCHED):
        _RECORD.append(f"{event} {arguments[:1]}")


sys.addaudithook(_record)


@contextmanager
def recorded() -> Iterator[list[str]]:
    """Record what is imported, run, opened or unpickled."""
    global _RECORD
    events: list[str] = []
    _RECORD = events
    try:
        yield events
    finally:
        _RECORD = None


def refuse(name: str) -> tuple[UsageError | None, list[str]]:
    refusal = None
    with recorded() as events:
        try:
            build_estimator(name, {}, seed=1, detector="theirs")
        except UsageError as error:
            refusal = error
    return refusal, events


def test_the_recorder_sees_an_import_and_an_exec() -> None:
    with recorded() as events:
        exec("1 + 1", {})
        with pytest.raises(ImportError):
            __import__("no_such_module_anywhere")
    assert any(e.startswith("exec") for e in events)
    assert any("no_such_module_anywhere" in e for e in events)


@pytest.mark.parametrize("name", [*HOSTILE, *NO_NAMES])
def test_what_is_of_no_allowed_package_is_refused_before_anything_is_imported_or_run(name: str) -> None:
    refusal, events = refuse(name)
    assert refusal is not None
    assert events == []
    assert not may_be_named(name)


@pytest.mark.parametrize("name", [*HOSTILE, *NO_NAMES])
def test_a_detector_with_such_an_estimator_is_not_even_made(name: str) -> None:
    with pytest.raises(UsageError):
        Pattern(name)


@pytest.mark.parametrize(
    "name",
    [
        "sklearn.datasets.fetch_openml",  # a function that would reach for the network
        "sklearn.datasets.load_files",
        "sklearn.utils.Bunch",  # a class, no estimator
        "sklearn.base.clone",
        "sklearn.preprocessing.FunctionTransformer",  # an estimator that scores nobody
        "sklearn.ensemble.IsolationForest.fit",
        "sklearn.ensemble.NoSuchForest",
        "sklearn.no_such_module.Forest",
        "sklearn.base.warnings",
    ],
)
def test_what_an_allowed_package_holds_besides_estimators_is_never_called(name: str) -> None:
    refuse(name)  # the modules that a name stands in may be imported: once, before it is watched
    refusal, events = refuse(name)
    assert refusal is not None
    assert [e for e in events if not e.startswith("import")] == []


def test_a_refusal_shows_a_hostile_name_escaped() -> None:
    with pytest.raises(UsageError) as caught:
        Pattern("evil.\x1b]8;;http://x\x07")
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize("name", sorted(RESERVED))
def test_a_parameter_that_only_the_run_may_set_is_refused_with_the_reason(name: str) -> None:
    with pytest.raises(UsageError, match=name):
        build_estimator(FOREST, {name: 1}, seed=1, detector="theirs")


def test_every_unknown_parameter_is_named() -> None:
    with pytest.raises(UsageError, match=r"no leaves.*no roots"):
        build_estimator(FOREST, {"leaves": 3, "roots": 1}, seed=1, detector="theirs")


def test_a_value_that_the_estimator_refuses_is_a_sentence_and_no_traceback() -> None:
    model = build_estimator(FOREST, {"n_estimators": "many"}, seed=1, detector="theirs")
    with pytest.raises(UsageError, match="refuses its parameters"):
        fit_estimator(model, np.ones((5, 2)), detector="theirs")


def test_an_estimator_is_seeded_by_the_run_and_scores_higher_for_more_unusual() -> None:
    rows = np.concatenate([np.random.default_rng(3).normal(size=(60, 2)), [[9.0, 9.0]]])
    first, again, other = (build_estimator(FOREST, {}, seed=seed, detector="theirs") for seed in (1, 1, 2))
    for model in (first, again, other):
        fit_estimator(model, rows, detector="theirs")
    assert int(np.argmax(outlyingness(first, rows))) == 60
    assert outlyingness(first, rows).tobytes() == outlyingness(again, rows).tobytes()
    assert outlyingness(first, rows).tobytes() != outlyingness(other, rows).tobytes()


OWN = '''
import numpy as np

class Distance:
    """Scores by the distance from the mean of what it was fitted to."""

    def fit(self, rows):
        self.mean = rows.mean(axis=0)
        return self

    def score_samples(self, rows):
        return -np.abs(rows - self.mean).sum(axis=1)
'''


def test_code_of_another_package_runs_only_where_it_is_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own_package_of_a_user.py").write_text(OWN, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(UsageError, match="--trust-code"):
        Pattern("own_package_of_a_user.Distance")
    assert "own_package_of_a_user" not in sys.modules
    detector = Pattern("own_package_of_a_user.Distance", trust_code=True).with_name("distance")
    scores = detector.score(a_panel(detector), seed=3)
    assert int(np.argmax(scores.score)) == LAST
    del sys.modules["own_package_of_a_user"]


def test_a_library_for_which_there_is_no_memory_is_no_wrong_name(monkeypatch: pytest.MonkeyPatch) -> None:
    def unmapped(_: str) -> None:
        raise ImportError("libllvmlite.so: failed to map segment from shared object")

    monkeypatch.setattr("models.estimators.importlib.import_module", unmapped)
    with pytest.raises(MachineFault) as refusal:
        build_estimator("pyod.models.hbos.HBOS", {}, seed=1, detector="hbos")
    assert "llvmlite" in str(refusal.value)
