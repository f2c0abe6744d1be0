"""Change within a person: season and level cancel, and a past that lay elsewhere is no past."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from data.arrays import Floats
from models.detectors import detectors
from models.detectors.change import RECENT
from models.panel import Panel
from tests.models.panels import a_panel

CHANGE = detectors()["change"]
N = 600


def view(*, recent: float = 1.0, level: float = 1.0, who: slice = slice(0, 0)) -> Panel:
    """A panel of steady people; the recent values of some are multiplied, or their level over the whole time."""
    plain = a_panel(CHANGE, n=N, outstanding=False)
    before = {s.indicator.name: s.cells.value for s in plain.series if s.cells.window == RECENT}
    series = []
    for one in plain.series:
        value, recently = one.cells.value.copy(), before[one.indicator.name]
        value[who] = np.floor((value[who] + (recent - 1.0) * recently[who]) * level)
        series.append(replace(one, cells=replace(one.cells, value=value)))
    return replace(plain, series=tuple(series))


def p_values(panel: Panel) -> Floats:
    return CHANGE.score(panel, seed=1).p_value


def test_what_grew_lately_is_found_and_what_was_always_high_is_not() -> None:
    few = slice(0, 12)
    grown, high = p_values(view(recent=6.0, who=few)), p_values(view(level=6.0, who=few))
    assert np.median(grown[few]) < 0.001
    assert np.median(high[few]) > 0.05


def test_a_season_that_everybody_shares_is_no_change() -> None:
    """Everybody has three times as much in the last days: peers show the same."""
    p_value = p_values(view(recent=3.0, who=slice(0, N)))
    assert np.mean(p_value <= 0.05) <= 0.05 + 3 * np.sqrt(0.05 / N)


def test_whoever_changed_posting_within_the_window_is_not_compared() -> None:
    panel = view(recent=6.0, who=slice(0, 2))
    days = np.full(N, 2000.0)
    days[0] = 100.0
    p_value = p_values(replace(panel, days_posted=days))
    assert np.isnan(p_value[0])
    assert p_value[1] < 0.01


def test_whoever_was_there_for_a_part_of_the_window_is_not_compared() -> None:
    panel = view(recent=6.0, who=slice(0, 2))
    series = []
    for one in panel.series:
        partial = np.zeros(N, dtype=np.bool_)
        partial[0] = one.cells.window > RECENT
        series.append(replace(one, cells=replace(one.cells, partial=partial)))
    p_value = p_values(replace(panel, series=tuple(series)))
    assert np.isnan(p_value[0])
    assert not np.isnan(p_value[1])


def test_nothing_over_the_whole_time_is_not_enough_evidence() -> None:
    p_value = p_values(view(level=0.0, who=slice(0, 3)))
    assert np.isnan(p_value[:3]).all()
