"""The published figures and the stated assumptions that a synthetic force is calibrated to (`figures.toml`)."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One figure: its value, where it comes from, and whether it is published or assumed."""

    name: str
    value: float
    unit: str
    source: str
    year: str
    grade: Literal["A", "B", "C", "K"]
    kind: Literal["sourced", "assumption"]


@cache
def figures() -> dict[str, Figure]:
    """Return every figure by name."""
    path = Path(__file__).with_name("figures.toml")
    return {name: Figure(name=name, **entry) for name, entry in tomllib.loads(path.read_text("utf-8")).items()}
