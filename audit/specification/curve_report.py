"""The folder that a specification curve is written to: its tables, its chart and what was run of what there was."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from audit.rates.rate_options import FORCE
from audit.specification import survival
from audit.specification import survival_precision as right_by_share
from audit.specification.chart import NAME, page
from audit.specification.choices import DIMENSIONS, changed
from audit.specification.curve import Curve, CurveSlice
from audit.specification.excess_curve import SCHEMA as EXCESS
from audit.specification.excess_curve import excess_rows
from audit.specification.space import NEAR, Space
from audit.specification.survival import Survival, survivals
from audit.specification.survival_precision import Decile, precision_by_survival
from data.staging import staged_folder
from data.writing import write_json, write_table
from pipeline.seal import code_digest, code_version

SCHEMA: Final = pa.schema(
    [
        ("as_of", pa.date32()),
        ("subject_kind", pa.string()),
        ("concern", pa.string()),
        ("specification", pa.int64()),
        ("changed", pa.int64()),
        *((dimension, pa.string()) for dimension in DIMENSIONS),
        ("weight", pa.float64()),
        ("subjects", pa.int64()),
        ("compared", pa.int64()),
        ("flagged", pa.int64()),
        ("kept", pa.int64()),
        ("lost", pa.int64()),
        ("new", pa.int64()),
        ("threshold", pa.float64()),
        ("level", pa.float64()),
        ("right", pa.int64()),
        ("wrong", pa.int64()),
        ("false_discovery_proportion", pa.float64()),
        (f"wrong_per_{FORCE}", pa.float64()),
    ]
)
"""The columns of `specifications.parquet`; see `docs/reference/specifications.md`."""


@dataclass(frozen=True)
class CurveReport:
    """What a curve comes to: a row a specification, a row a flag, how often those are right, and what was run."""

    curve: Curve
    specifications: list[dict[str, Any]]
    survivals: list[Survival]
    deciles: list[Decile]
    facts: dict[str, Any]
    excess: list[dict[str, Any]]


def report(curve: Curve) -> CurveReport:
    """Return the tables of a curve; without truth nothing is said of who is right."""
    rows = [row for part in curve.slices for row in _rows(part, curve)]
    every = survivals(curve)
    excess = excess_rows(curve.excess, curve.values.flags)
    return CurveReport(curve, rows, every, precision_by_survival(every), _facts(curve), excess)


def _rows(part: CurveSlice, curve: Curve) -> list[dict[str, Any]]:
    own = int(part.own.sum())
    rows = []
    for number, (specification, evaluation) in enumerate(zip(part.specifications, part.evaluations, strict=True)):
        flagged = part.flagged[number]
        n, kept = int(flagged.sum()), int((flagged & part.own).sum())
        rows.append(
            {
                "as_of": part.as_of,
                "subject_kind": part.kind,
                "concern": part.concern,
                "specification": number,
                "changed": changed(specification.choices),
                **dict(zip(DIMENSIONS, curve.plan.names(specification.choices), strict=True)),
                "weight": specification.weight,
                "subjects": len(part.ids),
                "compared": evaluation.compared,
                "flagged": n,
                "kept": kept,
                "lost": own - kept,
                "new": n - kept,
                "threshold": evaluation.threshold,
                "level": evaluation.level,
                **_right_and_wrong(part, flagged, n),
            }
        )
    return rows


def _right_and_wrong(part: CurveSlice, flagged: np.ndarray, n: int) -> dict[str, Any]:
    if part.right is None:
        return dict.fromkeys(("right", "wrong", "false_discovery_proportion", f"wrong_per_{FORCE}"))
    right = int((flagged & part.right).sum())
    return {
        "right": right,
        "wrong": n - right,
        "false_discovery_proportion": (n - right) / n if n else None,
        f"wrong_per_{FORCE}": (n - right) / len(part.ids) * FORCE if part.kind == "officer" else None,
    }


def _facts(curve: Curve) -> dict[str, Any]:
    return {
        **curve.values.facts,
        "plan": curve.plan.model_dump(mode="json"),
        "seed": curve.values.settings.seed,
        "as_of": [str(day) for day in curve.values.dates],
        "coverage": [_coverage(space) for space in curve.spaces],
        "contradictions": len(curve.contradictions),
        "truth": any(part.right is not None for part in curve.slices),
        "code": {"version": code_version(), "sha256": code_digest()},
    }


def _coverage(space: Space) -> dict[str, Any]:
    """Return how many specifications of a kind and concern there are, and how many of them were run."""
    return {
        "subject_kind": space.kind,
        "concern": space.concern,
        "combinations": space.combinations,
        "nothing_to_look_with": space.empty,
        "same_as_another": space.duplicates,
        "distinct": space.distinct,
        "run": len(space.chosen),
        "whole": space.whole,
        "said": covered(space),
    }


def covered(space: Space) -> str:
    """Say how many of the specifications there are were run, and which."""
    if space.whole:
        return f"all {space.distinct:,} specifications were run"
    near = sum(changed(s.choices) <= NEAR for s in space.chosen)
    return (
        f"{len(space.chosen):,} of {space.distinct:,} specifications were run"
        f" ({len(space.chosen) / space.distinct:.0%}): all {near:,} that differ from the run's own settings in at most"
        f" {NEAR} choices, and {len(space.chosen) - near:,} drawn at random from the others, each standing for"
        f" {space.chosen[-1].weight:.1f}"
    )


def specifications_table(curve_report: CurveReport) -> pa.Table:
    """Return the rows of `specifications.parquet`."""
    return pa.Table.from_pylist(curve_report.specifications, schema=SCHEMA)


def write(curve_report: CurveReport, out: Path) -> None:
    """Write tables, charts and `specifications.json` to a new folder, whole or not at all.

    Raises:
        UsageError: the folder exists.
    """
    with staged_folder(out) as folder:
        write_table(specifications_table(curve_report), folder / "specifications.parquet")
        write_table(survival.table(curve_report.survivals), folder / "survival.parquet")
        if curve_report.curve.excess:
            table = pa.Table.from_pylist(curve_report.excess, schema=EXCESS)
            write_table(table, folder / "excess_survival.parquet")
        if curve_report.facts["truth"]:
            write_table(right_by_share.table(curve_report.deciles), folder / "precision.parquet")
        (folder / NAME).write_text(page(curve_report.curve), encoding="utf-8")
        write_json(curve_report.facts, folder / "specifications.json")
