"""By how much a count would have had to be lower for a detector not to reach the cut, its peers being what they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from audit.flag.rerun import FlagRow, Rerun
from data.arrays import Floats
from models.detector import Detector
from models.nulls.series_nulls import SeriesNull
from models.panel import Panel, Series
from models.series_detector import FittedSeriesDetector, SeriesDetector
from pipeline.wording import days_in_words, number

_MOST = 10_000
"""So many lower counts are tried at most."""


def fewer_counts(rerun: Rerun, flag: FlagRow, detector: Detector, cut: float) -> list[str] | None:
    """Say of each count that reaches the cut alone how many fewer would not; None where a detector has no such counts.

    The detector learns anew from everybody what is usual, and is asked again about the subject with lower counts.
    """
    panel = rerun.panel(flag)
    fitted = rerun.fitted(detector, panel) if isinstance(detector, SeriesDetector) else None
    if not isinstance(fitted, FittedSeriesDetector):
        return None
    at = panel.ids.tolist().index(flag["subject_id"])
    alone = panel.take(np.array([at]))
    known = [(series, fitted.usable[series.key]) for series in alone.series if series.key in fitted.usable]
    p_values = [float(null.test(alone, series).p_value[0]) for series, null in known]
    # The detector's p-value is the smallest of m times m: each series has to reach the m-th part of the cut.
    own_cut = cut / max(1, int(np.sum(~np.isnan(p_values))))
    return [
        line
        for (series, null), p_value in zip(known, p_values, strict=True)
        if p_value <= own_cut
        for line in _fewer(alone, series, null, own_cut)
    ]


def _fewer(alone: Panel, series: Series, null: SeriesNull, cut: float) -> Iterator[str]:
    """Yield how many fewer would not reach the cut, unless not even none would do."""
    observed = int(series.cells.value[0])
    lower = np.arange(observed - 1, max(-1, observed - 1 - _MOST), -1, dtype=np.float64)
    if not len(lower):
        return
    clear = np.flatnonzero(_lowered(alone, series, null, lower) > cut)
    if len(clear):
        most = int(lower[clear[0]])
        days = days_in_words(series.cells.window, series.cells.days)
        yield (
            f"{series.indicator.name.replace('_', ' ')} over {days}: {observed - most} fewer (at"
            f" most {most} instead of {number(float(observed))}) would not reach the cut."
        )


def _lowered(alone: Panel, series: Series, null: SeriesNull, lower: Floats) -> Floats:
    """Return the chance of each lower count, as if there were one subject with each."""
    many = alone.take(np.zeros(len(lower), dtype=np.intp))
    own = next(s for s in many.series if s.key == series.key)
    changed = replace(own, cells=replace(own.cells, value=lower))
    return null.test(replace(many, series=tuple(changed if s is own else s for s in many.series)), changed).p_value
