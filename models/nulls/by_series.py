"""Detectors that look at one indicator after the other, each against a null of its own, and combine what they find."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from data.arrays import Floats, Positions
from models.detector import Contribution, Contributions, Detector, Fitted, Listed, Panel, Scores, Series, nothing_said
from models.nulls import beta_binomial
from models.nulls import gamma_poisson as null
from models.nulls.gamma_poisson import FEWEST_PEERS, PeerNull
from models.nulls.score_nulls import TailNull, fit_tail
from models.nulls.small_groups import NOTHING, Finer, fit_factors, fit_log_odds
from models.selection.fdr import combine


@dataclass(frozen=True)
class Judged:
    """One series judged: each subject's p-value, NaN where nothing can be said, and how to explain one."""

    p_value: Floats
    explain: Callable[[int], Contribution]


class SeriesNull(Protocol):
    """What peers without concern are taken to show of one indicator over one window."""

    def judge(self, panel: Panel, series: Series) -> Judged:
        """Judge the subjects of a panel by it; they need not be those it was fitted to."""
        ...


class BySeries(Detector):
    """A detector that fits a null to each series it reads; a subject's p-value is the smallest, by Bonferroni."""

    monotone = True

    @abstractmethod
    def fit_series(self, panel: Panel, series: Series) -> SeriesNull | None:
        """Return the null of one series; None where there is not enough to fit it to."""

    def holds(self, panel: Panel) -> bool:
        """Say whether small p-values are held to how often they occur: where tails are heavier than the null's."""
        return False

    def fit(self, panel: Panel, *, seed: int) -> Fitted:
        """Fit a null to each series that the detector reads."""
        readable = [s for s in panel.series if self.reads(s.indicator)]
        fitted = {s.key: (s, self.fit_series(panel, s)) for s in readable}
        nulls = {
            key: checked(found, panel, s) if self.holds(panel) else found
            for key, (s, found) in fitted.items()
            if found is not None
        }
        return FittedBySeries(self.assumption, nulls)


@dataclass(frozen=True)
class Checked:
    """A null whose small p-values are held to how often they occur among everybody judged.

    A null of a named form fits most people and may still leave too many of them in its far tail. The p-values are
    therefore taken as scores in powers of ten, whose upper part without its very end tells how fast small p-values
    really fall off; a p-value is never smaller than that tail allows. Where the form is right this changes next to
    nothing; where nearly all p-values are equal there is nothing to hold them to.
    """

    null: SeriesNull
    tail: TailNull

    def judge(self, panel: Panel, series: Series) -> Judged:
        """Judge by the null, and raise what it finds smaller than the tail of everybody's p-values allows."""
        judged = self.null.judge(panel, series)
        said = ~np.isnan(judged.p_value)
        p_value = np.where(said, np.maximum(judged.p_value, self.tail.p_values(_powers(judged.p_value))), np.nan)

        def explain(at: int) -> Contribution:
            return replace(judged.explain(at), p_value=float(p_value[at]))

        return Judged(p_value, explain)


def checked(null: SeriesNull, panel: Panel, series: Series) -> SeriesNull:
    """Return a null held to the p-values it gives those it was fitted to; itself where these tell nothing."""
    p_value = null.judge(panel, series).p_value
    tail = fit_tail(np.sort(_powers(p_value[~np.isnan(p_value)])))
    return null if tail is None else Checked(null, tail)


def _powers(p_value: Floats) -> Floats:
    return -np.log10(np.nan_to_num(p_value, nan=1.0))


@dataclass(frozen=True)
class FittedBySeries:
    """Nulls by indicator and window."""

    assumption: str
    nulls: Mapping[tuple[str, int], SeriesNull]

    def score(self, panel: Panel) -> Scores:
        """Score by the smallest combined p-value, in powers of ten; 0 where there is not enough evidence."""
        judged = [self.nulls[s.key].judge(panel, s) for s in panel.series if s.key in self.nulls]
        if not judged:
            return nothing_said(len(panel.ids), self.assumption)
        p_values = np.column_stack([j.p_value for j in judged])
        combined = combine(p_values)
        score = np.where(np.isnan(combined), 0.0, -np.log10(np.nan_to_num(combined, nan=1.0)))

        def explain(at: int, most: int) -> Contributions:
            said = np.flatnonzero(~np.isnan(p_values[at]))
            strongest = said[np.argsort(p_values[at][said], kind="stable")][:most]
            return tuple(judged[n].explain(at) for n in strongest.tolist())

        listed = Listed(len(panel.ids), explain)
        return Scores(score=score, p_value=combined, contributions=listed, assumption=self.assumption)


Opportunity = Callable[[Panel, Series], Floats]
"""Gives each subject's opportunity for a series; NaN or nothing where there was none."""


def own_exposure(panel: Panel, series: Series) -> Floats:
    """Return the exposure that the indicator names."""
    return series.cells.exposure


@dataclass(frozen=True)
class RateNull:
    """Counts given opportunity follow the gamma-Poisson spread of the subject's peer group."""

    names: tuple[str, ...]
    fitted: PeerNull
    opportunity: Opportunity = own_exposure
    finer: Finer = NOTHING

    def judge(self, panel: Panel, series: Series) -> Judged:
        """Judge by the upper tail; only where enough peers could be fitted to."""
        groups, fitted = panel.numbered(self.names), self.fitted
        exposure = self.opportunity(panel, series) * self.finer.factor(panel)
        told = np.flatnonzero(series.ok & (exposure > 0) & _enough(fitted.sizes, groups))
        expected = np.full(len(panel.ids), np.nan)
        expected[told] = fitted.expected(exposure[told], groups[told])
        p_value = np.full(len(panel.ids), np.nan)
        p_value[told] = null.upper_tail(series.cells.value[told], expected[told], fitted.shape)

        def explain(at: int) -> Contribution:
            low, high = null.interval(expected[[at]], fitted.shape)
            return replace(
                seen(series, at),
                expected=float(expected[at]),
                low=float(low[0]),
                high=float(high[0]),
                p_value=float(p_value[at]),
                peers=int(fitted.sizes[groups[at]]),
                shape=fitted.shape,
            )

        return Judged(p_value, explain)


