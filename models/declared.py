"""The rules, detectors and baselines there are: whatever stands in the folder of that name."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from dataclasses import replace
from functools import cache
from types import MappingProxyType

from data.errors import DeclarationFaulty
from data.registry import declarations
from models.contradictions.rule import Rule
from models.detector import Detector


@cache
def rules() -> Mapping[str, Rule]:
    """Return every contradiction rule by name, the name of its file, in alphabetical order."""
    declared = declarations("models.rules", "RULE", Rule)
    return MappingProxyType({name: replace(rule, name=name) for name, rule in declared.items()})


@cache
def detectors() -> Mapping[str, Detector]:
    """Return every statistical detector by name, the name of its file, in alphabetical order."""
    return _detectors("models.detectors", "DETECTOR")


@cache
def baselines() -> Mapping[str, Detector]:
    """Return every baseline by name, the name of its file, in alphabetical order: usual ways, to be measured against.

    Raises:
        DeclarationFaulty: one is not of the family "baseline", or bears the name of a detector.
    """
    found = _detectors("models.baselines", "BASELINE")
    faults = [f"{n} is of the family {b.family}" for n, b in found.items() if b.family != "baseline"]
    faults += [f"{n} is a detector's name" for n in found if n in detectors()]
    if faults:
        raise DeclarationFaulty("The baselines cannot be used.", found="; ".join(faults))
    return found


def _detectors(package: str, attribute: str) -> Mapping[str, Detector]:
    declared = declarations(package, attribute, Detector)  # type: ignore[type-abstract]  # any of its subclasses
    return MappingProxyType({name: named(detector, name) for name, detector in declared.items()})


def named(detector: Detector, name: str) -> Detector:
    """Return a copy of a detector under a name; one declaration may serve under several."""
    other = copy(detector)
    other.name = name
    return other
