"""The rules and detectors there are: whatever stands in `models/rules` and `models/detectors`."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import replace
from functools import cache
from types import MappingProxyType, ModuleType
from typing import TypeVar, cast

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
    found = {}
    for name, module in _modules(models.detectors):
        detector = copy(_declared(module, "DETECTOR", Detector))
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
