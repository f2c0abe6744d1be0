"""The curve as one page that loads nothing: specifications by how many they flag, and the choices each makes."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from typing import Final

import numpy as np

from audit.specification.choices import DIMENSIONS
from audit.specification.curve import Curve, CurveSlice
from audit.specification.survival import choice_masks
from data.arrays import Floats

NAME: Final = "curve.html"

_LEFT, _WIDTH, _TOP, _BOTTOM, _STEP = 190, 1100, 12, 172, 14


@dataclass(frozen=True)
class _Row:
    """A line below the curve: a choice and where it is made, or without marks the name of a dimension."""

    name: str
    y: int
    marks: str = ""


@dataclass(frozen=True)
class _Chart:
    title: str
    caption: str
    most: int
    flagged: str
    right: str
    run: str
    stroke: str
    rows: tuple[_Row, ...]
    left: int = _LEFT
    width: int = _WIDTH
    top: int = _TOP
    bottom: int = _BOTTOM

    @property
    def height(self) -> int:
        """The height of the chart."""
        return self.rows[-1].y + _STEP


def page(curve: Curve) -> str:
    """Return a self-contained page with a chart for each kind of subject, concern and date."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True)
    template = files("audit.specification").joinpath("curve.html.jinja").read_text(encoding="utf-8")
    charts = [_chart(part, curve) for part in curve.slices]
    return environment.from_string(template).render(title=curve.plan.title, charts=charts)


def _chart(part: CurveSlice, curve: Curve) -> _Chart:
    flagged = part.flagged.sum(axis=1)
    order = np.lexsort((np.arange(len(flagged)), flagged))
    step = (_WIDTH - _LEFT) / len(order)
    x = np.empty(len(order))
    x[order] = _LEFT + step * (np.arange(len(order)) + 0.5)
    most = max(int(flagged.max()), 1)
    right = None if part.right is None else (part.flagged & part.right).sum(axis=1)
    return _Chart(
        title=f"{part.kind}s, {part.concern}, as of {part.as_of}",
        caption=f"{len(order):,} specifications flag between {flagged.min()} and {flagged.max()} of {len(part.ids):,};"
        f" the run's own settings flag {int(part.own.sum())}.",
        most=most,
        flagged=_line(x[order], flagged[order] / most),
        right="" if right is None else _line(x[order], right[order] / most),
        run=f"{x[0]:.1f}",
        stroke=f"{max(step, 0.4):.2f}",
        rows=_rows(part, curve, x),
    )


def _line(x: Floats, share: Floats) -> str:
    """Return a path through the points; shares are of the height."""
    y = _BOTTOM - share * (_BOTTOM - _TOP)
    return "M" + "L".join(f"{a:.1f} {b:.1f}" for a, b in zip(x.tolist(), y.tolist(), strict=True))


def _rows(part: CurveSlice, curve: Curve, x: Floats) -> tuple[_Row, ...]:
    masks = choice_masks(part, curve.plan)
    rows: list[_Row] = []
    y = _BOTTOM + _STEP
    for dimension in DIMENSIONS:
        rows.append(_Row(dimension, y))
        y += _STEP
        for (of, name), mask in masks.items():
            if of == dimension:
                marks = "".join(f"M{at:.1f} {y}v{_STEP - 4}" for at in np.sort(x[mask]).tolist())
                rows.append(_Row(name, y, marks))
                y += _STEP
    return tuple(rows)
