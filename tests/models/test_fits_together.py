"""Nulls fitted together are those fitted alone, to the bit, and no simplex search finds a better optimum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from scipy.optimize import minimize

from data.arrays import Floats, Positions
from models.nulls import (
    beta_binomial,
    beta_binomial_likelihood,
    gamma_poisson,
    gamma_poisson_likelihood,
    stacks,
    truncated,
)
from models.nulls.beta_binomial import fit_beta_binomials
from models.nulls.gamma_poisson import fit_gamma_poissons
from models.nulls.newton import Curvature, Loss, minimise
from models.nulls.stacks import Samples, Stack, distinct, stack
from models.nulls.truncated import ORDINARY_SPREAD, SpreadPrior


@dataclass(frozen=True)
class Many:
    """Samples of different sizes, each with groups of its own."""

    counts: list[Floats]
    opportunity: list[Floats]
    groups: list[Positions]

    def pick(self, at: list[int]) -> Many:
        return Many(*([of[n] for n in at] for of in (self.counts, self.opportunity, self.groups)))


def _groups(rng: np.random.Generator, n: int) -> Positions:
    return np.r_[np.arange(5), rng.integers(0, 5, n - 5)].astype(np.intp)


@pytest.fixture(scope="module")
def counted() -> Many:
    """Counts per day, from hardly any to many, with two in a hundred whose rate is three to six times their peers'."""
    rng, many = np.random.default_rng(11), Many([], [], [])
    for rate in (0.02, 0.1, 0.5, 2.0, 8.0, 40.0):
        for shape in (0.4, 1.2, 5.0):
            n = int(rng.integers(60, 700))
            days, own = rng.uniform(0.2, 2.0, n), rng.gamma(shape, 1 / shape, n)
            own *= np.where(rng.random(n) < 0.02, rng.uniform(3, 6, n), 1.0)
            many.counts.append(rng.poisson(rate * own * days).astype(np.float64))
            many.opportunity.append(days)
            many.groups.append(_groups(rng, n))
    return many


@pytest.fixture(scope="module")
def shares() -> Many:
    """Hits out of trials, from rare to half of all."""
    rng, many = np.random.default_rng(12), Many([], [], [])
    for share in (0.01, 0.05, 0.2, 0.5):
        for shape in (0.4, 1.2, 5.0):
            n = int(rng.integers(60, 700))
            trials, precision = rng.integers(1, 200, n), shape / (share * (1 - share))
            own = rng.beta(precision * share, precision * (1 - share), n)
            own = np.minimum(own * np.where(rng.random(n) < 0.02, rng.uniform(3, 6, n), 1.0), 0.95)
            many.counts.append(rng.binomial(trials, own).astype(np.float64))
            many.opportunity.append(trials.astype(np.float64))
            many.groups.append(_groups(rng, n))
    return many


def bits_of_rates(many: Many) -> list[bytes | None]:
    nulls = fit_gamma_poissons(many.counts, many.opportunity, many.groups)
    return [None if null is None else null.rates.tobytes() + np.float64(null.shape).tobytes() for null in nulls]


def bits_of_shares(many: Many) -> list[bytes | None]:
    nulls = fit_beta_binomials(many.counts, many.opportunity, many.groups)
    return [None if null is None else null.logits.tobytes() + np.float64(null.precision).tobytes() for null in nulls]


