"""Counts of the past, period by period: what a rate is estimated from, and what earlier estimates can be held against.

Time before an as-of date is cut into periods of equal length. A count in a period is the difference of two windows that
end on the as-of date, so that it rests on the same declaration, the same scan and the same rows as any other value; of
things counted once, such as cases, each counts in the period in which it was last seen.

An *earlier view* is the same cut, made as of an earlier day: only what was known then is in it. What was predicted
from it can be compared with what the later view says of the periods between.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

import numpy as np
import pyarrow as pa

from data.arrays import Bools, Floats
from data.optional_columns import present_in
from data.store import Store
from data.vocabulary import Concern, SubjectKind
from features.engine import GAPLESS, computable, compute_all
from features.gaps.sources import BEARABLE, Sources
from features.indicator import Indicator
from features.past import PERIOD_DAYS, History, IndicatorHistory, PeriodCounts
from features.subjects import subjects
from features.table import FeatureTable

MOST_PERIODS: Final = 12
"""How far back a rate is looked at: six years, after which little is left of any conduct that changes."""

AHEAD: Final = (4, 2, 1)
"""How many periods an earlier view lies back, where records reach back at least twice as far: two years, one, half."""


def period_ends(as_of: date, periods: int) -> list[date]:
    """Return the day after the last of each period, the latest first.

    Example:
        >>> [str(day) for day in period_ends(date(2026, 1, 1), 3)]
        ['2026-01-01', '2025-07-03', '2025-01-02']
    """
    return [as_of - timedelta(days=PERIOD_DAYS * n) for n in range(periods)]


def rates_among(indicators: Iterable[Indicator], concerns: Collection[Concern]) -> list[Indicator]:
    """Return the rates that feed any of these concerns: counts, each with an exposure that it is no part of."""
    by_name = {i.name: i for i in indicators}
    return [
        i
        for i in by_name.values()
        if i.aggregate in ("count", "distinct")
        and isinstance(i.exposure, str)
        and i.exposure in by_name
        and by_name[i.exposure].aggregate != "formula"
        and not i.proportion
        and i.read_by is None
        and not set(concerns).isdisjoint(i.concerns)
    ]


def history(
    store: Store,
    indicators: Sequence[Indicator],
    concerns: Collection[Concern],
    *,
    kind: SubjectKind,
    as_of: date,
    sources: Sources = GAPLESS,
    now_alone: bool = False,
) -> History:
    """Return the past of the rates that feed any of these concerns, for everybody in service on an as-of date.

    With `now_alone` it is what is seen on the as-of date, without the view from an earlier day and without who stood
    where before.

    Nothing known on or after the as-of date has any effect, nor does what became known after an earlier view's day on
    that view.
    """
    by_name = {i.name: i for i in indicators if i.subject == kind}
    ready, _ = computable(list(by_name.values()), present_in(store, as_of))
    names = {i.name for i in ready}
    rates = [i for i in rates_among(ready, concerns) if i.exposure in names]
    reach = {i.name: _reach(i, by_name, as_of, sources) for i in rates}
    seen: dict[str, IndicatorHistory] = {}
    for ahead in (*AHEAD, 0):
        group = [i for i in rates if reach[i.name] and _ahead(reach[i.name]) == ahead]
        if group:
            view = 0 if now_alone else ahead
            seen |= _seen(store, group, by_name, kind=kind, as_of=as_of, ahead=view, reach=reach)
    most = 1 if now_alone else max((h.now.periods for h in seen.values()), default=1)
    standings = tuple(subjects(store, kind=kind, as_of=day) for day in period_ends(as_of, most))
    first = standings[0]
    masked = {name: _without_gaps(seen[name], by_name[name], by_name, as_of, sources, first) for name in sorted(seen)}
    return History(kind, as_of, standings, masked)


def _ahead(periods: int) -> int:
    return next((ahead for ahead in AHEAD if periods >= 2 * ahead), 0)


def _read(indicator: Indicator, by_name: Mapping[str, Indicator]) -> tuple[str, ...]:
    return (*indicator.tables, *by_name[str(indicator.exposure)].tables)


def _reach(indicator: Indicator, by_name: Mapping[str, Indicator], as_of: date, sources: Sources) -> int:
    """Return how many periods the records cover from the first day on."""
    read = _read(indicator, by_name)
    most = MOST_PERIODS + AHEAD[0]
    return next((n for n in range(most, 0, -1) if sources.reaches_back(as_of, n * PERIOD_DAYS, read)), 0)


def _seen(
    store: Store,
    group: Sequence[Indicator],
    by_name: Mapping[str, Indicator],
    *,
    kind: SubjectKind,
    as_of: date,
    ahead: int,
    reach: Mapping[str, int],
) -> dict[str, IndicatorHistory]:
    """Return the histories of indicators whose earlier view lies equally far back."""
    back = as_of - timedelta(days=PERIOD_DAYS * ahead)
    longest = min(max(reach[i.name] for i in group), MOST_PERIODS)
    windows = tuple(PERIOD_DAYS * n for n in range(1, longest + 1))
    exposures = [by_name[name] for name in sorted({str(i.exposure) for i in group})]
    cut = {i.name: replace(i, windows=windows) for i in (*exposures, *group)}
    tables = compute_all(store, list(cut.values()), kinds=[kind], as_ofs={as_of, back})
    seen = {}
    for indicator in group:
        periods = min(reach[indicator.name], MOST_PERIODS)
        now = _counts(tables[as_of, kind], indicator, periods)
        before = min(reach[indicator.name] - ahead, MOST_PERIODS)
        earlier = _counts(tables[back, kind], indicator, before) if ahead else None
        seen[indicator.name] = IndicatorHistory(now, earlier, ahead)
    return seen


def _counts(table: FeatureTable, indicator: Indicator, periods: int) -> PeriodCounts:
    def cut(name: str) -> Floats:
        windows = [table.cells[name, PERIOD_DAYS * n].value for n in range(1, periods + 1)]
        total = np.nan_to_num(np.column_stack(windows))
        # A row further back can tie two causes to one; they are one in the shorter windows too.
        total = np.minimum.accumulate(total[:, ::-1], axis=1)[:, ::-1]
        return np.diff(total, axis=1, prepend=0.0)

    return PeriodCounts(cut(indicator.name), cut(str(indicator.exposure)))


def _without_gaps(
    seen: IndicatorHistory,
    indicator: Indicator,
    by_name: Mapping[str, Indicator],
    as_of: date,
    sources: Sources,
    standing: pa.Table,
) -> IndicatorHistory:
    """Return a history without the periods for too much of which a source was silent, anywhere in the force.

    A period that is silent in one area is left out for all: rates of areas are compared with one another.
    """
    read = _read(indicator, by_name)
    total = max(seen.now.periods, seen.ahead + (seen.earlier.periods if seen.earlier else 0))
    lost = [0, *(max(sources.days_lost(as_of, n * PERIOD_DAYS, read).values()) for n in range(1, total + 1))]
    silent = np.diff(lost) * BEARABLE > PERIOD_DAYS
    if not silent.any():
        return seen
    earlier = None if seen.earlier is None else _blank(seen.earlier, silent[seen.ahead :])
    return replace(seen, now=_blank(seen.now, silent), earlier=earlier)


def _blank(counts: PeriodCounts, silent: Bools) -> PeriodCounts:
    gone = silent[: counts.periods]
    return PeriodCounts(np.where(gone, np.nan, counts.value), np.where(gone, np.nan, counts.exposure))
