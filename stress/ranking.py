"""Everybody by the evidence of all detectors and rules, those included that keep no rate, as rows of a trial's scores.

At an equal workload the detectors of a set stand one by one beside the baselines; this puts them there as one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pyarrow as pa

from pipeline.compare import Comparison
from pipeline.priority import rank_everybody
from pipeline.rule_selection import RuleSelection
from pipeline.scores_table import SCHEMA

COMBINED: Final = "combined"
"""The name, and the family, under which all detectors and rules together stand in results at an equal workload."""


def combined_scores(comparisons: Sequence[Comparison], contradictions: Sequence[RuleSelection] = ()) -> pa.Table:
    """Return a row for each subject and concern with the score that all evidence of it comes to.

    See `pipeline.priority`: the score is a negative decimal logarithm where the p-value is there, else a sum of signs.
    Both are null where nothing is said. Baselines say nothing, and concerns without detectors have no row.
    """
    parts = [_rows(c, contradictions) for c in comparisons if any(s.detector.family != "baseline" for s in c.scores)]
    return pa.concat_tables(parts) if parts else SCHEMA.empty_table()


def _rows(comparison: Comparison, contradictions: Sequence[RuleSelection]) -> pa.Table:
    panel, ranking = comparison.panel, rank_everybody(comparison, contradictions)
    columns = {
        "subject_kind": pa.repeat(panel.kind, len(panel.ids)),
        "subject_id": pa.array(panel.ids),
        "as_of": pa.repeat(pa.scalar(panel.as_of, pa.date32()), len(panel.ids)),
        "concern": pa.repeat(panel.concern, len(panel.ids)),
        "detector": pa.repeat(COMBINED, len(panel.ids)),
        "family": pa.repeat(COMBINED, len(panel.ids)),
        "score": pa.array(ranking.score, mask=np.isnan(ranking.score)),
        "p_value": pa.array(ranking.p_value, mask=np.isnan(ranking.p_value)),
    }
    return pa.Table.from_arrays([columns.get(f.name, pa.nulls(len(panel.ids), f.type)) for f in SCHEMA], schema=SCHEMA)
