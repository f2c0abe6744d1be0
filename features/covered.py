"""Which values and exposures are counted over fewer days than their window, because records do not reach back so far.

A rate compares like with like only if what is counted and the opportunity for it come from the same days. Postings
reach back to the day somebody joined, complaints to the day their recording began. Divided by five years of service,
two years of complaints would make whoever joined in these two years stand out by two and a half times.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date

from features.gaps.sources import Sources
from features.indicator import Indicator


def covered_windows(
    indicator: Indicator, window: int, tables: Mapping[str, Sequence[str]], *, as_of: date, sources: Sources
) -> tuple[int, int]:
    """Return over how many days the value and the exposure of one window are counted.

    `tables` holds the tables that each indicator reads, by name. Both are the window itself where all records reach
    back, or where there is no exposure.

    Example:
        >>> from features.indicators import indicators
        >>> complaints = indicators()["complaints"]
        >>> begun = Sources(reach={(date(2026, 1, 1), "complaint"): date(2025, 1, 1)})
        >>> covered_windows(complaints, 1825, {"days_served": ["posting"]}, as_of=date(2026, 1, 1), sources=begun)
        (1825, 365)
    """
    if not isinstance(indicator.exposure, str):
        return window, window
    own, exposed = indicator.tables, tables.get(indicator.exposure, ())
    return sources.covered(as_of, window, own, exposed), sources.covered(as_of, window, exposed, own)


def days_covered(
    indicator: Indicator, window: int, tables: Mapping[str, Sequence[str]], *, as_of: date, sources: Sources
) -> int:
    """Return over how many days of a window records hold what is counted, and the opportunity for it."""
    exposed = tables.get(indicator.exposure, ()) if isinstance(indicator.exposure, str) else ()
    read = (*indicator.tables, *exposed)
    counted = covered_windows(indicator, window, tables, as_of=as_of, sources=sources)
    return min(*counted, sources.covered(as_of, window, (), read))


def covered_days(indicators: Sequence[Indicator], *, as_of: date, sources: Sources) -> dict[tuple[str, int], int]:
    """Return over how many days records hold what each indicator counts, in the windows where these are fewer.

    Example:
        >>> from features.indicators import indicators
        >>> chosen = [indicators()[name] for name in ("complaints", "days_served")]
        >>> begun = Sources(reach={(date(2026, 1, 1), "complaint"): date(2025, 1, 1)})
        >>> covered_days(chosen, as_of=date(2026, 1, 1), sources=begun)
        {('complaints', 1825): 365}
    """
    tables = {i.name: i.tables for i in indicators}
    days = {
        (i.name, window): days_covered(i, window, tables, as_of=as_of, sources=sources)
        for i in indicators
        for window in i.windows
    }
    return {(name, window): number for (name, window), number in days.items() if number < window}


def windows_covered(
    indicators: Sequence[Indicator], windows: Collection[int] | None = None, *, as_of: date, sources: Sources
) -> dict[tuple[str, int], tuple[int, int]]:
    """Return over how many days the value and the exposure of each indicator are counted, by name and window.

    The windows are those of each indicator, unless others are asked for. An exposure must be among the indicators for
    its records to be known.

    Example:
        >>> from features.indicators import indicators
        >>> chosen = [indicators()[name] for name in ("complaints", "days_served")]
        >>> begun = Sources(reach={(date(2026, 1, 1), "complaint"): date(2025, 1, 1)})
        >>> windows_covered(chosen, [1825], as_of=date(2026, 1, 1), sources=begun)
        {('complaints', 1825): (1825, 365), ('days_served', 1825): (1825, 1825)}
    """
    tables = {i.name: i.tables for i in indicators}
    return {
        (i.name, window): covered_windows(i, window, tables, as_of=as_of, sources=sources)
        for i in indicators
        for window in (i.windows if windows is None else windows)
    }


def over_covered_days(indicators: Sequence[Indicator], *, as_of: date, sources: Sources) -> list[Indicator]:
    """Return the indicators whose values are needed over covered days alone, with these numbers of days as windows."""
    by_name = {i.name: i for i in indicators}
    asked: dict[str, set[int]] = defaultdict(set)
    for (own, window), days in windows_covered(indicators, as_of=as_of, sources=sources).items():
        for name, number in zip((own, by_name[own].exposure), days, strict=True):
            if number < window and name in by_name:
                asked[str(name)].add(number)
    return [_over(by_name[name], tuple(sorted(windows))) for name, windows in sorted(asked.items())]


def _over(indicator: Indicator, windows: tuple[int, ...]) -> Indicator:
    return replace(indicator, windows=windows, parts=tuple(_over(part, windows) for part in indicator.parts))
