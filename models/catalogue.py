"""The rules, detectors and baselines there are: whatever stands in the folder of that name."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import replace
from functools import cache
from types import MappingProxyType, ModuleType
from typing import TypeVar, cast

import models.baselines
import models.detectors
import models.rules
from features.base import DeclarationFaulty
from models.base import Detector
from models.rule import Rule

Kind = TypeVar("Kind")


@cache
def rules() -> Mapping[str, Rule]:
    """Return every contradiction rule by name, the name of its file, in alphabetical order."""
    return MappingProxyType({n: replace(_declared(m, "RULE", Rule), name=n) for n, m in _modules(models.rules)})


@cache
def detectors() -> Mapping[str, Detector]:
    """Return every statistical detector by name, the name of its file, in alphabetical order."""
    return _named(models.detectors, "DETECTOR")


@cache
def baselines() -> Mapping[str, Detector]:
    """Return every baseline by name, the name of its file, in alphabetical order: usual ways, to be measured against.

    Raises:
        DeclarationFaulty: one is not of the family "baseline", or bears the name of a detector.
    """
    found = _named(models.baselines, "BASELINE")
    faults = [f"{n} is of the family {b.family}" for n, b in found.items() if b.family != "baseline"]
    faults += [f"{n} is a detector's name" for n in found if n in detectors()]
    if faults:
        raise DeclarationFaulty("The baselines cannot be used.", found="; ".join(faults))
    return found


def _named(package: ModuleType, attribute: str) -> Mapping[str, Detector]:
    found = {}
    for name, module in _modules(package):
        detector = copy(_declared(module, attribute, Detector))
        detector.name = name
        found[name] = detector
    return MappingProxyType(found)


def _modules(package: ModuleType) -> list[tuple[str, ModuleType]]:
    names = sorted(m.name for m in pkgutil.iter_modules(package.__path__))
    return [(name, importlib.import_module(f"{package.__name__}.{name}")) for name in names]


def _declared(module: ModuleType, attribute: str, kind: Callable[..., Kind]) -> Kind:
    declared = getattr(module, attribute, None)
    if not isinstance(declared, kind):  # type: ignore[arg-type]  # abstract classes are classes too
        raise DeclarationFaulty(f"{module.__name__} declares no {attribute}.", expected=f"a {kind}")
    return cast(Kind, declared)
