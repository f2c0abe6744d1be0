"""The null of one series: what peers without concern show of one indicator over one window.

Two steps stand between a fitted distribution (`gamma_poisson`, `beta_binomial`) and a subject's p-value, and both are
here: which subjects can be compared at all, and by how much small groups' own levels shift what is expected of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Protocol, cast

import numpy as np

from data.arrays import Bools, Floats, Positions
from models.nulls import beta_binomial, gamma_poisson
from models.nulls.beta_binomial import BetaBinomialNull
from models.nulls.gamma_poisson import GammaPoissonNull
from models.nulls.small_groups import NO_ADJUSTMENT, SmallGroupAdjustment, fit_factors, fit_log_odds
from models.nulls.tail_null import TailNull, fit_tails
from models.nulls.truncated import CUT, FEWEST_PEERS
from models.panel import Panel, Series
from models.scores import Contribution


@dataclass(frozen=True)
class SeriesPValues:
    """Each subject's p-value for one series, NaN where there is not enough evidence, and how to explain one."""

    p_value: Floats
    explain: Callable[[int], Contribution]


class SeriesNull(Protocol):
    """What peers without concern are taken to show of one indicator over one window."""

    def test(self, panel: Panel, series: Series) -> SeriesPValues:
        """Test the subjects of a panel against it; they need not be those it was fitted to."""
        ...


@dataclass(frozen=True)
class TailCorrectedNull:
    """A null whose small p-values are corrected to the observed tail frequency.

    A null of a named form fits most people and may still leave too many of them in its far tail. The p-values are
    therefore taken as scores in powers of ten, whose upper part without its very end tells how fast small p-values
    really fall off; a p-value is never smaller than that tail allows. Where the form is right this changes next to
    nothing; where nearly all p-values are equal there is no tail to correct to.
    """

    null: SeriesNull
    tail: TailNull

    def test(self, panel: Panel, series: Series) -> SeriesPValues:
        """Test by the null, and raise each p-value that is smaller than the observed tail allows."""
        uncorrected = self.null.test(panel, series)
        tested = ~np.isnan(uncorrected.p_value)
        observed = self.tail.p_values(_powers_of_ten(uncorrected.p_value))
        p_value = np.where(tested, np.maximum(uncorrected.p_value, observed), np.nan)

        def explain(at: int) -> Contribution:
            return replace(uncorrected.explain(at), p_value=float(p_value[at]))

        return SeriesPValues(p_value, explain)


def correct_tails(
    nulls: Sequence[SeriesNull | None], panel: Panel, chosen: Sequence[Series]
) -> list[SeriesNull | None]:
    """Return each null corrected to the p-values it gives those it was fitted to; itself where these have no tail."""
    fitted = [(null, series) for null, series in zip(nulls, chosen, strict=True) if null is not None]
    p_values = [null.test(panel, series).p_value for null, series in fitted]
    tails = iter(fit_tails([np.sort(_powers_of_ten(p[~np.isnan(p)])) for p in p_values]))
    return [null if null is None else _corrected(null, next(tails)) for null in nulls]


def _corrected(null: SeriesNull, tail: TailNull | None) -> SeriesNull:
    return null if tail is None else TailCorrectedNull(null, tail)


def _powers_of_ten(p_value: Floats) -> Floats:
    return -np.log10(np.nan_to_num(p_value, nan=1.0))


@dataclass(frozen=True)
class ExpectedCounts:
    """Counts beside what peers lead one to expect, of those who can be tested: `at` are their positions, ascending."""

    at: Positions
    counts: Floats
    expected: Floats


@dataclass(frozen=True)
class ExpectedShares:
    """Hits out of trials beside the share that peers lead one to expect, of those at these positions, ascending."""

    at: Positions
    counts: Floats
    trials: Floats
    share: Floats


Opportunity = Callable[[Panel, Series], Floats]
"""Gives each subject's opportunity for a series; NaN or 0 where there was none."""


def own_exposure(panel: Panel, series: Series) -> Floats:
    """Return the exposure that the indicator names."""
    return series.cells.exposure


