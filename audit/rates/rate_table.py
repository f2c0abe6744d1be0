"""The tidy table of rates: every measure of every selection and group, counted and given its interval."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import pandas as pd

from audit.rates.groups import OF_POSITIVES, Groups
from audit.rates.intervals import EXACT, SCORE, proportion, ratio
from audit.rates.rate_options import COLUMNS, FORCE, RateOptions
from audit.rates.selections import EQUAL, Selections
from data.arrays import Array, Bools, Floats, Positions, Texts

_TIED: Final = "tied_at_cut"
_PREVALENCE: Final = "prevalence"


@dataclass(frozen=True)
class GroupCounts:
    """How many of each group are selected: arrays of groups by selections, and of groups.

    `hit` and `positives` are None without truth.
    """

    flagged: Floats
    size: Floats
    everybody: float
    hit: Floats | None = None
    positives: Floats | None = None

    @classmethod
    def of(cls, groups: Groups, selections: Selections, positive: Bools | None) -> GroupCounts:
        """Count the selected and the hits of every group."""
        flagged = np.asarray(groups.member @ selections.weight, dtype=np.float64)
        size = np.asarray(groups.member.sum(axis=1), dtype=np.float64).reshape(-1)
        n = float(groups.member.shape[1])
        if positive is None:
            return cls(flagged, size, n)
        ones = positive.astype(np.float64)
        hit = np.asarray(groups.member @ (selections.weight * ones[:, None]), dtype=np.float64)
        return cls(flagged, size, n, hit, np.asarray(groups.member @ ones, dtype=np.float64))


@dataclass(frozen=True)
class _Measure:
    """Counts out of sizes, groups by selections, for the groups in `where`; `per` scales the value."""

    name: str
    count: Floats
    n: Floats
    where: Positions
    per: float = 1.0


def rate_table(
    counts: GroupCounts,
    groups: Groups,
    selections: Selections,
    *,
    kind: str,
    as_of: date,
    concern: str,
    options: RateOptions,
) -> pd.DataFrame:
    """Return every measure of every selection and group that the options ask for as tidy rows."""
    measures = (m for m in _measures(counts, groups, kind) if options.wants(m.name))
    comparisons = (m for m in _comparisons(counts, groups) if options.wants(m.name))
    parts: list[dict[str, Any]] = [_proportions(m, groups, selections, options) for m in measures]
    parts += [_ratios(m, groups, selections, options) for m in comparisons]
    if options.wants(_TIED) and options.wants_by("all"):
        parts.append(_ties(selections, counts.everybody))
    if counts.positives is not None and options.wants(_PREVALENCE):
        parts.append(_prevalence(counts, groups, options))
    if not parts:
        return pd.DataFrame({c: [] for c in COLUMNS})
    columns = {c: np.concatenate([p[c] for p in parts]) for c in COLUMNS[3:]}
    n = len(columns["value"])
    place = {
        "as_of": np.full(n, as_of, dtype=object),
        "subject_kind": _constant(kind, n),
        "concern": _constant(concern, n),
    }
    return pd.DataFrame({**place, **columns})


def _constant(text: str, n: int) -> Texts:
    return np.full(n, text, dtype=object)


def _without(groups: Groups, *breakdowns: str) -> Positions:
    return np.flatnonzero([by not in breakdowns for by in groups.by])


def _measures(counts: GroupCounts, groups: Groups, kind: str) -> Iterator[_Measure]:
    flagged, ones = counts.flagged, np.ones_like(counts.flagged)
    size = counts.size[:, None] * ones
    yield _Measure("flags_per_1000", flagged, size, _without(groups, *OF_POSITIVES), 1000.0)
    if counts.hit is None or counts.positives is None:
        return
    hit, positives = counts.hit, counts.positives[:, None] * ones
    wrong, negatives = np.maximum(flagged - hit, 0.0), size - positives
    untyped = _without(groups, *OF_POSITIVES, "standing")
    innocent = np.flatnonzero(
        [by not in OF_POSITIVES and name != "positive" for by, name in zip(groups.by, groups.names, strict=True)]
    )
    yield _Measure("precision", hit, flagged, untyped)
    yield _Measure("false_discovery_proportion", wrong, flagged, untyped)
    yield _Measure("false_positive_rate", wrong, negatives, innocent)
    yield _Measure("recall", hit, positives, _without(groups, "standing"))
    per, name = (
        (float(FORCE), f"innocent_flagged_per_{FORCE}") if kind == "officer" else (1000.0, "innocent_flagged_per_1000")
    )
    yield _Measure(name, wrong, np.full_like(wrong, counts.everybody), innocent, per)


def _comparisons(counts: GroupCounts, groups: Groups) -> Iterator[_Measure]:
    with_reference = np.flatnonzero(
        [
            by not in (*OF_POSITIVES, "standing") and to not in (-1, at)
            for at, (by, to) in enumerate(zip(groups.by, groups.reference.tolist(), strict=True))
        ]
    )
    size = counts.size[:, None] * np.ones_like(counts.flagged)
    yield _Measure("flag_rate_ratio", counts.flagged, size, with_reference)
    yield _Measure("not_flagged_ratio", size - counts.flagged, size, with_reference)
    if counts.hit is not None and counts.positives is not None:
        wrong = np.maximum(counts.flagged - counts.hit, 0.0)
        negatives = size - counts.positives[:, None]
        yield _Measure("false_positive_ratio", wrong, negatives, with_reference)


def _proportions(measure: _Measure, groups: Groups, selections: Selections, options: RateOptions) -> dict[str, Any]:
    count, n = _flat(measure.count, measure.where), _flat(measure.n, measure.where)
    low, high = proportion(count, n, confidence=options.confidence)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(n > 0, count / n, np.nan)
    nothing = np.full(len(count), np.nan)
    return {
        **_labels(measure, groups, selections),
        "reference": np.full(len(count), None, dtype=object),
        "value": value * measure.per,
        "low": low * measure.per,
        "high": high * measure.per,
        "count": count,
        "n": n,
        "reference_count": nothing,
        "reference_n": nothing,
        "interval": _constant(EXACT, len(count)),
        "status": _status(value, n, options),
    }


def _ratios(measure: _Measure, groups: Groups, selections: Selections, options: RateOptions) -> dict[str, Any]:
    to = groups.reference[measure.where]
    count, n = _flat(measure.count, measure.where), _flat(measure.n, measure.where)
    other, m = _flat(measure.count, to), _flat(measure.n, to)
    low, high = ratio(count, n, other, m, confidence=options.confidence)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where((n > 0) & (m > 0) & (other > 0), (count / n) / (other / m), np.nan)
    names = np.array([groups.names[i] for i in to.tolist()], dtype=object)
    return {
        **_labels(measure, groups, selections),
        "reference": np.tile(names, len(selections)),
        "value": value,
        "low": low,
        "high": high,
        "count": count,
        "n": n,
        "reference_count": other,
        "reference_n": m,
        "interval": _constant(SCORE, len(count)),
        "status": _status(value, np.minimum(n, m), options),
    }


def _flat(values: Floats, where: Array) -> Floats:
    """Return the values of some groups, selection by selection, without what rounding left of ties."""
    flat: Floats = np.round(values[where].T.reshape(-1), 9)
    return flat


def _labels(measure: _Measure, groups: Groups, selections: Selections) -> dict[str, Any]:
    g, s = len(measure.where), len(selections)
    by = np.array([groups.by[i] for i in measure.where.tolist()], dtype=object)
    names = np.array([groups.names[i] for i in measure.where.tolist()], dtype=object)
    return {
        **{c: np.repeat(v, g) for c, v in _selection_names(selections).items()},
        "measure": _constant(measure.name, g * s),
        "by": np.tile(by, s),
        "group": np.tile(names, s),
    }


def _selection_names(selections: Selections) -> dict[str, Texts]:
    columns = {"basis": selections.basis, "scope": selections.scope, "name": selections.name}
    return {c: np.array(v, dtype=object) for c, v in columns.items()}


def _status(value: Floats, n: Floats, options: RateOptions) -> Texts:
    size = np.where(n < options.smallest, "too_few", "ok")
    return np.where(np.isnan(value), "undefined", size).astype(object)


def _ties(selections: Selections, n: float) -> dict[str, Any]:
    at = np.flatnonzero([basis == EQUAL for basis in selections.basis])
    tied, k = np.array(selections.tied, dtype=np.float64)[at], len(at)
    nothing = np.full(k, np.nan)
    return {
        **{c: v[at] for c, v in _selection_names(selections).items()},
        "measure": _constant(_TIED, k),
        "by": _constant("all", k),
        "group": _constant("all", k),
        "reference": np.full(k, None, dtype=object),
        "value": tied,
        "low": nothing,
        "high": nothing,
        "count": tied,
        "n": np.full(k, n),
        "reference_count": nothing,
        "reference_n": nothing,
        "interval": _constant("none", k),
        "status": _constant("ok", k),
    }


def _prevalence(counts: GroupCounts, groups: Groups, options: RateOptions) -> dict[str, Any]:
    assert counts.positives is not None
    where = _without(groups, *OF_POSITIVES, "standing")
    everybody = Selections(("truth",), ("truth",), ("truth",), np.zeros((0, 1)), (0,))
    measure = _Measure(_PREVALENCE, counts.positives[:, None], counts.size[:, None], where)
    return _proportions(measure, groups, everybody, options)
