"""Statistical detectors, a file each."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from data.registry import declarations
from models.detector import Detector


@cache
def detectors() -> Mapping[str, Detector]:
    """Return every statistical detector by name, the name of its file, in alphabetical order.

    Example:
        >>> detectors()["peer_rate"].family
        'peer'
    """
    declared = declarations("models.detectors", "DETECTOR", Detector)  # type: ignore[type-abstract]  # any subclass
    return MappingProxyType({name: detector.with_name(name) for name, detector in declared.items()})
