"""Scores as rows of `scores.parquet`: what every detector, baseline and rule says of whom."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Final

import numpy as np
import pyarrow as pa

from data.arrays import Bools, Ids
from models.scores import Scores
from pipeline.detector_scores import DetectorScores
from pipeline.excess import NAME as EXCESS
from pipeline.excess import ExcessComparison
from pipeline.rule_selection import RuleEvidence

SHOWN: Final = 5
"""How many contributions are kept with a score."""

LISTED: Final = 20
"""One in so many has contributions listed: those with the highest scores, and those whose p-value is as small."""

SCHEMA: Final = pa.schema(
    [
        ("subject_kind", pa.string()),
        ("subject_id", pa.int64()),
        ("as_of", pa.date32()),
        ("concern", pa.string()),
        ("detector", pa.string()),
        ("family", pa.string()),
        ("score", pa.float64()),
        ("p_value", pa.float64()),
        ("peer_group", pa.string()),
        ("peers", pa.int64()),
        ("contributions", pa.string()),
    ]
)
"""The columns of `scores.parquet`; contributions are JSON, the strongest first, and listed for those who stand out."""


def scores_table(
    scores: Sequence[DetectorScores],
    rules: Sequence[RuleEvidence],
    excess: Sequence[ExcessComparison] = (),
    *,
    contributions: bool = True,
    of: Ids | None = None,
) -> pa.Table:
    """Return all scores, what rules count and excesses as rows of `scores.parquet`.

    Without `contributions` none are listed: to work them out takes longer than many a detector, and to write them as
    JSON as well, and whoever only counts flags reads none. Whoever needs those of some people alone names them in `of`.
    """
    parts = [_detector_rows(s, contributions=contributions, of=of) for s in scores]
    parts += [_rule_rows(e, contributions=contributions) for e in rules]
    parts += [_excess_rows(e, contributions=contributions, of=of) for e in excess]
    if not parts:
        return SCHEMA.empty_table()
    keys = ["as_of", "subject_kind", "concern", "detector", "subject_id"]
    return pa.concat_tables(parts).sort_by([(key, "ascending") for key in keys])


def _detector_rows(result: DetectorScores, *, contributions: bool, of: Ids | None) -> pa.Table:
    view, scores = result.panel, result.scores
    n = len(view.ids)
    own = result.detector.family
    family = "unit" if view.kind == "unit" and own != "baseline" else own
    columns = [
        pa.repeat(view.kind, n),
        pa.array(view.ids),
        pa.repeat(pa.scalar(view.as_of, pa.date32()), n),
        pa.repeat(view.concern, n),
        pa.repeat(result.detector.name, n),
        pa.repeat(family, n),
        pa.array(scores.score),
        pa.array(scores.p_value, mask=np.isnan(scores.p_value)),
        pa.array(view.peers.labels, pa.string()),
        pa.array([view.peers.sizes[label] for label in view.peers.labels], pa.int64()),
        pa.array(_listed(scores, _among(view.ids, of)), pa.string()) if contributions else _none_listed(n),
    ]
    return pa.Table.from_arrays(columns, schema=SCHEMA)


def _among(ids: Ids, of: Ids | None) -> Bools:
    return np.full(len(ids), True) if of is None else np.isin(ids, of)


def _listed(scores: Scores, among: Bools) -> list[str]:
    """Return the strongest contributions as JSON, for those who stand out; an empty list for all others."""
    n = len(scores.score)
    rank = np.searchsorted(np.sort(scores.score), scores.score, side="left")
    stand_out = (scores.score > 0) & (
        (rank >= n - n // LISTED) | (np.nan_to_num(scores.p_value, nan=1.0) <= 1 / LISTED)
    )
    listed = ["[]"] * n
    for at in np.flatnonzero(stand_out & among).tolist():
        listed[at] = as_json([c.to_json() for c in scores.contributions.first(at, SHOWN)])
    return listed


def _excess_rows(compared: ExcessComparison, *, contributions: bool, of: Ids | None) -> pa.Table:
    n = len(compared.ids)
    labels = compared.labels
    sizes = Counter(labels)
    columns = [
        pa.repeat(compared.kind, n),
        pa.array(compared.ids),
        pa.repeat(pa.scalar(compared.as_of, pa.date32()), n),
        pa.repeat(compared.concern, n),
        pa.repeat(EXCESS, n),
        pa.repeat(EXCESS, n),
        pa.array(compared.score),
        pa.nulls(n, pa.float64()),
        pa.array(labels, pa.string()),
        pa.array([sizes[label] for label in labels], pa.int64()),
        pa.array(_listed_excess(compared, _among(compared.ids, of)), pa.string()) if contributions else _none_listed(n),
    ]
    return pa.Table.from_arrays(columns, schema=SCHEMA)


def _listed_excess(compared: ExcessComparison, among: Bools) -> list[str]:
    """Return what an excess rests on as JSON, for those who stand out; an empty list for all others."""
    n = len(compared.ids)
    rank = np.searchsorted(np.sort(compared.score), compared.score, side="left")
    listed = ["[]"] * n
    for at in np.flatnonzero((compared.score > 0) & (rank >= n - max(1, n // LISTED)) & among).tolist():
        contribution = compared.contribution(at)
        listed[at] = as_json([contribution.to_json()] if contribution else [])
    return listed


def _rule_rows(evidence: RuleEvidence, *, contributions: bool) -> pa.Table:
    counts, p_value = evidence.counts, evidence.p_value
    n = len(counts.ids)
    columns = [
        pa.repeat("officer", n),
        pa.array(counts.ids),
        pa.repeat(pa.scalar(counts.as_of, pa.date32()), n),
        pa.repeat(counts.rule.concern, n),
        pa.repeat(counts.rule.name, n),
        pa.repeat("contradiction", n),
        pa.array(evidence.score),
        pa.array(p_value, mask=np.isnan(p_value)),
        pa.nulls(n, pa.string()),
        pa.repeat(pa.scalar(evidence.peers, pa.int64()), n),
        pa.array([as_json([counts.contribution(at)]) for at in range(n)], pa.string())
        if contributions
        else _none_listed(n),
    ]
    return pa.Table.from_arrays(columns, schema=SCHEMA)


def _none_listed(n: int) -> pa.Array:
    return pa.repeat("[]", n)


def as_json(content: object) -> str:
    """Return compact JSON with sorted keys."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"))
