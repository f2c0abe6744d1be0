"""Everybody by the evidence that flags by comparison are selected by, as rows of a trial's scores.

At an equal workload the detectors of a set stand one by one beside the baselines; this puts them there as one.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa

from models.selection.fdr import Combination, combine
from pipeline.compare import SCHEMA
from pipeline.settings import Settings

COMBINED: Final = "combined"
"""The name, and the family, under which all detectors together stand in results at an equal workload."""


def combined_scores(scores: pa.Table, settings: Settings) -> pa.Table:
    """Return a row for each subject and concern with the one p-value that its detectors' combine to.

    Takes and returns rows of a trial's scores. The score is the p-value's negative decimal logarithm; both are null
    where no detector says anything. Rules and baselines give no p-value, and concerns without detectors no row.
    """
    weight = {d.name: settings.combination.weight(d.family) for d in settings.detectors}
    said = scores.select(["subject_kind", "as_of", "concern", "subject_id", "detector", "p_value"]).to_pandas()
    said = said[said["detector"].isin(list(weight))]
    how = settings.combination.method
    parts = [_of_one(some, weight, how) for _, some in said.groupby(["as_of", "subject_kind", "concern"], sort=True)]
    return pa.concat_tables(parts) if parts else SCHEMA.empty_table()


def _of_one(said: pd.DataFrame, weight: dict[str, float], how: Combination) -> pa.Table:
    wide = said.pivot(index="subject_id", columns="detector", values="p_value").sort_index()  # noqa: PD010 - nothing is to be averaged
    weights = [weight[str(name)] for name in wide.columns]
    p_values = combine(wide.to_numpy(dtype=np.float64), method=how, weights=weights)
    n = len(wide)
    first = said.iloc[0]
    nothing = np.isnan(p_values)
    with np.errstate(divide="ignore"):
        score = np.abs(np.log10(p_values))
    given = {
        "subject_id": pa.array(wide.index.to_numpy(dtype=np.int64)),
        "detector": pa.repeat(COMBINED, n),
        "family": pa.repeat(COMBINED, n),
        "score": pa.array(score, mask=nothing),
        "p_value": pa.array(p_values, mask=nothing),
    }
    same = {name: first[name] for name in ("subject_kind", "as_of", "concern")}
    arrays = [
        given[f.name]
        if f.name in given
        else pa.repeat(pa.scalar(same[f.name], f.type), n)
        if f.name in same
        else pa.nulls(n, f.type)
        for f in SCHEMA
    ]
    return pa.Table.from_arrays(arrays, schema=SCHEMA)
