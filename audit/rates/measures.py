"""What is measured of selections and groups, and the tidy table that holds it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from audit.rates.groups import Groups
from audit.rates.intervals import EXACT, SCORE, proportion, ratio
from audit.rates.positives import Positive
from audit.rates.selections import Selections
from data.arrays import Floats

FORCE: Final = 46_000
"""The size of force that counts of people are scaled to."""

COLUMNS: Final = (
    *("as_of", "subject_kind", "concern", "basis", "scope", "name", "measure", "by", "group", "reference"),
    *("value", "low", "high", "count", "n", "reference_count", "reference_n", "interval", "status"),
)
"""The columns of the table of rates."""

RATIOS: Final = ("flag_rate_ratio", "false_positive_ratio", "not_flagged_ratio")
"""The measures that compare a group with its reference."""


@dataclass(frozen=True)
class Options:
    """How rates are made: who is positive, how sure intervals are, how few are too few, and how much is broken down.

    `smallest` is the size below which a value's status is `too_few`. `intersections` adds every two protected
    characteristics together. `workload` is how many of a thousand subjects are selected at an equal workload; None
    takes as many as were flagged. `silent` lists the families and detectors of the scores that flagged nobody, too.
    """

    positive: Positive = field(default_factory=Positive)
    confidence: float = 0.95
    smallest: int = 10
    intersections: bool = False
    workload: float | None = None
    silent: bool = True


@dataclass(frozen=True)
class Counted:
    """How many there are: arrays of groups by selections, and of groups. Without truth the latter are None."""

    flagged: Floats
    size: Floats
    everybody: float
    hit: Floats | None = None
    positives: Floats | None = None

    @classmethod
    def of(cls, groups: Groups, chosen: Selections, positive: npt.NDArray[np.bool_] | None) -> Counted:
        """Count the selected and the hits of every group."""
        flagged = np.asarray(groups.member @ chosen.weight, dtype=np.float64)
        size = np.asarray(groups.member.sum(axis=1), dtype=np.float64).reshape(-1)
        n = float(groups.member.shape[1])
        if positive is None:
            return cls(flagged, size, n)
        truly = positive.astype(np.float64)
        hit = np.asarray(groups.member @ (chosen.weight * truly[:, None]), dtype=np.float64)
        return cls(flagged, size, n, hit, np.asarray(groups.member @ truly, dtype=np.float64))


@dataclass(frozen=True)
class _Measure:
    """Counts out of sizes, groups by selections, for the groups in `where`; `per` scales the value."""

    name: str
    count: Floats
    n: Floats
    where: npt.NDArray[np.intp]
    per: float = 1.0


def table(
    counted: Counted, groups: Groups, chosen: Selections, *, kind: str, as_of: date, concern: str, options: Options
) -> pd.DataFrame:
    """Return every measure of every selection and group as tidy rows."""
    parts: list[dict[str, Any]] = [_proportions(m, groups, chosen, options) for m in _measures(counted, groups, kind)]
    parts += [_compared(m, groups, chosen, options) for m in _comparisons(counted, groups)]
    parts.append(_ties(chosen, counted.everybody))
    if counted.positives is not None:
        parts.append(_prevalence(counted, groups, options))
    columns = {c: np.concatenate([p[c] for p in parts]) for c in COLUMNS[3:]}
    n = len(columns["value"])
    ahead = {"as_of": np.full(n, as_of, dtype=object), "subject_kind": _same(kind, n), "concern": _same(concern, n)}
    return pd.DataFrame({**ahead, **columns})


def _same(text: str, n: int) -> npt.NDArray[np.object_]:
    return np.full(n, text, dtype=object)


def _where(groups: Groups, *without: str) -> npt.NDArray[np.intp]:
    return np.flatnonzero([by not in without for by in groups.by])


def _measures(counted: Counted, groups: Groups, kind: str) -> Iterator[_Measure]:
    flagged, wide = counted.flagged, np.ones_like(counted.flagged)
    size = counted.size[:, None] * wide
    yield _Measure("flags_per_1000", flagged, size, _where(groups, "typology"), 1000.0)
    if counted.hit is None or counted.positives is None:
        return
    hit, positives = counted.hit, counted.positives[:, None] * wide
    wrong, negatives = np.maximum(flagged - hit, 0.0), size - positives
    usual = _where(groups, "typology", "standing")
    innocent = np.flatnonzero(
        [by != "typology" and name != "positive" for by, name in zip(groups.by, groups.names, strict=True)]
    )
    yield _Measure("precision", hit, flagged, usual)
    yield _Measure("false_discovery_proportion", wrong, flagged, usual)
    yield _Measure("false_positive_rate", wrong, negatives, innocent)
    yield _Measure("recall", hit, positives, _where(groups, "standing"))
    per, name = (
        (float(FORCE), f"innocent_flagged_per_{FORCE}") if kind == "officer" else (1000.0, "innocent_flagged_per_1000")
    )
    yield _Measure(name, wrong, np.full_like(wrong, counted.everybody), innocent, per)


def _comparisons(counted: Counted, groups: Groups) -> Iterator[_Measure]:
    compared = np.flatnonzero(
        [
            by not in ("typology", "standing") and to not in (-1, at)
            for at, (by, to) in enumerate(zip(groups.by, groups.reference.tolist(), strict=True))
        ]
    )
    size = counted.size[:, None] * np.ones_like(counted.flagged)
    yield _Measure("flag_rate_ratio", counted.flagged, size, compared)
    yield _Measure("not_flagged_ratio", size - counted.flagged, size, compared)
    if counted.hit is not None and counted.positives is not None:
        wrong = np.maximum(counted.flagged - counted.hit, 0.0)
        negatives = size - counted.positives[:, None]
        yield _Measure("false_positive_ratio", wrong, negatives, compared)


def _proportions(measure: _Measure, groups: Groups, chosen: Selections, options: Options) -> dict[str, Any]:
    count, n = _flat(measure.count, measure.where), _flat(measure.n, measure.where)
    low, high = proportion(count, n, confidence=options.confidence)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where(n > 0, count / n, np.nan)
    nothing = np.full(len(count), np.nan)
    return {
        **_named(measure, groups, chosen),
        "reference": np.full(len(count), None, dtype=object),
        "value": value * measure.per,
        "low": low * measure.per,
        "high": high * measure.per,
        "count": count,
        "n": n,
        "reference_count": nothing,
        "reference_n": nothing,
        "interval": _same(EXACT, len(count)),
        "status": _status(value, n, options),
    }


def _compared(measure: _Measure, groups: Groups, chosen: Selections, options: Options) -> dict[str, Any]:
    to = groups.reference[measure.where]
    count, n = _flat(measure.count, measure.where), _flat(measure.n, measure.where)
    other, m = _flat(measure.count, to), _flat(measure.n, to)
    low, high = ratio(count, n, other, m, confidence=options.confidence)
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.where((n > 0) & (m > 0) & (other > 0), (count / n) / (other / m), np.nan)
    names = np.array([groups.names[i] for i in to.tolist()], dtype=object)
    return {
        **_named(measure, groups, chosen),
        "reference": np.tile(names, len(chosen)),
        "value": value,
        "low": low,
        "high": high,
        "count": count,
        "n": n,
        "reference_count": other,
        "reference_n": m,
        "interval": _same(SCORE, len(count)),
        "status": _status(value, np.minimum(n, m), options),
    }


def _flat(values: Floats, where: npt.NDArray[np.integer[Any]]) -> Floats:
    """Return the values of some groups, selection by selection, without what rounding left of ties."""
    flat: Floats = np.round(values[where].T.reshape(-1), 9)
    return flat


def _named(measure: _Measure, groups: Groups, chosen: Selections) -> dict[str, Any]:
    g, s = len(measure.where), len(chosen)
    by = np.array([groups.by[i] for i in measure.where.tolist()], dtype=object)
    names = np.array([groups.names[i] for i in measure.where.tolist()], dtype=object)
    told = {"basis": chosen.basis, "scope": chosen.scope, "name": chosen.name}
    return {
        **{c: np.repeat(np.array(v, dtype=object), g) for c, v in told.items()},
        "measure": _same(measure.name, g * s),
        "by": np.tile(by, s),
        "group": np.tile(names, s),
    }


def _status(value: Floats, n: Floats, options: Options) -> npt.NDArray[np.object_]:
    few = np.where(n < options.smallest, "too_few", "ok")
    return np.where(np.isnan(value), "undefined", few).astype(object)


def _ties(chosen: Selections, n: float) -> dict[str, Any]:
    at = np.flatnonzero([basis == "equal_workload" for basis in chosen.basis])
    tied, k = np.array(chosen.tied, dtype=np.float64)[at], len(at)
    told = {"basis": chosen.basis, "scope": chosen.scope, "name": chosen.name}
    nothing = np.full(k, np.nan)
    return {
        **{c: np.array(v, dtype=object)[at] for c, v in told.items()},
        "measure": _same("tied_at_cut", k),
        "by": _same("all", k),
        "group": _same("all", k),
        "reference": np.full(k, None, dtype=object),
        "value": tied,
        "low": nothing,
        "high": nothing,
        "count": tied,
        "n": np.full(k, n),
        "reference_count": nothing,
        "reference_n": nothing,
        "interval": _same("none", k),
        "status": _same("ok", k),
    }


def _prevalence(counted: Counted, groups: Groups, options: Options) -> dict[str, Any]:
    assert counted.positives is not None
    where = _where(groups, "typology", "standing")
    once = Selections(("truth",), ("truth",), ("truth",), np.zeros((0, 1)), (0,))
    measure = _Measure("prevalence", counted.positives[:, None], counted.size[:, None], where)
    return _proportions(measure, groups, once, options)
