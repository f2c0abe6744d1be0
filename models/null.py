"""The spread of ordinary peers: a gamma-Poisson null fitted so that the unusual few do not hide themselves.

Peers differ: each has a rate of their own, gamma-distributed around the group's, and their counts given exposure are
Poisson. The count is then negative binomial. Fitting it by plain maximum likelihood on everybody lets the very people
sought widen the null; here the likelihood is truncated: counts above the fitted 95% point are dropped, the rest is
conditioned on lying at or below it, and the two steps repeat to a fixed point.

Sources: the gamma-Poisson mixture is Greenwood and Yule (1920), JRSS 83:255, eq. for the negative binomial; fitting a
null on the central part only is Efron (2004), JASA 99:96, here by truncated likelihood.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import betainc, gammaln
from scipy.stats import nbinom

Floats = npt.NDArray[np.float64]

CUT: Final = 0.95
"""The share of ordinary peers kept by the truncation."""

FEWEST_PEERS: Final = 30
"""A null is not fitted to fewer subjects than this: there is not enough evidence."""

SMALLEST: Final = 1e-300
"""A tail chance is never given as smaller than this: below it, floating numbers run out before certainty does."""

_BOUNDS: Final = ((-18.0, 12.0), (-4.0, 8.0))
_ROUNDS: Final = 20

_SETTLED: Final = 0.005
"""The truncation has reached its fixed point when rate and shape move by less than half a percent."""


_CORNERS: Final = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])


@dataclass(frozen=True)
class GammaPoisson:
    """A fitted null: the group's rate per unit of exposure, and the shape of the gamma that peers' rates follow.

    A small shape means peers differ widely. `converged` says whether truncation reached its fixed point; `peers` how
    many subjects it was fitted to.
    """

    rate: float
    shape: float
    peers: int
    converged: bool

    def expected(self, exposure: Floats) -> Floats:
        """Return the expected counts for these exposures."""
        return self.rate * exposure

    def upper_tail(self, counts: Floats, exposure: Floats) -> Floats:
        """Return the chance that a peer with this exposure has at least this count.

        Super-uniform under the null: counts are discrete, so the chance of a value at or under u is at most u.
        """
        if self.rate == 0.0:
            return np.where(counts > 0, SMALLEST, 1.0)
        tail = nbinom.sf(counts - 1, self.shape, self._success(exposure))
        return np.maximum(np.asarray(tail, dtype=np.float64), SMALLEST)

    def interval(self, exposure: Floats, *, level: float = 0.95) -> tuple[Floats, Floats]:
        """Return the central range that holds at least this share of peers with these exposures."""
        if self.rate == 0.0:
            return np.zeros_like(exposure), np.zeros_like(exposure)
        tail, success = (1 - level) / 2, self._success(exposure)
        low, high = nbinom.ppf(tail, self.shape, success), nbinom.ppf(1 - tail, self.shape, success)
        return np.asarray(low, dtype=np.float64), np.asarray(high, dtype=np.float64)

    def _success(self, exposure: Floats) -> Floats:
        return self.shape / (self.shape + self.rate * exposure)


def fit(counts: Floats, exposure: Floats, *, cut: float = CUT) -> GammaPoisson | None:
    """Fit the gamma-Poisson null to one peer group by truncated likelihood.

    Takes whole counts and positive exposures, one each per peer. Returns None when there are fewer than `FEWEST_PEERS`
    peers. A group without any event gets rate 0.
    """
    n = len(counts)
    if n < FEWEST_PEERS:
        return None
    if counts.sum() == 0:
        return GammaPoisson(0.0, 1.0, n, converged=True)
    point = _maximise(counts, exposure, None, _start(counts, exposure), step=0.5)
    for _ in range(_ROUNDS):
        fitted = GammaPoisson(float(np.exp(point[0])), float(np.exp(point[1])), n, converged=True)
        limits = np.asarray(nbinom.ppf(cut, fitted.shape, fitted._success(exposure)), dtype=np.float64)
        keep = counts <= limits
        if counts[keep].sum() == 0:
            break
        before, point = point, _maximise(counts[keep], exposure[keep], limits[keep], point, step=0.05)
        if np.max(np.abs(point - before)) < _SETTLED:
            return GammaPoisson(float(np.exp(point[0])), float(np.exp(point[1])), n, converged=True)
    return GammaPoisson(fitted.rate, fitted.shape, n, converged=False)


def _start(counts: Floats, exposure: Floats) -> Floats:
    return np.array([np.log(counts.sum() / exposure.sum()), np.log(2.0)])


def _maximise(counts: Floats, exposure: Floats, limits: Floats | None, start: Floats, *, step: float) -> Floats:
    """Return the log rate and log shape at which the (truncated) negative binomial likelihood is largest."""
    total, log_exposure = counts.sum(), float(np.sum(counts * np.log(exposure)))

    def loss(point: Floats) -> float:
        log_rate, log_shape = point
        shape = np.exp(log_shape)
        whole = shape + np.exp(log_rate) * exposure
        log_likelihood = (
            np.sum(gammaln(counts + shape) - (counts + shape) * np.log(whole))
            + len(counts) * (shape * log_shape - gammaln(shape))
            + total * log_rate
            + log_exposure
        )
        if limits is not None:
            # The distribution function of the negative binomial, as a regularised incomplete beta function.
            log_likelihood -= np.sum(np.log(betainc(shape, limits + 1.0, shape / whole)))
        return -float(log_likelihood)

    found = minimize(
        loss,
        start,
        method="Nelder-Mead",
        bounds=_BOUNDS,
        options={"xatol": 1e-4, "fatol": 1e-6, "initial_simplex": start + step * _CORNERS},
    )
    return np.asarray(found.x, dtype=np.float64)
