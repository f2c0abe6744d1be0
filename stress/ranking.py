"""Everybody by the evidence of all detectors, those included that keep no rate, as rows of a trial's scores.

At an equal workload the detectors of a set stand one by one beside the baselines; this puts them there as one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pyarrow as pa

from pipeline.compare import Comparison
from pipeline.scores_table import SCHEMA

COMBINED: Final = "combined"
"""The name, and the family, under which all detectors together stand in results at an equal workload."""


def combined_scores(comparisons: Sequence[Comparison]) -> pa.Table:
    """Return a row for each subject and concern with the one p-value that its detectors' combine to.

    The score is the p-value's negative decimal logarithm; both are null where no detector says anything. Rules and
    baselines give no p-value, and concerns without detectors no row.
    """
    parts = [_rows(c) for c in comparisons if any(s.detector.family != "baseline" for s in c.scores)]
    return pa.concat_tables(parts) if parts else SCHEMA.empty_table()


def _rows(comparison: Comparison) -> pa.Table:
    panel, p_values = comparison.panel, comparison.ranking
    missing = np.isnan(p_values)
    # A p-value of 0, which underflow can give, becomes an infinite score: first, as it should be.
    with np.errstate(divide="ignore"):
        score = np.abs(np.log10(p_values))
    columns = {
        "subject_kind": pa.repeat(panel.kind, len(panel.ids)),
        "subject_id": pa.array(panel.ids),
        "as_of": pa.repeat(pa.scalar(panel.as_of, pa.date32()), len(panel.ids)),
        "concern": pa.repeat(panel.concern, len(panel.ids)),
        "detector": pa.repeat(COMBINED, len(panel.ids)),
        "family": pa.repeat(COMBINED, len(panel.ids)),
        "score": pa.array(score, mask=missing),
        "p_value": pa.array(p_values, mask=missing),
    }
    return pa.Table.from_arrays([columns.get(f.name, pa.nulls(len(panel.ids), f.type)) for f in SCHEMA], schema=SCHEMA)
