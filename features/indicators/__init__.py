"""The indicators that come with OpenCSE: one a file, found by scanning this folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from types import MappingProxyType

from data.errors import DeclarationFaulty
from data.registry import declarations
from features.expression import fields
from features.indicator import Indicator
from features.proportion import subset_faults


@cache
def indicators() -> Mapping[str, Indicator]:
    """Return every indicator by name, the name of its file, in alphabetical order.

    Raises:
        DeclarationFaulty: a file declares no `INDICATOR`, an exposure names no indicator of the same subject, or a
            proportion counts rows that its exposure does not.

    Example:
        >>> indicators()["complaints"].exposure
        'days_served'
    """
    return complete(declarations("features.indicators", "INDICATOR", Indicator))


def complete(declared: Mapping[str, Indicator]) -> Mapping[str, Indicator]:
    """Return declarations by name, each with its name and, where it is a formula, with the indicators it reads.

    Raises:
        DeclarationFaulty: an exposure or a part of a formula does not fit, as in `indicators`.
    """
    by_name = {name: replace(indicator, name=name) for name, indicator in declared.items()}
    by_name = {name: _with_parts(indicator, by_name) for name, indicator in by_name.items()}
    for indicator in by_name.values():
        _check_exposure(indicator, by_name)
    return MappingProxyType(by_name)


def _with_parts(indicator: Indicator, by_name: Mapping[str, Indicator]) -> Indicator:
    """Return a formula with the indicators that it reads; any other indicator as it is."""
    if indicator.aggregate != "formula" or indicator.value is None:
        return indicator
    parts = []
    for name in sorted(path[0] for path in fields(indicator.value)):
        part = by_name.get(name)
        if part is None or part.aggregate == "formula" or part.subject != indicator.subject:
            raise DeclarationFaulty(
                f"The formula {indicator.name} reads something that is not there.",
                expected=f"indicators about the same subject ({indicator.subject}), none of them a formula",
                found=name,
            )
        if not set(indicator.windows) <= set(part.windows):
            raise DeclarationFaulty(
                f"The indicator {name} lacks windows that the formula {indicator.name} has.",
                expected=f"windows {indicator.windows}",
                found=f"windows {part.windows}",
            )
        parts.append(part)
    return replace(indicator, parts=tuple(parts))


def _check_exposure(indicator: Indicator, by_name: Mapping[str, Indicator]) -> None:
    if not isinstance(indicator.exposure, str):
        return
    exposure = by_name.get(indicator.exposure)
    if exposure is None or exposure.subject != indicator.subject:
        raise DeclarationFaulty(
            f"The indicator {indicator.name} names an exposure that is not there.",
            expected=f"an indicator about the same subject ({indicator.subject})",
            found=indicator.exposure,
        )
    faults = subset_faults(indicator, exposure) if indicator.proportion else []
    if faults:
        raise DeclarationFaulty(
            f"The indicator {indicator.name} is no proportion of its exposure {exposure.name}.",
            expected="every row it counts is one that the exposure counts",
            found="; ".join(faults),
        )
    if not set(indicator.windows) <= set(exposure.windows):
        raise DeclarationFaulty(
            f"The exposure {exposure.name} lacks windows that {indicator.name} has.",
            expected=f"windows {indicator.windows}",
            found=f"windows {exposure.windows}",
        )
