"""Usual ways of finding unusual people, a file each: what detectors are measured against. They feed no flag."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from data.errors import DeclarationFaulty
from data.registry import declarations
from models.baseline import Baseline
from models.detectors import detectors


@cache
def baselines() -> Mapping[str, Baseline]:
    """Return every baseline by name, the name of its file, in alphabetical order.

    Raises:
        DeclarationFaulty: one bears the name of a detector, so that their scores could not be told apart.

    Example:
        >>> baselines()["raw_complaint_count"].indicator
        'complaints'
    """
    declared = declarations("models.baselines", "BASELINE", Baseline)  # type: ignore[type-abstract]  # any subclass
    shared = [name for name in declared if name in detectors()]
    if shared:
        raise DeclarationFaulty("Baselines cannot bear the names of detectors.", found=", ".join(shared))
    return MappingProxyType({name: baseline.with_name(name) for name, baseline in declared.items()})