@dataclass(frozen=True)
class RateNull:
    """Counts given opportunity follow the gamma-Poisson spread of the subject's peer group."""

    names: tuple[str, ...]
    fitted: GammaPoissonNull
    opportunity: Opportunity = own_exposure
    small_groups: SmallGroupAdjustment = NO_ADJUSTMENT

    def expect(self, panel: Panel, series: Series) -> ExpectedCounts:
        """Return the expected counts of subjects with enough peers that the null was fitted to."""
        groups, fitted = panel.group_positions(self.names), self.fitted
        exposure = self.opportunity(panel, series) * self.small_groups.factor(panel)
        tested = np.flatnonzero(series.ok & (exposure > 0) & _enough_peers(fitted.sizes, groups))
        return ExpectedCounts(tested, series.cells.value[tested], fitted.expected(exposure[tested], groups[tested]))

    def test(self, panel: Panel, series: Series) -> SeriesPValues:
        """Test by the upper tail; only subjects with enough peers that the null was fitted to."""
        groups, fitted, one = panel.group_positions(self.names), self.fitted, self.expect(panel, series)
        tested, expected = one.at, np.full(len(panel.ids), np.nan)
        expected[tested] = one.expected
        p_value = np.full(len(panel.ids), np.nan)
        p_value[tested] = gamma_poisson.upper_tail(series.cells.value[tested], expected[tested], fitted.shape)

        def explain(at: int) -> Contribution:
            """Return what was observed of one subject, next to what its peers' rates lead one to expect."""
            low, high = gamma_poisson.interval(expected[[at]], fitted.shape)
            return replace(
                observe(series, at),
                expected=float(expected[at]),
                low=float(low[0]),
                high=float(high[0]),
                p_value=float(p_value[at]),
                peers=int(fitted.sizes[groups[at]]),
                shape=fitted.shape,
            )

        return SeriesPValues(p_value, explain)


def fit_rates(panel: Panel, series: Series, opportunity: Opportunity = own_exposure) -> RateNull | None:
    """Fit the gamma-Poisson null to one series; None where too few subjects can be compared."""
    return fit_all_rates(panel, [series], [opportunity])[0]


def fit_all_rates(
    panel: Panel, chosen: Sequence[Series], opportunities: Sequence[Opportunity] | None = None
) -> list[RateNull | None]:
    """Fit the gamma-Poisson null to several series of a panel together; None where too few can be compared."""
    given = [own_exposure] * len(chosen) if opportunities is None else list(opportunities)
    exposures = [opportunity(panel, series) for opportunity, series in zip(given, chosen, strict=True)]
    usable = [np.flatnonzero(s.ok & (e > 0)) for s, e in zip(chosen, exposures, strict=True)]
    counts = [s.cells.value[at] for s, at in zip(chosen, usable, strict=True)]
    groups = [panel.group_of[at] for at in usable]
    observed = [exposure[at] for exposure, at in zip(exposures, usable, strict=True)]
    fits = gamma_poisson.fit_gamma_poissons(counts, observed, groups)
    small_groups = [NO_ADJUSTMENT] * len(chosen)
    again = [n for n, fit in enumerate(fits) if fit is not None and panel.small_groups and counts[n].any()]
    for n in again:
        # A first fit says what is expected and where the 95% point lies; against these the small groups' levels are
        # estimated. The second fit is to exposures adjusted by them, or the spread would count the levels twice.
        first = cast(GammaPoissonNull, fits[n])
        expected = first.expected(observed[n], groups[n])
        capped = np.minimum(counts[n], gamma_poisson.limits(expected, first.shape, CUT))
        small_groups[n] = fit_factors(panel, usable[n], capped, expected)
        observed[n] = (exposures[n] * small_groups[n].factor(panel))[usable[n]]
    second = gamma_poisson.fit_gamma_poissons(
        [counts[n] for n in again], [observed[n] for n in again], [groups[n] for n in again]
    )
    for n, fit in zip(again, second, strict=True):
        fits[n] = fit
    nulls = zip(fits, given, small_groups, strict=True)
    return [f if f is None else RateNull(panel.group_names, f, opportunity, own) for f, opportunity, own in nulls]


Offset = Callable[[Panel, Series], Floats]
"""Gives what to add to the log-odds of each subject's mean share; NaN where the subject cannot be compared."""


def no_offset(panel: Panel, series: Series) -> Floats:
    """Return an offset of 0 for everybody."""
    return np.zeros(len(panel.ids))


Draws = Callable[[Panel, Series], tuple[Floats, Floats]]
"""Gives each subject's hits and trials for a series."""


def own_draws(panel: Panel, series: Series) -> tuple[Floats, Floats]:
    """Return the value as hits and the exposure as trials."""
    return series.cells.value, series.cells.exposure


