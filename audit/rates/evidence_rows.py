"""Whether flags point at the right rows: the rows that true flags cite directly, against the rows that were planted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from audit.rates.intervals import CLUSTERED, clustered
from audit.rates.measures import COLUMNS, Options
from audit.rates.positives import Judged
from audit.rates.selections import FLAGGED, positions
from audit.rates.truth_tables import Table, Truth, days, frame, texts
from data.arrays import Floats, Texts

if TYPE_CHECKING:
    from audit.rates.rates import Present

Ints = npt.NDArray[np.int64]


def evidence_rates(
    flags: pd.DataFrame,
    direct: pd.DataFrame,
    truth: Truth,
    here: Present,
    concern: str,
    told: Judged,
    options: Options,
) -> pd.DataFrame:
    """Return the precision and recall of the rows that true flags of one concern cite as direct evidence.

    `direct` is what `direct_rows` returned. `evidence_precision`: of the distinct rows that flags of positive subjects
    cite directly, the share that was planted in the very subject by a typology of the concern. `evidence_recall`: of
    the rows so planted in flagged positive subjects, the share that the flags cite; where the truth tells when a row
    became known and happened, only rows known before the as-of date and not older than the look-back count. In all, by
    family, by detector, and by typology. Rows are pooled; the interval treats the subjects, not the rows, as
    independent.
    """
    if truth.rows is None or "flag_id" not in flags:
        return pd.DataFrame({c: [] for c in COLUMNS})
    pairs = _pairs(flags, direct, truth, here, concern, told, options)
    rows = [
        _row(here, concern, scope, name, measured, options)
        for scope, name, chosen in _scopes(pairs.flags)
        for measured in _measured(pairs, chosen)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


@dataclass(frozen=True)
class _Pairs:
    """Flags of positive subjects, and what was cited and planted: each (subject, row) is one number, subject first.

    `by` is the position in `flags` of the flag that cites, `typology` the typology that planted. A number divided by
    `rows` is the subject's position among all subjects.
    """

    flags: pd.DataFrame
    subjects: Ints
    cited: Ints
    by: Ints
    planted: Ints
    typology: Texts
    rows: int


def _pairs(
    flags: pd.DataFrame, direct: pd.DataFrame, truth: Truth, here: Present, concern: str, told: Judged, options: Options
) -> _Pairs:
    flags, at = _true_flags(flags, here, concern, told)
    said = direct[direct["flag_id"].isin(flags["flag_id"]).to_numpy()]
    rows = _planted(truth, here, concern, options)
    by = pd.Index(flags["flag_id"]).get_indexer(pd.Index(said["flag_id"]))
    _, row = np.unique(np.concatenate([_numbers(said["row_id"]), _numbers(rows["row_id"])]), return_inverse=True)
    tables = np.concatenate([texts(said["table_name"]), texts(rows["table_name"])]).astype(str)
    known, table = np.unique(tables, return_inverse=True)
    key = row.reshape(-1) * len(known) + table.reshape(-1)
    width = int(key.max()) + 1 if len(key) else 1
    who = positions(here.ids, _numbers(rows["subject_id"]))
    return _Pairs(
        flags=flags,
        subjects=at,
        cited=at[by] * width + key[: len(said)],
        by=by,
        planted=(who * width + key[len(said) :])[who >= 0],
        typology=texts(rows["typology"])[who >= 0],
        rows=width,
    )


def _numbers(column: pd.Series[Any]) -> Ints:
    return column.to_numpy(dtype=np.int64)


def _true_flags(flags: pd.DataFrame, here: Present, concern: str, told: Judged) -> tuple[pd.DataFrame, Ints]:
    """Return the flags of one concern that are about positive subjects, and where each subject stands."""
    mine = (
        (flags["subject_kind"].to_numpy() == here.kind)
        & (flags["as_of"].to_numpy() == np.datetime64(here.as_of, "D"))
        & (flags["concern"].to_numpy() == concern)
    )
    flags = flags[mine]
    at = positions(here.ids, _numbers(flags["subject_id"]))
    true = at >= 0
    true[true] = told.positive[at[true]]
    return flags[true].reset_index(drop=True), at[true]


def direct_rows(evidence: Table) -> pd.DataFrame:
    """Return the direct rows of evidence: flag_id, table_name, row_id."""
    if isinstance(evidence, pa.Table):
        evidence = (
            evidence.filter(pc.equal(evidence["part"], "direct")) if "part" in evidence.column_names else evidence
        )
    said = frame(evidence, ("flag_id", "table_name", "row_id", "part"), name="evidence")
    return pd.DataFrame(said[said["part"].to_numpy() == "direct"])


def _planted(truth: Truth, here: Present, concern: str, options: Options) -> pd.DataFrame:
    assert truth.rows is not None
    spells, rows = truth.subjects, truth.rows
    running = options.positive.running(spells.started, spells.ended, here.as_of)
    mine = running & (spells.kind == here.kind) & (spells.concern == concern)
    wanted = pd.MultiIndex.from_arrays([spells.typology[mine], spells.ids[mine]])
    rows = rows[rows["subject_kind"].to_numpy() == here.kind]
    held = pd.MultiIndex.from_arrays([texts(rows["typology"]), _numbers(rows["subject_id"])])
    rows = rows[held.isin(wanted)]
    return pd.DataFrame(rows[_seen(rows, here.as_of, options)] if "known_on" in rows else rows)


def _seen(rows: pd.DataFrame, as_of: date, options: Options) -> npt.NDArray[np.bool_]:
    day = np.datetime64(as_of, "D")
    known, on = days(rows["known_on"]), days(rows["on"])
    back = np.timedelta64(options.positive.look_back_days, "D")
    seen: npt.NDArray[np.bool_] = (known < day) & (np.isnat(on) | (on >= day - back))
    return seen


def _scopes(flags: pd.DataFrame) -> Iterator[tuple[str, str, npt.NDArray[np.bool_]]]:
    yield "all", "all", np.ones(len(flags), dtype=np.bool_)
    family = texts(flags["family"])
    for name in sorted(set(family.tolist())):
        yield "family", name, family == name
    by = [set(d) for d in flags["detectors"].tolist()]
    for name in sorted(set().union(*by)):
        yield "detector", name, np.array([name in d for d in by], dtype=np.bool_)


Measured = tuple[str, str, str, Floats, Floats]
"""A measure, its breakdown and group, and for each subject how many rows were right, out of how many."""


def _measured(pairs: _Pairs, chosen: npt.NDArray[np.bool_]) -> Iterator[Measured]:
    cited = np.unique(pairs.cited[chosen[pairs.by]])
    in_scope = np.isin(pairs.planted // pairs.rows, np.unique(pairs.subjects[chosen]))
    planted, typology = pairs.planted[in_scope], pairs.typology[in_scope]
    both = cited[np.isin(cited, planted)]
    yield "evidence_precision", "all", "all", *_counted(both, cited, pairs.rows)
    whole = np.unique(planted)
    yield "evidence_recall", "all", "all", *_counted(both, whole, pairs.rows)
    for name in sorted(set(typology.tolist())):
        of = np.unique(planted[typology == name])
        yield "evidence_recall", "typology", name, *_counted(of[np.isin(of, cited)], of, pairs.rows)


def _counted(part: Ints, whole: Ints, rows: int) -> tuple[Floats, Floats]:
    """Count the pairs of each subject that has any in `whole`."""
    who, sizes = np.unique(whole // rows, return_counts=True)
    counts = np.bincount(np.searchsorted(who, part // rows), minlength=len(who))
    return counts.astype(np.float64), sizes.astype(np.float64)


def _row(here: Present, concern: str, scope: str, name: str, measured: Measured, options: Options) -> dict[str, Any]:
    measure, by, group, counts, sizes = measured
    value, low, high = clustered(counts, sizes, confidence=options.confidence)
    return {
        "as_of": here.as_of,
        "subject_kind": here.kind,
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
