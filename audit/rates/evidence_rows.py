"""Whether flags point at the right rows: the rows that true flags cite directly, against the rows that were planted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from audit.rates.intervals import CLUSTERED, clustered
from audit.rates.population import Population
from audit.rates.positives import TruthLabels
from audit.rates.rate_options import COLUMNS, RateOptions
from audit.rates.selections import FLAGGED, positions
from audit.rates.truth_tables import AnyTable, Truth, days, frame, texts
from data.arrays import Bools, Floats, Integers, Texts


def evidence_rates(
    flags: pd.DataFrame,
    direct: pd.DataFrame,
    truth: Truth,
    population: Population,
    concern: str,
    labels: TruthLabels,
    options: RateOptions,
) -> pd.DataFrame:
    """Return the precision and recall of the rows that true flags of one concern cite as direct evidence.

    `direct` is what `direct_rows` returned. `evidence_precision`: of the distinct rows that flags of positive subjects
    cite directly, the share that was planted in the very subject by a typology of the concern. `evidence_recall`: of
    the rows so planted in flagged positive subjects, the share that the flags cite; where the truth has the days on
    which a row became known and happened, only rows known before the as-of date and not older than the look-back count.
    In all, by family, by detector, and by typology. Rows are pooled; the interval treats the subjects, not the rows, as
    independent.
    """
    if truth.rows is None or "flag_id" not in flags:
        return pd.DataFrame({c: [] for c in COLUMNS})
    pairs = _cited_and_planted(flags, direct, truth, population, concern, labels, options)
    rows = [
        _row(population, concern, scope, name, counts, options)
        for scope, name, in_scope in _scopes(pairs.flags)
        for counts in _cluster_counts(pairs, in_scope)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


@dataclass(frozen=True)
class _CitedAndPlanted:
    """Flags of positive subjects, and what was cited and planted: each (subject, row) is one number, subject first.

    `by` is the position in `flags` of the flag that cites, `typology` the typology that planted. A number divided by
    `rows` is the subject's position among all subjects.
    """

    flags: pd.DataFrame
    subjects: Integers
    cited: Integers
    by: Integers
    planted: Integers
    typology: Texts
    rows: int


def _cited_and_planted(
    flags: pd.DataFrame,
    direct: pd.DataFrame,
    truth: Truth,
    population: Population,
    concern: str,
    labels: TruthLabels,
    options: RateOptions,
) -> _CitedAndPlanted:
    flags, at = _true_flags(flags, population, concern, labels)
    cited = direct[direct["flag_id"].isin(flags["flag_id"]).to_numpy()]
    rows = _planted_rows(truth, population, concern, options)
    by = pd.Index(flags["flag_id"]).get_indexer(pd.Index(cited["flag_id"]))
    _, row = np.unique(np.concatenate([_numbers(cited["row_id"]), _numbers(rows["row_id"])]), return_inverse=True)
    tables = np.concatenate([texts(cited["table_name"]), texts(rows["table_name"])]).astype(str)
    names, table = np.unique(tables, return_inverse=True)
    # A (table, row) and a (subject, row) each become one number, so that sets of pairs are sets of numbers.
    key = row.reshape(-1) * len(names) + table.reshape(-1)
    width = int(key.max()) + 1 if len(key) else 1
    planted_in = positions(population.ids, _numbers(rows["subject_id"]))
    return _CitedAndPlanted(
        flags=flags,
        subjects=at,
        cited=at[by] * width + key[: len(cited)],
        by=by,
        planted=(planted_in * width + key[len(cited) :])[planted_in >= 0],
        typology=texts(rows["typology"])[planted_in >= 0],
        rows=width,
    )


def _numbers(column: pd.Series[Any]) -> Integers:
    return column.to_numpy(dtype=np.int64)


def _true_flags(
    flags: pd.DataFrame, population: Population, concern: str, labels: TruthLabels
) -> tuple[pd.DataFrame, Integers]:
    """Return the flags of one concern that are about positive subjects, and where each subject stands."""
    of_concern = (
        (flags["subject_kind"].to_numpy() == population.kind)
        & (flags["as_of"].to_numpy() == np.datetime64(population.as_of, "D"))
        & (flags["concern"].to_numpy() == concern)
    )
    flags = flags[of_concern]
    at = positions(population.ids, _numbers(flags["subject_id"]))
    true = at >= 0
    true[true] = labels.positive[at[true]]
    return flags[true].reset_index(drop=True), at[true]


def direct_rows(evidence: AnyTable) -> pd.DataFrame:
    """Return the direct rows of evidence: flag_id, table_name, row_id."""
    if isinstance(evidence, pa.Table):
        evidence = (
            evidence.filter(pc.equal(evidence["part"], "direct")) if "part" in evidence.column_names else evidence
        )
    rows = frame(evidence, ("flag_id", "table_name", "row_id", "part"), name="evidence")
    return pd.DataFrame(rows[rows["part"].to_numpy() == "direct"])


def _planted_rows(truth: Truth, population: Population, concern: str, options: RateOptions) -> pd.DataFrame:
    assert truth.rows is not None
    spells, rows = truth.subjects, truth.rows
    active = options.positive.active(spells.started, spells.ended, population.as_of)
    of_concern = active & (spells.kind == population.kind) & (spells.concern == concern)
    active_spells = pd.MultiIndex.from_arrays([spells.typology[of_concern], spells.ids[of_concern]])
    rows = rows[rows["subject_kind"].to_numpy() == population.kind]
    row_spells = pd.MultiIndex.from_arrays([texts(rows["typology"]), _numbers(rows["subject_id"])])
    rows = rows[row_spells.isin(active_spells)]
    return pd.DataFrame(rows[_visible(rows, population.as_of, options)] if "known_on" in rows else rows)


def _visible(rows: pd.DataFrame, as_of: date, options: RateOptions) -> Bools:
    day = np.datetime64(as_of, "D")
    known, happened = days(rows["known_on"]), days(rows["on"])
    look_back = np.timedelta64(options.positive.look_back_days, "D")
    visible: Bools = (known < day) & (np.isnat(happened) | (happened >= day - look_back))
    return visible


def _scopes(flags: pd.DataFrame) -> Iterator[tuple[str, str, Bools]]:
    yield "all", "all", np.ones(len(flags), dtype=np.bool_)
    family = texts(flags["family"])
    for name in sorted(set(family.tolist())):
        yield "family", name, family == name
    by = [set(d) for d in flags["detectors"].tolist()]
    for name in sorted(set().union(*by)):
        yield "detector", name, np.array([name in d for d in by], dtype=np.bool_)


_ClusterCounts: TypeAlias = tuple[str, str, str, Floats, Floats]
"""A measure, its breakdown and group, and for each subject how many rows were right, out of how many."""


def _cluster_counts(pairs: _CitedAndPlanted, in_scope: Bools) -> Iterator[_ClusterCounts]:
    cited = np.unique(pairs.cited[in_scope[pairs.by]])
    of_flagged = np.isin(pairs.planted // pairs.rows, np.unique(pairs.subjects[in_scope]))
    planted, typology = pairs.planted[of_flagged], pairs.typology[of_flagged]
    both = cited[np.isin(cited, planted)]
    yield "evidence_precision", "all", "all", *_by_subject(both, cited, pairs.rows)
    whole = np.unique(planted)
    yield "evidence_recall", "all", "all", *_by_subject(both, whole, pairs.rows)
    for name in sorted(set(typology.tolist())):
        own = np.unique(planted[typology == name])
        yield "evidence_recall", "typology", name, *_by_subject(own[np.isin(own, cited)], own, pairs.rows)


def _by_subject(part: Integers, whole: Integers, rows: int) -> tuple[Floats, Floats]:
    """Count the pairs of each subject that has any in `whole`."""
    subjects, sizes = np.unique(whole // rows, return_counts=True)
    counts = np.bincount(np.searchsorted(subjects, part // rows), minlength=len(subjects))
    return counts.astype(np.float64), sizes.astype(np.float64)


def _row(
    population: Population, concern: str, scope: str, name: str, row: _ClusterCounts, options: RateOptions
) -> dict[str, Any]:
    measure, by, group, counts, sizes = row
    value, low, high = clustered(counts, sizes, confidence=options.confidence)
    return {
        "as_of": population.as_of,
        "subject_kind": population.kind,
        "concern": concern,
        "basis": FLAGGED,
        "scope": scope,
        "name": name,
        "measure": measure,
        "by": by,
        "group": group,
        "reference": None,
        "value": value,
        "low": low,
        "high": high,
        "count": float(counts.sum()),
        "n": float(sizes.sum()),
        "reference_count": np.nan,
        "reference_n": np.nan,
        "interval": CLUSTERED,
        "status": "undefined" if np.isnan(value) else "too_few" if len(sizes) < options.smallest else "ok",
    }
