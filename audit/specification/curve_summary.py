"""A specification curve in words and small tables, for the terminal."""

from __future__ import annotations

from typing import Final

import numpy as np

from audit.section import Section
from audit.specification.choices import AS_RUN
from audit.specification.curve import Side
from audit.specification.curve_report import Report, covered
from audit.specification.survival import COMPARED, Survival, choice_masks
from audit.specification.survival_precision import ALL, RUN

SHOWN: Final = 25
"""How many flags are listed; `survival.parquet` has all."""


def summarise(made: Report) -> list[Section]:
    """Return what a reader wants to know first: how much was run, what flags survive, what each choice does."""
    sections = [_overview(made), _flags(made), *(_choices(side, made) for side in made.curve.sides if side.own.any())]
    return [*sections, _right(made)] if made.facts["truth"] else sections


def _overview(made: Report) -> Section:
    rows = []
    for side in made.curve.sides:
        flagged = side.flagged.sum(axis=1)
        quartiles = np.quantile(flagged, [0.25, 0.5, 0.75])
        rows.append(
            (
                *(side.kind, side.concern, str(side.as_of), len(flagged), int(side.own.sum())),
                *(int(flagged.min()), *(float(q) for q in quartiles), int(flagged.max()), len(side.candidates)),
            )
        )
    columns = (
        *("kind", "concern", "as of", "specifications", "flagged by the run", "fewest", "lower quartile", "median"),
        *("upper quartile", "most", "by any"),
    )
    said = [f"{s.kind}s, {s.concern}: {covered(s)}." for s in made.curve.spaces]
    return Section("How many each specification flags", columns=columns, rows=tuple(rows), sentences=tuple(said))


def _flags(made: Report) -> Section:
    own = [one for one in made.survivals if one.flagged_by_run and one.basis == COMPARED]
    weakest = sorted(own, key=lambda one: (one.share or 0.0, one.subject_id))[:SHOWN]
    rows = [
        (one.subject_kind, one.subject_id, one.concern, str(one.as_of), _percent(one), one.changes, one.change)
        for one in weakest
    ]
    sentences = []
    if len(own) > SHOWN:
        sentences.append(f"The {SHOWN} weakest of {len(own)} are shown; survival.parquet has all (--out DIR).")
    contradictions = made.facts["contradictions"]
    if contradictions:
        sentences.append(
            f"{contradictions} flags by contradiction survive by construction: none of these choices bears on them,"
            " only how good the records are. They are in no share."
        )
    columns = ("kind", "id", "concern", "as of", "flagged by", "changes that lose it", "the smallest")
    title = "The run's flags, those first that the fewest specifications raise"
    return Section(title, columns=columns, rows=tuple(rows), sentences=tuple(sentences))


def _percent(one: Survival) -> str:
    error = f" ±{one.standard_error:.1%}" if one.standard_error else ""
    return f"{one.share:.0%}{error}"


def _choices(side: Side, made: Report) -> Section:
    rows = []
    for (dimension, choice), mask in choice_masks(side, made.curve.plan).items():
        flagged = side.flagged[mask]
        kept = float(flagged[:, side.own].mean())
        rows.append((dimension, choice, int(mask.sum()), float(np.median(flagged.sum(axis=1))), f"{kept:.0%}"))
    columns = ("dimension", "choice", "specifications", "flagged (median)", "of the run's flags")
    said = f"'{AS_RUN}' is the run's own setting; a choice that comes to the same as another is not listed."
    title = f"What each choice does: {side.kind}s, {side.concern}, as of {side.as_of}"
    return Section(title, columns=columns, rows=tuple(rows), sentences=(said,))


def _right(made: Report) -> Section:
    rows = [
        (d.basis, f"over {d.above:.0%} to {d.up_to:.0%}", d.flags, d.right, d.precision, d.low, d.high)
        for d in made.deciles
        if d.flags and d.subject_kind == ALL
    ]
    own = sum(d.flags for d in made.deciles if d.basis == RUN and d.subject_kind == ALL)
    said = f"Intervals are of 95% (Clopper-Pearson). The run has {own} flags by comparison: with few, they are wide."
    columns = ("of", "flagged by", "flags", "right", "precision", "low", "high")
    title = "Do flags that survive more specifications turn out right more often?"
    return Section(title, columns=columns, rows=tuple(rows), sentences=(said,))
