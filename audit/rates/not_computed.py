"""What an audit does not compute, and why: a ranking that ranks nobody, a share of nothing.

An empty or constant ranking has no top, and what it "selects" is chance; a share of nobody is no number. Where a value
would stand, a report says *not computed, because ...*.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import pandas as pd

from audit.rates.population import AuditTables
from audit.rates.selections import EQUAL, FLAGGED, ranking
from data.arrays import Bools, Floats, Texts

BECAUSE: Final = "because"
"""The column of a report that says why a value was not computed; null where it was."""

RULE: Final = "contradiction"
"""The family of rules, which put those whom they contradict before everybody else."""


@dataclass(frozen=True)
class Uncomputed:
    """What was not computed of a population and concern: a detector's or baseline's ranking, or without a name all."""

    as_of: date
    kind: str
    concern: str
    name: str | None
    because: str


def sentences_of(uncomputed: Iterable[Uncomputed]) -> list[str]:
    """Return in words what was not computed, a sentence for all rankings that have the same reason.

    Example:
        >>> place = date(2026, 1, 1), "officer", "welfare"
        >>> both = [Uncomputed(*place, name, "it scores nobody") for name in ("pairs", "shape")]
        >>> sentences_of(both)
        ['The rankings by pairs, shape (officer, welfare, 2026-01-01) are not computed, because each scores nobody.']
        >>> sentences_of(both[:1])
        ['The ranking by pairs (officer, welfare, 2026-01-01) is not computed, because it scores nobody.']
    """
    alike: dict[tuple[date, str, str, str, bool], list[str]] = {}
    for one in uncomputed:
        alike.setdefault((one.as_of, one.kind, one.concern, one.because, one.name is None), []).append(str(one.name))
    return [
        _sentence(f"({kind}, {concern}, {as_of})", because, [] if whole else names)
        for (as_of, kind, concern, because, whole), names in alike.items()
    ]


def _sentence(place: str, because: str, names: list[str]) -> str:
    if not names:
        return f"What each ranking selects at the same workload {place} is not computed, because {because}."
    if len(names) == 1:
        return f"The ranking by {names[0]} {place} is not computed, because {because}."
    each = because.replace("it ", "each ", 1) if because.startswith("it ") else because
    return f"The rankings by {', '.join(names)} {place} are not computed, because {each}."


def rankless(rank: Floats, *, rule: bool = False) -> str:
    """Return why a ranking ranks nobody: empty where it ranks somebody.

    A `rule` that contradicts some alike, and others not, puts the first before the others.

    Example:
        >>> rankless(np.array([2.0, 2.0, -np.inf])), rankless(np.array([2.0, 1.0]))
        ('it gives everybody whom it scores the same score', '')
        >>> rankless(np.array([2.0, 2.0, -np.inf]), rule=True)
        ''
    """
    scored = rank[rank > -np.inf]
    if not len(scored):
        return "it contradicts nobody" if rule else "it scores nobody"
    constant = len(scored) > 1 and scored.min() == scored.max()
    if constant and not (rule and len(scored) < len(rank)):
        return "it gives everybody whom it scores the same score"
    return ""


def uncomputed_rankings(tables: AuditTables, *, kinds: Sequence[str] = ("officer", "unit")) -> list[Uncomputed]:
    """Return which detectors and baselines put nobody before anybody else, by date, kind and concern."""
    return [
        Uncomputed(population.as_of, population.kind, concern, str(name), why)
        for population in tables.populations()
        if population.kind in kinds
        for concern in tables.concerns(population, None)
        for name, scores in tables.about(tables.scores, population, concern).groupby("detector", sort=True)
        if (why := rankless(ranking(scores, ids=population.ids), rule=scores["family"].iloc[0] == RULE))
    ]


def without_places(rates: pd.DataFrame, workload: float | None = None) -> list[Uncomputed]:
    """Return for which dates, kinds and concerns there is no place to fill at the same workload.

    `workload` is how many of a thousand are selected; None where as many as were flagged.
    """
    whole = rates[(rates["by"] == "all") & (rates["measure"] == "flags_per_1000")]
    flagged = whole[(whole["basis"] == FLAGGED) & (whole["scope"] == "all")]
    places = flagged["count"] if workload is None else (workload * flagged["n"] / 1000).round()
    why = "nobody was flagged" if workload is None else "the workload is less than one of them"
    return [
        Uncomputed(row["as_of"], row["subject_kind"], row["concern"], None, f"{why}, so that there is no place to fill")
        for row in flagged[places == 0].to_dict("records")
    ]


def reported(table: pd.DataFrame, uncomputed: Sequence[Uncomputed]) -> pd.DataFrame:
    """Return a table of rates for readers, with a column `because`: why a value is not computed, null where it is.

    What a ranking that ranks nobody, or a workload of nobody, would select has no value: it is taken out.
    """
    because: Texts = np.full(len(table), None, dtype=object)
    equal = (table["basis"] == EQUAL).to_numpy()
    for one in uncomputed:
        because[equal & _about(table, one)] = f"not computed, because {one.because}"
    nothing = np.array([text is not None for text in because], dtype=np.bool_)
    blank = dict.fromkeys(("value", "low", "high", "count"), np.nan)
    kept = {name: table[name].where(~nothing, empty) for name, empty in {**blank, "status": "undefined"}.items()}
    missing = np.flatnonzero((table["status"] == "undefined").to_numpy() & ~nothing)
    columns = ("measure", "n", "reference_n", "reference")
    parts = (table[name].to_numpy()[missing].tolist() for name in columns)
    for at, values in zip(missing, zip(*parts, strict=True), strict=True):
        because[at] = f"not computed, because {reason_of(dict(zip(columns, values, strict=True)))}"
    return table.assign(**kept, **{BECAUSE: because})


def drawn(curves: pd.DataFrame, uncomputed: Sequence[Uncomputed]) -> pd.DataFrame:
    """Return the curves of rankings that rank somebody."""
    nothing = np.zeros(len(curves), dtype=np.bool_)
    for one in uncomputed:
        nothing |= _about(curves, one)
    return curves[~nothing].reset_index(drop=True)


def _about(table: pd.DataFrame, one: Uncomputed) -> Bools:
    place = (table["as_of"] == one.as_of) & (table["subject_kind"] == one.kind) & (table["concern"] == one.concern)
    about: Bools = (place if one.name is None else place & (table["name"] == one.name)).to_numpy(dtype=np.bool_)
    return about


def reason_of(row: Mapping[Any, Any]) -> str:
    """Return why a value that has nothing to be divided by is not computed.

    `row` has measure, n, reference_n and reference.

    Example:
        >>> reason_of({"measure": "precision", "n": 0.0, "reference_n": float("nan"), "reference": None})
        'nobody is flagged'
        >>> reason_of({"measure": "flag_rate_ratio", "n": 9.0, "reference_n": 5.0, "reference": "male"})
        'nobody of the reference group (male) is flagged'
    """
    measure, reference = str(row["measure"]), f"nobody of the reference group ({row['reference']})"
    if measure not in _RATIOS:
        return _EMPTY.get(measure, "there is nobody to count")
    of_whom, counted = _RATIOS[measure]
    if not row["n"]:
        return f"nobody of the group {of_whom}"
    return f"{reference} {counted if row['reference_n'] else of_whom}"


_EMPTY: Final[Mapping[str, str]] = {
    "precision": "nobody is flagged",
    "false_discovery_proportion": "nobody is flagged",
    "false_positive_rate": "nobody is innocent",
    "recall": "nobody has the concern",
    "evidence_precision": "no right flag cites a row",
    "evidence_recall": "no row was planted in anybody rightly flagged",
    "kept_share": "nobody was flagged before",
    "rank_correlation": "the scores of one of the days are all alike, or of nobody",
}
"""Why a proportion has nothing to be a share of, by measure."""

_RATIOS: Final[Mapping[str, tuple[str, str]]] = {
    "flag_rate_ratio": ("is there", "is flagged"),
    "not_flagged_ratio": ("is there", "is not flagged"),
    "false_positive_ratio": ("is innocent", "is innocent and flagged"),
}
"""By measure of two groups: whom each share is of, and what nobody of the reference group is."""
