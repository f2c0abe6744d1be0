"""The published figures and the stated assumptions that a synthetic force is calibrated to (`figures.toml`)."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One figure: its value, where it comes from, whether it is published or assumed, and whether it is a shape.

    `ordinary` is the share of the figure that ordinary life is made to give; archetypes and typologies, at their
    default shares, give the rest.
    """

    name: str
    value: float
    unit: str
    source: str
    year: str
    grade: Literal["A", "B", "C", "K"]
    kind: Literal["sourced", "assumption"]
    shape: bool = False
    ordinary: float = 1.0


@cache
def _entries() -> dict[str, dict[str, Any]]:
    return tomllib.loads(Path(__file__).with_name("figures.toml").read_text("utf-8"))


@cache
def figures() -> dict[str, Figure]:
    """Return every figure by name. A split such as leavers by service gives one figure a part, named `split/part`."""
    by_name: dict[str, Figure] = {}
    for name, entry in _entries().items():
        about = {key: value for key, value in entry.items() if key not in ("value", "values")}
        if "value" in entry:
            by_name[name] = Figure(name=name, value=entry["value"], **about)
            continue
        for part, share in split(name).items():
            by_name[f"{name}/{part}"] = Figure(name=f"{name}/{part}", value=share, **about)
    return by_name


def split(name: str) -> dict[str, float]:
    """Return the shares of a split by part; they add up to 1.

    Example:
        >>> round(split("allegations_by_category")["duties"], 3)
        0.678
    """
    values: dict[str, float] = _entries()[name]["values"]
    whole = sum(values.values())
    return {part: value / whole for part, value in values.items()}