@dataclass(frozen=True)
class ProportionNull:
    """Hits out of trials follow the beta-binomial spread of the subject's peer group."""

    names: tuple[str, ...]
    fitted: BetaBinomialNull
    draws: Draws = own_draws
    offset: Offset = no_offset
    small_groups: SmallGroupAdjustment = NO_ADJUSTMENT
    fewest: int = FEWEST_PEERS

    def expect(self, panel: Panel, series: Series) -> ExpectedShares:
        """Return the trials and mean shares of subjects with enough peers that the null was fitted to."""
        groups, fitted = panel.group_positions(self.names), self.fitted
        hits, trials = self.draws(panel, series)
        offset = self.offset(panel, series) + self.small_groups.added(panel)
        enough = _enough_peers(fitted.sizes, groups, self.fewest)
        tested = np.flatnonzero(_usable_draws(series, hits, trials, offset) & enough)
        mean = fitted.mean(groups[tested], offset[tested])
        return ExpectedShares(tested, hits[tested], trials[tested], mean)

    def test(self, panel: Panel, series: Series) -> SeriesPValues:
        """Test by the upper tail; only subjects with enough peers that the null was fitted to."""
        groups, fitted, one = panel.group_positions(self.names), self.fitted, self.expect(panel, series)
        p_value = np.full(len(panel.ids), np.nan)
        p_value[one.at] = beta_binomial.upper_tail(one.counts, one.trials, one.share, fitted.precision)

        def explain(at: int) -> Contribution:
            """Return what was observed of one subject, next to what its peers' shares lead one to expect."""
            n = int(np.searchsorted(one.at, at))
            low, high = beta_binomial.interval(float(one.trials[n]), float(one.share[n]), fitted.precision)
            return replace(
                observe(series, at),
                observed=float(one.counts[n]),
                exposure=float(one.trials[n]),
                expected=float(one.trials[n] * one.share[n]),
                low=low,
                high=high,
                p_value=float(p_value[at]),
                peers=int(fitted.sizes[groups[at]]),
                precision=fitted.precision,
            )

        return SeriesPValues(p_value, explain)


def fit_proportions(
    panel: Panel,
    series: Series,
    *,
    draws: Draws = own_draws,
    offset: Offset = no_offset,
    least: float | None = None,
) -> ProportionNull | None:
    """Fit the beta-binomial null to one series; None where too few subjects can be compared."""
    return fit_all_proportions(panel, [series], draws=draws, offset=offset, least=least)[0]


def fit_all_proportions(
    panel: Panel,
    chosen: Sequence[Series],
    *,
    draws: Draws = own_draws,
    offset: Offset = no_offset,
    least: float | None = None,
) -> list[ProportionNull | None]:
    """Fit the beta-binomial null to several series of a panel together; None where too few can be compared."""
    drawn, offsets = [draws(panel, s) for s in chosen], [offset(panel, s) for s in chosen]
    usable = [
        np.flatnonzero(_usable_draws(s, *both, added)) for s, both, added in zip(chosen, drawn, offsets, strict=True)
    ]
    hits, trials = ([both[n][at] for both, at in zip(drawn, usable, strict=True)] for n in (0, 1))
    groups = [panel.group_of[at] for at in usable]
    added = [of[at] for of, at in zip(offsets, usable, strict=True)]
    fits = beta_binomial.fit_beta_binomials(hits, trials, groups, offsets=added, least=least)
    small_groups = [NO_ADJUSTMENT] * len(chosen)
    again = [n for n, fit in enumerate(fits) if fit is not None and panel.small_groups and least is None]
    for n in again:
        # Two fits, for the same reason as in `fit_rates`; trials are weighted as they are for the groups' own means.
        first = cast(BetaBinomialNull, fits[n])
        centre, weight = first.logits[groups[n]] + added[n], first.weight(trials[n])
        capped = np.minimum(hits[n], beta_binomial.limits(trials[n], centre, first.precision, CUT))
        small_groups[n] = fit_log_odds(panel, usable[n], capped * weight, trials[n] * weight, centre)
        added[n] = (offsets[n] + small_groups[n].added(panel))[usable[n]]
    second = beta_binomial.fit_beta_binomials(
        [hits[n] for n in again],
        [trials[n] for n in again],
        [groups[n] for n in again],
        offsets=[added[n] for n in again],
    )
    for n, fit in zip(again, second, strict=True):
        fits[n] = fit
    # Where the mean is known beforehand, a peer group does not have to tell it: the spread is everybody's.
    fewest = FEWEST_PEERS if least is None else 1
    return [
        f if f is None else ProportionNull(panel.group_names, f, draws, offset, own, fewest)
        for f, own in zip(fits, small_groups, strict=True)
    ]


def _usable_draws(series: Series, hits: Floats, trials: Floats, offset: Floats) -> Bools:
    # Hits are a part of trials: where records disagree (a report without its attendance), there is no evidence.
    return np.asarray(series.ok & (trials > 0) & (hits <= trials) & np.isfinite(offset))


def _enough_peers(sizes: Positions, groups: Positions, fewest: int = FEWEST_PEERS) -> Bools:
    """Say whose peer group was there when the null was fitted, with enough members to compare with.

    A group of a panel that was not fitted to has the position -1; the 0 appended stands for its size.
    """
    return np.asarray((groups >= 0) & (np.append(sizes, 0)[np.minimum(groups, len(sizes))] >= fewest))


def observe(series: Series, at: int) -> Contribution:
    """Return what was observed of one subject, without any comparison."""
    exposure = float(series.cells.exposure[at])
    return Contribution(
        indicator=series.indicator.name,
        window_days=series.cells.window,
        observed=float(series.cells.value[at]),
        covered_days=series.cells.days,
        n_rows=int(series.cells.n_rows[at]) if series.indicator.independent else None,
        exposure=None if np.isnan(exposure) else exposure,
    )
