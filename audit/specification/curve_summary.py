"""A specification curve in words and small tables, for the terminal."""

from __future__ import annotations

from typing import Final

import numpy as np

from audit.section import Section
from audit.specification.choices import AS_RUN
from audit.specification.curve import CurveSlice
from audit.specification.curve_report import CurveReport, covered
from audit.specification.excess_curve import excess_section
from audit.specification.survival import COMPARED, Survival, choice_masks
from audit.specification.survival_precision import ALL, RUN

SHOWN: Final = 25
"""How many flags are listed; `survival.parquet` has all."""


def summarise(report: CurveReport) -> list[Section]:
    """Return what a reader wants to know first: how much was run, what flags survive, what each choice does."""
    sections = [
        _overview(report),
        _flags(report),
        *(_choices(part, report) for part in report.curve.slices if part.own.any()),
        *([excess_section(report.excess, most=SHOWN)] if report.curve.excess else []),
    ]
    return [*sections, _right(report)] if report.facts["truth"] else sections


def _overview(report: CurveReport) -> Section:
    rows = []
    for part in report.curve.slices:
        flagged = part.flagged.sum(axis=1)
        quartiles = np.quantile(flagged, [0.25, 0.5, 0.75])
        rows.append(
            (
                *(part.kind, part.concern, str(part.as_of), len(flagged), int(part.own.sum())),
                *(int(flagged.min()), *(float(q) for q in quartiles), int(flagged.max()), len(part.candidates)),
            )
        )
    columns = (
        *("kind", "concern", "as of", "specifications", "flagged by the run", "fewest", "lower quartile", "median"),
        *("upper quartile", "most", "by any"),
    )
    sentences = [f"{s.kind}s, {s.concern}: {covered(s)}." for s in report.curve.spaces]
    return Section("How many each specification flags", columns=columns, rows=tuple(rows), sentences=tuple(sentences))


def _flags(report: CurveReport) -> Section:
    own = [s for s in report.survivals if s.flagged_by_run and s.basis == COMPARED]
    weakest = sorted(own, key=lambda s: (s.share or 0.0, s.subject_id))[:SHOWN]
    rows = [(s.subject_kind, s.subject_id, s.concern, str(s.as_of), _percent(s), s.changes, s.change) for s in weakest]
    sentences = []
    if len(own) > SHOWN:
        sentences.append(f"The {SHOWN} weakest of {len(own)} are shown; survival.parquet has all (--out DIR).")
    contradictions = report.facts["contradictions"]
    if contradictions:
        sentences.append(
            f"{contradictions} flags by contradiction survive by construction: none of these choices bears on them,"
            " only how good the records are. They are in no share."
        )
    columns = ("kind", "id", "concern", "as of", "flagged by", "changes that lose it", "the smallest")
    title = "The run's flags, those first that the fewest specifications raise"
    return Section(title, columns=columns, rows=tuple(rows), sentences=tuple(sentences))


def _percent(survival: Survival) -> str:
    error = f" ±{survival.standard_error:.1%}" if survival.standard_error else ""
    return f"{survival.share:.0%}{error}"


def _choices(part: CurveSlice, report: CurveReport) -> Section:
    rows = []
    for (dimension, choice), mask in choice_masks(part, report.curve.plan).items():
        flagged = part.flagged[mask]
        share = float(flagged[:, part.own].mean())
        rows.append((dimension, choice, int(mask.sum()), float(np.median(flagged.sum(axis=1))), f"{share:.0%}"))
    columns = ("dimension", "choice", "specifications", "flagged (median)", "of the run's flags")
    sentence = f"'{AS_RUN}' is the run's own setting; a choice that comes to the same as another is not listed."
    title = f"What each choice does: {part.kind}s, {part.concern}, as of {part.as_of}"
    return Section(title, columns=columns, rows=tuple(rows), sentences=(sentence,))


def _right(report: CurveReport) -> Section:
    rows = [
        (d.basis, f"over {d.above:.0%} to {d.up_to:.0%}", d.flags, d.right, d.precision, d.low, d.high)
        for d in report.deciles
        if d.flags and d.subject_kind == ALL
    ]
    own = sum(d.flags for d in report.deciles if d.basis == RUN and d.subject_kind == ALL)
    sentence = (
        f"Intervals are of 95% (Clopper-Pearson). The run has {own} flags by comparison: with few, they are wide."
    )
    columns = ("of", "flagged by", "flags", "right", "precision", "low", "high")
    title = "Do flags that survive more specifications turn out right more often?"
    return Section(title, columns=columns, rows=tuple(rows), sentences=(sentence,))
