"""The engine: all indicators of all subjects on many as-of dates, in one pass over each table."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np

from data.arrays import Ids, Integers
from data.optional_columns import present_in
from data.store import Store
from data.vocabulary import SubjectKind
from features.covered import over_covered_days
from features.gaps.sources import Sources
from features.indicator import Indicator
from features.service_days import days_of_unposted, service_days, stands_in
from features.statuses import Visibility, feature_table
from features.subjects import in_service_since, subjects
from features.table import FeatureTable
from features.windows.aggregation import AggregatesOfDay, aggregate

GAPLESS: Final = Sources()
"""Sources without any gap, which reach back without end."""


@dataclass(frozen=True)
class Skipped:
    """An indicator that was not computed: the absent tables and columns that it needs, or what makes it needless."""

    indicator: str
    absent: tuple[str, ...]
    needless: tuple[str, ...] = ()


def computable(indicators: Sequence[Indicator], present: set[str]) -> tuple[list[Indicator], list[Skipped]]:
    """Split indicators into those for which all is there and those that must be skipped.

    `present` is what `data.optional_columns.present_in` says of the records.
    """
    ready, skipped = [], []
    for indicator in indicators:
        absent = tuple(sorted({*indicator.tables, *indicator.optional_columns} - present))
        needless = tuple(sorted(set(indicator.unless) & present))
        if (absent and not stands_in(indicator, present)) or needless:
            skipped.append(Skipped(indicator.name, absent, needless))
        else:
            ready.append(indicator)
    return ready, skipped


def compute(
    store: Store, indicators: Sequence[Indicator], *, kind: SubjectKind, as_of: date, sources: Sources = GAPLESS
) -> FeatureTable:
    """Return the values of the indicators about one kind of subject, for everybody in service on an as-of date.

    See `compute_all`, of which this is the case of one date and one kind.
    """
    return compute_all(store, indicators, kinds=[kind], as_ofs=[as_of], sources=sources)[as_of, kind]


def compute_all(
    store: Store,
    indicators: Sequence[Indicator],
    *,
    kinds: Iterable[SubjectKind],
    as_ofs: Iterable[date],
    sources: Sources = GAPLESS,
) -> dict[tuple[date, SubjectKind], FeatureTable]:
    """Return the values of the indicators on all as-of dates, each for everybody then in service, by date and kind.

    Indicators about a kind of subject that is not asked for, or whose tables are absent, are left out. A subject
    without any counted row gets 0 or null as the indicator says. Where `sources` has a gap in the window, nothing is
    said; where its records begin within the window, values and exposures are those of the days since. Nothing known on
    or after an as-of date has any effect on that date's values, and no date's values depend on which others are
    computed with it.
    """
    days = sorted(set(as_ofs))
    tables: dict[tuple[date, SubjectKind], FeatureTable] = {}
    for kind in kinds:
        own_kind = [i for i in indicators if i.subject == kind]
        present = present_in(store)
        ready, _ = computable(own_kind, present)
        people = {day: subjects(store, kind=kind, as_of=day) for day in days}
        ids = {day: np.asarray(table["subject_id"].to_numpy(), dtype=np.int64) for day, table in people.items()}
        aggregates = aggregate(store, [i for i in ready if not stands_in(i, present)], ids)
        for day in days:
            since = in_service_since(store, kind=kind, as_of=day, ids=ids[day])
            view = Visibility(kind, day, people[day], since, sources)
            own = completed(aggregates[day], store, ready, as_of=day, ids=ids[day], since=since, sources=sources)
            ready_then, _ = computable(own_kind, present_in(store, day))
            tables[day, kind] = feature_table(ready_then, view, own)
    return {(day, kind): tables[day, kind] for day in days for kind in kinds}


def completed(
    aggregates: AggregatesOfDay,
    store: Store,
    indicators: Sequence[Indicator],
    *,
    as_of: date,
    ids: Ids,
    since: Integers,
    sources: Sources,
) -> AggregatesOfDay:
    """Return a day's aggregates of indicators of one kind with those that no scan of whole windows gives.

    These are counts over fewer days, where records do not reach back, and days of service, where there are no postings.
    """
    present = present_in(store)
    fewer = over_covered_days(indicators, as_of=as_of, sources=sources)
    scanned = aggregate(store, [i for i in fewer if not stands_in(i, present)], {as_of: ids})[as_of]
    by_service = [i for i in (*indicators, *fewer) if stands_in(i, present)]
    own = {**aggregates, **scanned, **service_days(by_service, as_of, since)}
    officers = any(i.subject == "officer" for i in indicators)
    return own | (days_of_unposted(own, as_of, since) if officers else {})
