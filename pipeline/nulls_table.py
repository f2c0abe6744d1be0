"""What people were compared with, as rows of `nulls.parquet`: every fitted null with its parameters, and every seed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

import pyarrow as pa

from models.nulls.parameters import FittedNull, parameters_of
from pipeline.compare import Comparison
from pipeline.detector_scores import DetectorScores, seed_of
from pipeline.rule_selection import RuleSelection
from pipeline.scores_table import as_json

SCHEMA: Final = pa.schema(
    [
        ("as_of", pa.date32()),
        ("subject_kind", pa.string()),
        ("concern", pa.string()),
        ("detector", pa.string()),
        ("seed", pa.int64()),
        ("indicator", pa.string()),
        ("window_days", pa.int32()),
        ("parameters", pa.string()),
    ]
)
"""The columns of `nulls.parquet`; parameters are JSON, null where a detector fits none."""


def nulls_table(comparisons: Iterable[Comparison], contradictions: Iterable[RuleSelection]) -> pa.Table:
    """Return the nulls that detectors and rules fitted, and the seed of each detector, one row a null."""
    rows = [
        *(row for compared in comparisons for scores in compared.scores for row in _of_detector(compared, scores)),
        *(row for selected in contradictions for row in _of_rules(selected)),
    ]
    keys = ["as_of", "subject_kind", "concern", "detector", "indicator", "window_days"]
    return pa.Table.from_pylist(rows, schema=SCHEMA).sort_by([(key, "ascending") for key in keys])


def _of_detector(compared: Comparison, scores: DetectorScores) -> Iterator[dict[str, Any]]:
    panel = compared.panel
    of = {
        "as_of": panel.as_of,
        "subject_kind": panel.kind,
        "concern": panel.concern,
        "detector": scores.detector.name,
        "seed": seed_of(compared.settings, scores.detector, panel),
    }
    for fitted in scores.scores.nulls or (FittedNull(None),):
        yield {
            **of,
            "indicator": fitted.indicator,
            "window_days": fitted.window_days,
            "parameters": None if fitted.null is None else as_json(parameters_of(fitted.null)),
        }


def _of_rules(selected: RuleSelection) -> Iterator[dict[str, Any]]:
    for evidence in selected.evidence:
        yield {
            "as_of": selected.as_of,
            "subject_kind": "officer",
            "concern": selected.concern,
            "detector": evidence.counts.rule.name,
            "parameters": None if evidence.fitted is None else as_json(parameters_of(evidence.fitted.null)),
        }
