"""A null whose fit did not come to rest gives no p-value, so that nobody is flagged by it; scores still rank."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.detectors import detectors
from models.nulls import score_nulls, tail_null
from models.nulls.counts_together import fit_together
from models.nulls.gamma_poisson import fit_gamma_poissons
from models.nulls.mixed_binomial import Counts, MixedBinomialNull, middle_of
from models.nulls.score_nulls import EmpiricalNull, ScoreNullName, calibrate
from models.nulls.settled import is_settled
from models.nulls.tail_null import TailNull
from models.pattern import Pattern
from models.series_detector import FittedSeriesDetector
from tests.models.panels import a_panel


@pytest.mark.parametrize("method", ["tail", "empirical"])
def test_scores_whose_null_did_not_settle_have_no_p_value(
    method: ScoreNullName, monkeypatch: pytest.MonkeyPatch
) -> None:
    scores = np.random.default_rng(4).exponential(size=400)
    settled = calibrate(scores, method=method)
    for module in (score_nulls, tail_null):
        monkeypatch.setattr(module, "_ROUNDS", 1)
    restless = calibrate(scores, method=method)
    assert isinstance(restless.null, TailNull | EmpiricalNull)
    assert not restless.null.converged
    # The null by itself would call somebody far above the others next to impossible.
    assert restless.null.p_values(np.array([500.0]))[0] < 1e-5
    assert np.isnan(restless.p_value).all()
    assert not np.isnan(settled.p_value).any()


def test_a_tail_that_swings_for_ever_is_noticed() -> None:
    """Scores with many ties, on which the fit and who is left out of it go to and fro whatever the step."""
    rng = np.random.default_rng(4)
    scores = np.round(rng.exponential(size=400) * 2) + (rng.random(400) < 0.05) * rng.integers(3, 9, 400)
    assert np.isnan(calibrate(scores).p_value).all()


def test_a_pattern_whose_null_did_not_settle_ranks_and_has_no_p_value() -> None:
    detector = Pattern("sklearn.ensemble.IsolationForest", {"n_estimators": 20}).with_name("forest")
    panel = a_panel(detector)
    fitted = detector.fit(panel, seed=1)
    null = TailNull(start=0.0, share=0.3, scale=0.001, shape=0.0, converged=True)
    settled, restless = (replace(fitted, null=replace(null, converged=so)).score(panel) for so in (True, False))
    assert settled.p_value.min() < 1e-9
    assert np.isnan(restless.p_value).all()
    assert np.array_equal(restless.score, settled.score)
    assert not is_settled(restless.nulls[0].null)


def test_a_series_whose_null_did_not_settle_is_no_test() -> None:
    detector = detectors()["peer_rate"]
    panel = a_panel(detector)
    fitted = detector.fit(panel, seed=1)
    assert isinstance(fitted, FittedSeriesDetector)
    strongest = fitted.score(panel).contributions[len(panel.ids) - 1][0]
    restless = dict(fitted.nulls)
    null = restless[strongest.indicator, strongest.window_days]
    restless[strongest.indicator, strongest.window_days] = unsettled(null)
    after = replace(fitted, nulls=restless).score(panel)
    assert strongest.tests is not None
    assert after.contributions[len(panel.ids) - 1][0].tests == strongest.tests - 1
    named = {(c.indicator, c.window_days) for c in after.contributions[len(panel.ids) - 1]}
    assert (strongest.indicator, strongest.window_days) not in named
    # Where none settled there is no evidence about anybody, and what was fitted is still told.
    nobody = replace(fitted, nulls={key: unsettled(null) for key, null in fitted.nulls.items()}).score(panel)
    assert np.isnan(nobody.p_value).all()
    assert len(nobody.nulls) == len(fitted.nulls)


def unsettled(null: object) -> object:
    """The same null, the deepest one in it not at rest."""
    if hasattr(null, "converged"):
        return replace(null, converged=False)  # type: ignore[type-var]
    inner = "null" if hasattr(null, "null") else "fitted"
    return replace(null, **{inner: unsettled(getattr(null, inner))})  # type: ignore[type-var]


def test_turns_that_go_round_end_with_the_widest_and_have_settled_where_they_are_alike() -> None:
    """With so few events limits go to and fro for ever: the spread is then as wide as any turn found it."""
    counts = []
    for seed in range(140):
        rng = np.random.default_rng(seed)
        counts.append(rng.poisson(0.3 * rng.gamma(0.3, 1 / 0.3, 120)).astype(np.float64))
    nulls = fit_gamma_poissons(counts, [np.ones(120)] * 140, [np.zeros(120, dtype=np.intp)] * 140)
    restless = [at for at, null in enumerate(nulls) if null is not None and not null.converged]
    assert restless == [121, 132]


def test_rules_say_nothing_where_their_null_did_not_settle() -> None:
    counts = Counts(np.repeat([0.0, 1.0, 2.0, 15.0], [60, 25, 14, 1]), np.full(100, 20.0))
    (settled,) = fit_together([counts])
    middle = middle_of(counts)
    assert settled is not None
    assert middle is not None
    assert settled.p_value[-1] < 0.01
    (restless,) = fit_together([counts], middles=[replace(middle, converged=False)])
    assert restless is not None
    assert np.isnan(restless.p_value).all()


def test_what_is_read_back_of_a_null_knows_whether_it_settled() -> None:
    written = {"levels": [[-3.0]], "weight": [[1.0]], "group_levels": [], "converged": False}
    assert not is_settled(MixedBinomialNull.of(written))
    del written["converged"]  # as runs before wrote it
    assert is_settled(MixedBinomialNull.of(written))
