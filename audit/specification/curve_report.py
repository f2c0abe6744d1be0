"""The folder that a specification curve is written to: its tables, its chart and what was run of what there was."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from audit.rates.rate_options import FORCE
from audit.rates.rates_report import check_new
from audit.specification import survival
from audit.specification import survival_precision as right_by_share
from audit.specification.chart import NAME, page
from audit.specification.choices import DIMENSIONS, changed
from audit.specification.curve import Curve, Side
from audit.specification.space import NEAR, Space
from audit.specification.survival import Survival, survivals
from audit.specification.survival_precision import Decile, calibration
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
class Report:
    """What a curve comes to: a row a specification, a row a flag, how often those are right, and what was run."""

    curve: Curve
    specifications: list[dict[str, Any]]
    survivals: list[Survival]
    deciles: list[Decile]
    facts: dict[str, Any]


def report(curve: Curve) -> Report:
    """Return the tables of a curve; without truth nothing is said of who is right."""
    rows = [row for side in curve.sides for row in _rows(side, curve)]
    found = survivals(curve)
    return Report(curve, rows, found, calibration(found), _facts(curve))


def _rows(side: Side, curve: Curve) -> list[dict[str, Any]]:
    own = int(side.own.sum())
    rows = []
    for number, (made, said) in enumerate(zip(side.specifications, side.judged, strict=True)):
        flagged = side.flagged[number]
        n, kept = int(flagged.sum()), int((flagged & side.own).sum())
        rows.append(
            {
                "as_of": side.as_of,
                "subject_kind": side.kind,
                "concern": side.concern,
                "specification": number,
                "changed": changed(made.choices),
                **dict(zip(DIMENSIONS, curve.plan.names(made.choices), strict=True)),
                "weight": made.weight,
                "subjects": len(side.ids),
                "compared": said.compared,
                "flagged": n,
                "kept": kept,
                "lost": own - kept,
                "new": n - kept,
                "threshold": said.threshold,
                "level": said.level,
                **_judged(side, flagged, n),
            }
        )
    return rows


def _judged(side: Side, flagged: np.ndarray, n: int) -> dict[str, Any]:
    if side.right is None:
        return dict.fromkeys(("right", "wrong", "false_discovery_proportion", f"wrong_per_{FORCE}"))
    right = int((flagged & side.right).sum())
    people = side.kind == "officer"
    return {
        "right": right,
        "wrong": n - right,
        "false_discovery_proportion": (n - right) / n if n else None,
        f"wrong_per_{FORCE}": (n - right) / len(side.ids) * FORCE if people else None,
    }


def _facts(curve: Curve) -> dict[str, Any]:
    return {
        **curve.basis.facts,
        "plan": curve.plan.model_dump(mode="json"),
        "seed": curve.basis.settings.seed,
        "as_of": [str(day) for day in curve.basis.dates],
        "coverage": [_coverage(space) for space in curve.spaces],
        "contradictions": len(curve.contradictions),
        "truth": any(side.right is not None for side in curve.sides),
        "code": {"version": code_version(), "sha256": code_digest()},
    }


def _coverage(space: Space) -> dict[str, Any]:
    """Return how many specifications of a kind and concern there are, and how many of them were run."""
    return {
        "subject_kind": space.kind,
        "concern": space.concern,
        "combinations": space.combinations,
        "nothing_to_look_with": space.nothing,
        "same_as_another": space.same,
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


def specifications_table(made: Report) -> pa.Table:
    """Return the rows of `specifications.parquet`."""
    return pa.Table.from_pylist(made.specifications, schema=SCHEMA)


def write(made: Report, out: Path) -> None:
    """Write tables, charts and `specifications.json` to a new folder, whole or not at all.

    Raises:
        UsageError: the folder exists.
    """
    check_new(out)
    with staged_folder(out) as folder:
        write_table(specifications_table(made), folder / "specifications.parquet")
        write_table(survival.table(made.survivals), folder / "survival.parquet")
        if made.facts["truth"]:
            write_table(right_by_share.table(made.deciles), folder / "calibration.parquet")
        (folder / NAME).write_text(page(made.curve), encoding="utf-8")
        write_json(made.facts, folder / "specifications.json")