def fit_rates(panel: Panel, series: Series, opportunity: Opportunity = own_exposure) -> RateNull | None:
    """Fit the gamma-Poisson null to a series; None where too few subjects can be compared."""
    exposure = opportunity(panel, series)
    usable = np.flatnonzero(series.ok & (exposure > 0))
    counts, groups = series.cells.value[usable], panel.group_of[usable]
    fitted, finer = null.fit(counts, exposure[usable], groups), NOTHING
    if fitted is not None and panel.finer and counts.any():
        expected = fitted.expected(exposure[usable], groups)
        capped = np.minimum(counts, null.limits(expected, fitted.shape, null.CUT))
        finer = fit_factors(panel, usable, capped, expected)
        fitted = null.fit(counts, (exposure * finer.factor(panel))[usable], groups)
    return None if fitted is None else RateNull(panel.group_names, fitted, opportunity, finer)


Offset = Callable[[Panel, Series], Floats]
"""Gives what to add to the log-odds of each subject's mean share; NaN where the subject cannot be judged."""


def no_offset(panel: Panel, series: Series) -> Floats:
    """Return nothing to add, for everybody."""
    return np.zeros(len(panel.ids))


Draws = Callable[[Panel, Series], tuple[Floats, Floats]]
"""Gives each subject's hits and trials for a series."""


def own_draws(panel: Panel, series: Series) -> tuple[Floats, Floats]:
    """Return the value as hits and the exposure as trials."""
    return series.cells.value, series.cells.exposure


@dataclass(frozen=True)
class ShareNullOf:
    """Hits out of trials follow the beta-binomial spread of the subject's peer group."""

    names: tuple[str, ...]
    fitted: beta_binomial.ShareNull
    draws: Draws = own_draws
    offset: Offset = no_offset
    finer: Finer = NOTHING
    fewest: int = FEWEST_PEERS

    def judge(self, panel: Panel, series: Series) -> Judged:
        """Judge by the upper tail; only where enough peers could be fitted to."""
        groups, fitted = panel.numbered(self.names), self.fitted
        hits, trials = self.draws(panel, series)
        offset = self.offset(panel, series) + self.finer.added(panel)
        told = np.flatnonzero(_usable(series, hits, trials, offset) & _enough(fitted.sizes, groups, self.fewest))
        mean = np.full(len(panel.ids), np.nan)
        mean[told] = fitted.mean(groups[told], offset[told])
        p_value = np.full(len(panel.ids), np.nan)
        p_value[told] = beta_binomial.upper_tail(hits[told], trials[told], mean[told], fitted.precision)

        def explain(at: int) -> Contribution:
            low, high = beta_binomial.interval(float(trials[at]), float(mean[at]), fitted.precision)
            return replace(
                seen(series, at),
                observed=float(hits[at]),
                exposure=float(trials[at]),
                expected=float(trials[at] * mean[at]),
                low=low,
                high=high,
                p_value=float(p_value[at]),
                peers=int(fitted.sizes[groups[at]]),
                precision=fitted.precision,
            )

        return Judged(p_value, explain)


def fit_shares(
    panel: Panel,
    series: Series,
    *,
    draws: Draws = own_draws,
    offset: Offset = no_offset,
    least: float | None = None,
) -> ShareNullOf | None:
    """Fit the beta-binomial null to a series; None where too few subjects can be compared."""
    (hits, trials), added = draws(panel, series), offset(panel, series)
    usable = np.flatnonzero(_usable(series, hits, trials, added))
    x, n, groups, finer = hits[usable], trials[usable], panel.group_of[usable], NOTHING
    fitted = beta_binomial.fit(x, n, groups, offset=added[usable], least=least)
    if fitted is not None and panel.finer and least is None:
        centre, weight = fitted.logits[groups] + added[usable], fitted.weight(n)
        capped = np.minimum(x, beta_binomial.limits(n, centre, fitted.precision, null.CUT))
        finer = fit_log_odds(panel, usable, capped * weight, n * weight, centre)
        fitted = beta_binomial.fit(x, n, groups, offset=(added + finer.added(panel))[usable])
    # Where the mean is known beforehand, a peer group does not have to tell it: the spread is everybody's.
    fewest = FEWEST_PEERS if least is None else 1
    return None if fitted is None else ShareNullOf(panel.group_names, fitted, draws, offset, finer, fewest)


def _usable(series: Series, hits: Floats, trials: Floats, offset: Floats) -> np.ndarray:
    # Hits are a part of trials: where records disagree (a report without its attendance), nothing is said.
    return series.ok & (trials > 0) & (hits <= trials) & np.isfinite(offset)


def _enough(sizes: Positions, groups: Positions, fewest: int = FEWEST_PEERS) -> np.ndarray:
    """Say whose peer group was there when the null was fitted, with enough members to compare with."""
    return (groups >= 0) & (np.append(sizes, 0)[np.minimum(groups, len(sizes))] >= fewest)


def seen(series: Series, at: int) -> Contribution:
    """Return what was observed of one subject, without any comparison."""
    exposure = float(series.cells.exposure[at])
    return Contribution(
        indicator=series.indicator.name,
        window_days=series.cells.window,
        observed=float(series.cells.value[at]),
        exposure=None if np.isnan(exposure) else exposure,
    )
