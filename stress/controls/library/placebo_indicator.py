"""Placebo indicators: every count is drawn from the null fitted to it, and so has nothing to do with anybody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from data.vocabulary import Concern
from features.table import Cells, FeatureTable
from models.nulls.series_nulls import fit_proportions, fit_rates
from models.nulls.truncated import FEWEST_PEERS
from models.panel import Panel, Series
from pipeline.compare import Comparison
from pipeline.settings import Settings
from stress.controls.altered_values import compare_altered, whole_panel
from stress.controls.control import Control, ControlInput, Reading

SMALL = (0.01, 0.001)
"""The levels at which small p-values are counted."""

LEEWAY = 1.1
"""How many times the level is let pass: the null is fitted anew to each draw, and not known."""

ANY = "draws with any flag"


def read(inputs: ControlInput) -> list[Reading]:
    """Draw placebos, run the detectors on them, and count small p-values and draws with any flag."""
    rng = inputs.generator("placebo_indicator")
    readings: list[Reading] = []
    for _ in range(inputs.draws):
        for table in inputs.tables.values():
            for comparison in compare_altered(placebo_table(table, inputs.settings, rng), inputs.settings):
                readings += _readings(comparison, inputs.settings.levels)
        inputs.progress(1)
    return readings


def placebo_table(table: FeatureTable, settings: Settings, rng: np.random.Generator) -> FeatureTable:
    """Return a table in which each count with an exposure is drawn from the null fitted to it; others are left out."""
    panel = whole_panel(table, settings)
    cells_drawn = {s.key: cells for s in panel.series if (cells := _placebo_cells(panel, s, rng)) is not None}
    return replace(table, cells=cells_drawn)


def _placebo_cells(panel: Panel, series: Series, rng: np.random.Generator) -> Cells | None:
    cells, groups = series.cells, panel.group_of
    observed = series.ok & (cells.exposure > 0)
    at = np.flatnonzero(observed)
    if not isinstance(series.indicator.exposure, str) or len(at) < FEWEST_PEERS:
        return None
    if series.indicator.proportion:
        least = 0.5 if series.indicator.read_by == "scene" else None
        shares = fit_proportions(panel, series, least=least)
        if shares is None:
            return None
        mean, precision = shares.fitted.mean(groups[at]), shares.fitted.precision
        share = rng.beta(mean * precision, (1 - mean) * precision)
        value = rng.binomial(np.rint(cells.exposure[at]).astype(np.int64), share)
    else:
        rates = fit_rates(panel, series)
        if rates is None:
            return None
        expected, shape = rates.fitted.expected(cells.exposure[at], groups[at]), rates.fitted.shape
        # A gamma-Poisson count is a Poisson count whose own rate is gamma with mean 1.
        value = rng.poisson(rng.gamma(shape, expected / shape))
    return _with_values(cells, at, value.astype(np.float64))


def _with_values(cells: Cells, at: npt.NDArray[np.intp], value: npt.NDArray[np.float64]) -> Cells:
    values = cells.value.copy()
    values[at] = value
    return replace(cells, value=values)


def _readings(comparison: Comparison, levels: Mapping[Concern, float]) -> list[Reading]:
    panel = comparison.panel
    readings = []
    if panel.concern in levels:
        any_flag, allowed = float(comparison.selection.chosen.any()), levels[panel.concern]
        readings.append(_reading(ANY, panel, any_flag, 1.0, allowed))
    for result in comparison.scores:
        p = result.scores.p_value[~np.isnan(result.scores.p_value)]
        for level in SMALL:
            what = f"p-values of {result.detector.name} at or under {level:g}"
            readings.append(_reading(what, panel, float((p <= level).sum()), float(len(p)), LEEWAY * level * len(p)))
    return readings


def _reading(what: str, panel: Panel, count: float, n: float, allowed: float) -> Reading:
    return Reading(what=what, subject_kind=panel.kind, concern=panel.concern, count=count, n=n, allowed=allowed)


CONTROL = Control(
    question="What do the detectors make of placebos: counts drawn from the null fitted to the real ones, with the real"
    " exposures and peer groups?",
    requirement="p-values at or under 0.01 and 0.001 are no more than a tenth over that share of all, for each"
    " detector, and the share of draws with any flag stays within the stated false discovery rate",
    detects="a fit, a combination or a selection that makes p-values too small even where the null is true by"
    " construction",
    blind_to="a null that does not fit real people, which null worlds see; indicators without an exposure, of which no"
    " placebo can be drawn",
    read=read,
    unavailable=lambda inputs: None if inputs.tables else "the records give no value of any indicator",
    steps=lambda inputs: inputs.draws,
)