@pytest.mark.parametrize(("samples", "bits"), [("counted", bits_of_rates), ("shares", bits_of_shares)])
def test_a_fit_has_the_same_bits_alone_in_any_company_and_in_any_order(
    samples: str, bits: object, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert callable(bits)
    many: Many = request.getfixturevalue(samples)
    together = bits(many)
    assert None not in together
    everyone = list(range(len(many.counts)))
    assert [bits(many.pick([n]))[0] for n in everyone] == together
    assert bits(many.pick(everyone[::-1]))[::-1] == together
    assert bits(many.pick(everyone[::3])) == together[::3]
    monkeypatch.setattr(stacks, "MOST_STACKED", 900)
    assert bits(many) == together


def _loss_of_counts(many: Many, *, truncated: bool) -> tuple[Loss, int]:
    samples = stack(many.counts, many.opportunity, many.groups, offsets=[np.log(o) for o in many.opportunity])
    family = gamma_poisson.GammaPoissonFamily(ORDINARY_SPREAD)
    centre, limits = _state(family, samples, np.zeros(samples.n), truncated=truncated)
    kept = np.ones(len(samples.counts), dtype=np.bool_) if limits is None else samples.counts <= limits
    bins = gamma_poisson_likelihood.counted(samples, centre, kept, limits)
    return gamma_poisson_likelihood.minus_log_posterior(bins, ORDINARY_SPREAD), samples.n


def _loss_of_shares(many: Many, *, truncated: bool) -> tuple[Loss, int]:
    samples = stack(many.counts, many.opportunity, many.groups, offsets=[None] * len(many.counts))
    family, expected = beta_binomial.BetaBinomialFamily(ORDINARY_SPREAD), np.full(samples.n, np.log(8.0))
    centre, limits = _state(family, samples, expected, truncated=truncated)
    kept = np.ones(len(samples.counts), dtype=np.bool_) if limits is None else samples.counts <= limits
    gathered = beta_binomial_likelihood.gather(samples, centre, kept, limits)
    return beta_binomial_likelihood.minus_log_posterior(gathered, expected, ORDINARY_SPREAD), samples.n


def _state(
    family: gamma_poisson.GammaPoissonFamily | beta_binomial.BetaBinomialFamily,
    samples: Samples,
    spread: Floats,
    *,
    truncated: bool,
) -> tuple[Floats, Floats | None]:
    centre = family.levels(samples, samples.counts, spread)[samples.group] + samples.offset
    return centre, family.limits(samples, centre, spread, 0.95) if truncated else None


LOSSES = [("counted", _loss_of_counts), ("shares", _loss_of_shares)]


def test_where_next_to_nothing_is_expected_nobody_lies_beyond_the_limit(counted: Many) -> None:
    loss, n = _loss_of_counts(counted, truncated=True)
    point = np.column_stack([np.full(n, -60.0), np.full(n, 1.0)])  # e to the minus 60 of what is ordinary
    curve = loss(point, np.arange(n))
    for values in (curve.value, curve.slope, curve.bend):
        assert np.isfinite(values).all()


@pytest.mark.parametrize("truncated", [False, True])
@pytest.mark.parametrize(("name", "loss_of"), LOSSES)
def test_slopes_and_bends_are_those_of_the_loss(
    name: str, loss_of: object, truncated: bool, request: pytest.FixtureRequest
) -> None:
    assert callable(loss_of)
    loss, n = loss_of(request.getfixturevalue(name), truncated=truncated)
    at, rng = np.arange(n), np.random.default_rng(1)
    point = np.column_stack([rng.normal(0, 0.2, n), rng.normal(1.0, 0.6, n)])
    curve: Curvature = loss(point, at)
    for parameter in (0, 1):
        step = np.zeros(2)
        step[parameter] = 1e-5
        above, below = loss(point + step, at), loss(point - step, at)
        scale = np.abs(curve.slope).max() + 1.0
        np.testing.assert_allclose((above.value - below.value) / 2e-5, curve.slope[:, parameter], atol=1e-6 * scale)
        bend = curve.bend[:, [parameter, parameter + 1]]
        scale = np.abs(curve.bend).max() + 1.0
        np.testing.assert_allclose((above.slope - below.slope) / 2e-5, bend, atol=1e-5 * scale)


@pytest.mark.parametrize("truncated", [False, True])
@pytest.mark.parametrize(("name", "loss_of"), LOSSES)
def test_no_simplex_search_finds_a_better_optimum(
    name: str, loss_of: object, truncated: bool, request: pytest.FixtureRequest
) -> None:
    assert callable(loss_of)
    loss, n = loss_of(request.getfixturevalue(name), truncated=truncated)
    low, high = np.tile([-3.0, -2.0], (n, 1)), np.tile([3.0, 7.0], (n, 1))
    best = minimise(loss, np.tile([0.0, 1.0], (n, 1)), low, high)
    for at in range(n):
        one = np.array([at])

        def own(point: Floats, one: Positions = one) -> float:
            return float(loss(point[None, :], one).value[0])

        simplex = minimize(
            own,
            np.array([0.0, 1.0]),
            method="Nelder-Mead",
            bounds=((-3.0, 3.0), (-2.0, 7.0)),
            options={"xatol": 1e-6, "fatol": 1e-9},
        )
        assert own(best[at]) <= simplex.fun + 1e-6


def test_a_prior_on_the_spread_decides_where_hits_are_rare_and_not_where_they_are_many() -> None:
    rng = np.random.default_rng(5)
    groups, trials = np.zeros(800, dtype=np.intp), np.full(800, 60.0)
    rare = (rng.random(800) < 0.015).astype(np.float64)
    many = rng.binomial(60, rng.beta(2, 8, 800)).astype(np.float64)
    wide, narrow = (
        fit_beta_binomials([rare, many], [trials] * 2, [groups] * 2, spread_prior=SpreadPrior(shape, 0.5))
        for shape in (0.5, 5.0)
    )
    assert wide[0] is not None
    assert wide[1] is not None
    assert narrow[0] is not None
    assert narrow[1] is not None
    assert narrow[0].precision > 4 * wide[0].precision
    assert narrow[1].precision == pytest.approx(wide[1].precision, rel=0.1)


def test_limits_that_come_back_end_the_turns_with_the_widest_fit_of_the_round(monkeypatch: pytest.MonkeyPatch) -> None:
    """With so few events limits can go to and fro for ever; all turns of a round are as good: the widest is taken."""
    rng = np.random.default_rng(21)
    counts = [rng.poisson(0.3 * rng.gamma(0.3, 1 / 0.3, 120)).astype(np.float64) for _ in range(40)]
    many = Many(counts, [rng.uniform(0.2, 2.0, 120) for _ in counts], [_groups(rng, 120) for _ in counts])
    ended: list[list[truncated.TruncatedFit]] = []
    widest = truncated._widest
    monkeypatch.setattr(truncated, "_widest", lambda fits: ended.append(list(fits)) or widest(fits))
    nulls = fit_gamma_poissons(many.counts, many.opportunity, many.groups)
    shapes = {null.shape for null in nulls if null is not None}
    assert 5 < len(ended) < len(nulls)
    for fits in ended:
        spreads = [fit.log_spread for fit in fits]
        assert len(fits) > 1
        assert float(np.exp(min(spreads))) in shapes
        assert widest(fits).converged == (np.ptp(spreads) <= truncated.NARROW)


def test_sums_are_taken_over_each_sample_in_its_own_order() -> None:
    rng = np.random.default_rng(2)
    parts = [rng.normal(size=n) * 10.0 ** rng.integers(-8, 8, n) for n in (1, 1000, 0, 17, 8, 129)]
    together = Stack(np.array([len(p) for p in parts])).sums(np.concatenate(parts))
    alone = [Stack(np.array([len(p)])).sums(p)[0] for p in parts]
    assert together.tobytes() == np.array(alone).tobytes()


def test_distinct_keys_too_large_to_be_combined_are_still_told_apart() -> None:
    keys = np.array([2**40, 0, 2**40, 5]), np.array([2**40, 1, 2**40, 2**39])
    gathered = distinct(Stack(np.array([2, 2])), *keys)
    assert gathered.stack.sizes.tolist() == [2, 2]
    assert gathered.keys[0].tolist() == [0, 2**40, 5, 2**40]
    assert gathered.totals(np.ones(4)).tolist() == [1.0, 1.0, 1.0, 1.0]
