"""Estimators made by somebody else: which may be named, how they are built, fitted and read.

The name of an estimator can come out of somebody else's file: a run folder that an auditor replays, a plan, a world.
Naming one must not run anything but that estimator. A name is therefore checked before its module is imported, and what
stands under it before it is called: only classes of packages that are installed for their estimators, and of these only
estimators. Code of any other package runs where the caller trusts it and says so.
"""

from __future__ import annotations

import errno
import importlib
import inspect
import os
import random
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Final

import numpy as np

from data.arrays import Floats
from data.errors import MEMORY_HINT, MachineFault, UsageError
from models.compilation import interpreted

PACKAGES: Final = ("pyod", "sklearn")
"""The packages whose estimators may be named."""

RESERVED: Final[Mapping[str, str]] = {
    "random_state": "the seed of the run sets it",
    "n_jobs": "estimators run on one thread, so that sums end in the same bits",
    "memory": "it reads pickled files, which can hold code",
}
"""Parameters that cannot be given, each with the reason."""

_BASES: Final = frozenset({"sklearn.base.BaseEstimator", "sklearn.base.OutlierMixin", "pyod.models.base.BaseDetector"})
_NAME: Final = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+", re.ASCII)
_EXPECTED: Final = "the dotted path of a PyOD or scikit-learn class, such as pyod.models.iforest.IForest"
_INSTALL: Final = 'PyOD is an extra: pip install "opencse[patterns]".'


def may_be_named(estimator: str) -> bool:
    """Say whether a name is that of something in a package whose estimators may be named. Nothing is imported.

    Example:
        >>> may_be_named("sklearn.ensemble.IsolationForest"), may_be_named("subprocess.Popen")
        (True, False)
    """
    return bool(_NAME.fullmatch(estimator)) and estimator.partition(".")[0] in PACKAGES


def require_nameable(estimator: str, *, trust_code: bool = False) -> None:
    """Check the name of an estimator. Nothing is imported.

    Raises:
        UsageError: it is no dotted path, or names something of another package and `trust_code` is not set.
    """
    if not _NAME.fullmatch(estimator):
        raise UsageError(f"{estimator!r} is not the name of an estimator.", expected=_EXPECTED)
    if not trust_code and not may_be_named(estimator):
        raise UsageError(
            f"The estimator {estimator!r} is not part of scikit-learn or PyOD, and was not imported.",
            expected=_EXPECTED,
            hint="Code of other packages runs only if you trust it and say so with --trust-code.",
        )


def build_estimator(
    estimator: str, parameters: Mapping[str, Any], *, seed: int, detector: str, trust_code: bool = False
) -> Any:
    """Return an estimator by its dotted path, seeded where it takes a seed; `detector` is named in errors.

    Raises:
        UsageError: the name is not allowed, is not that of an estimator, or the parameters are not its own.

    Example:
        >>> model = build_estimator("sklearn.ensemble.IsolationForest", {"n_estimators": 50}, seed=7, detector="forest")
        >>> model.n_estimators, model.random_state
        (50, 7)
    """
    cls = _estimator_class(estimator, detector=detector, trust_code=trust_code)
    accepted = inspect.signature(cls).parameters
    open_ended = any(p.kind is inspect.Parameter.VAR_KEYWORD for p in accepted.values())
    faults = [f"{name}: {RESERVED[name]}" for name in parameters if name in RESERVED]
    faults += [f"it takes no {name}" for name in parameters if name not in accepted and not open_ended]
    if faults:
        raise UsageError(f"The parameters of the estimator of {detector} cannot be used.", found="; ".join(faults))
    seeding = {"random_state": seed} if "random_state" in accepted else {}
    with _parameter_faults(estimator, detector):
        return cls(**parameters, **seeding)


def fit_estimator(model: Any, rows: Floats, *, detector: str) -> None:
    """Fit an estimator on one thread.

    Raises:
        UsageError: the estimator refuses its parameters or the rows.
    """
    with one_thread(), interpreted(model), _direct_trees(model), _parameter_faults(type(model).__name__, detector):
        model.fit(rows)


@contextmanager
def _direct_trees(model: Any) -> Iterator[None]:
    """Have PyOD's isolation forest, which makes scikit-learn's while it is fitted, make ours of the same bits."""
    if type(model).__module__ != "pyod.models.iforest":
        yield
        return
    from sklearn.ensemble import IsolationForest

    from models.forests import DirectForest

    module: Any = importlib.import_module("pyod.models.iforest")
    module.IsolationForest = DirectForest
    try:
        yield
    finally:
        module.IsolationForest = IsolationForest


def _estimator_class(estimator: str, *, detector: str, trust_code: bool) -> Any:
    require_nameable(estimator, trust_code=trust_code)
    module, _, name = estimator.rpartition(".")
    try:
        with _global_generator_untouched():
            named = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        if "failed to map segment" in str(error) or os.strerror(errno.ENOMEM) in str(error):
            raise MachineFault("The memory is used up.", found=str(error), hint=MEMORY_HINT) from error
        raise UsageError(
            f"The estimator {estimator!r} of the detector {detector} cannot be imported.",
            expected=_EXPECTED,
            found=str(error),
            hint=_INSTALL,
        ) from error
    if not (isinstance(named, type) and (trust_code or _derives(named)) and _can_score(named)):
        raise UsageError(
            f"{estimator!r}, named by the detector {detector}, is not an estimator, and was not called.",
            expected="a class with fit and decision_function or score_samples, derived from an estimator's base class",
        )
    return _direct(named)


def _direct(named: type) -> type:
    """Return, for scikit-learn's isolation forest, ours of the same bits; any other class as it is."""
    if (named.__module__, named.__qualname__) != ("sklearn.ensemble._iforest", "IsolationForest"):
        return named
    from models.forests import DirectForest

    return DirectForest


def _derives(cls: type) -> bool:
    return any(f"{base.__module__}.{base.__qualname__}" in _BASES for base in cls.__mro__)


def _can_score(cls: type) -> bool:
    return hasattr(cls, "fit") and (hasattr(cls, "decision_function") or hasattr(cls, "score_samples"))


@contextmanager
def _parameter_faults(estimator: str, detector: str) -> Iterator[None]:
    """Turn what an estimator raises about its parameters into a sentence for whoever named them."""
    try:
        yield
    except (TypeError, ValueError) as error:
        raise UsageError(
            f"The estimator {estimator} of the detector {detector} refuses its parameters or the values.",
            found=str(error),
        ) from error


def outlyingness(model: Any, rows: Floats) -> Floats:
    """Return a fitted estimator's scores, higher for more unusual."""
    # PyOD scores higher for more unusual and keeps the scores it was fitted to; scikit-learn scores lower.
    with interpreted(model):
        raw = model.decision_function(rows) if hasattr(model, "decision_scores_") else -model.score_samples(rows)
    return np.asarray(raw, dtype=np.float64)


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep linear algebra to one thread: with several, sums end in other bits."""
    with _thread_pools(len(sys.modules)).limit(limits=1):
        yield


@lru_cache(maxsize=1)
def _thread_pools(modules: int) -> Any:
    """Return what sets the threads of the libraries that are loaded, looked for again when modules were imported."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


@contextmanager
def _global_generator_untouched() -> Iterator[None]:
    """Put Python's global generator back as it was: importing PyOD's dependencies draws from it."""
    state = random.getstate()
    try:
        yield
    finally:
        random.setstate(state)
