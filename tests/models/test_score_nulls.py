"""Scores become p-values that keep their promise, also when the few who are sought stand among those fitted to."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from data.arrays import Floats
from data.errors import UsageError
from models.nulls.score_nulls import SCORE_NULLS, ScoreNullName, calibrate, calibrate_conformal
from models.nulls.truncated import FEWEST_PEERS
from models.selection.fdr import select_by_fdr

Draw = Callable[[np.random.Generator, int], Floats]

LIGHT_TO_HEAVY: dict[str, Draw] = {
    "normal": lambda rng, n: rng.normal(size=n),
    "chi-square": lambda rng, n: rng.chisquare(10, size=n),
    "exponential": lambda rng, n: rng.exponential(size=n),
    "logistic": lambda rng, n: rng.logistic(size=n),
    "log-normal": lambda rng, n: np.exp(0.5 * rng.normal(size=n)),
}


def world(seed: int, draw: Draw, *, n: int = 2000, unusual: float) -> tuple[Floats, Floats]:
    """Scores, and who is unusual: those lie one to two times as far out as one ordinary subject in a thousand."""
    rng = np.random.default_rng(seed)
    score = draw(rng, n)
    middle, far = np.quantile(draw(rng, 100_000), [0.5, 0.999])
    k = int(unusual * n)
    score[:k] += (far - middle) * rng.uniform(1, 2, k)
    return score, np.arange(n) < k


def false_share_and_power(draw: Draw, *, unusual: float, method: ScoreNullName, repeats: int = 30) -> tuple[float, ...]:
    """The mean share of false discoveries at q = 0.1 with its standard error, and the power."""
    false, calibrated = [], []
    for seed in range(repeats):
        score, marked = world(seed, draw, unusual=unusual)
        chosen = select_by_fdr(calibrate(score, method=method).p_value, q=0.1).chosen
        false.append(np.sum(chosen & ~marked) / max(chosen.sum(), 1))
        calibrated.append(chosen[marked].mean() if marked.any() else 0.0)
    return float(np.mean(false)), float(np.std(false, ddof=1) / np.sqrt(repeats)), float(np.mean(calibrated))


@pytest.mark.parametrize("draw", LIGHT_TO_HEAVY.values(), ids=LIGHT_TO_HEAVY)
@pytest.mark.parametrize("unusual", [0.02, 0.05])
def test_the_tail_null_keeps_the_false_discovery_rate_under_contamination(draw: Draw, unusual: float) -> None:
    false, error, _ = false_share_and_power(draw, unusual=unusual, method="tail")
    assert false <= 0.1 + 3 * error


def test_the_tail_null_finds_most_of_what_lies_far_out() -> None:
    """Where its assumption is met it costs little; with lighter tails it is cautious."""
    assert false_share_and_power(LIGHT_TO_HEAVY["exponential"], unusual=0.02, method="tail")[2] > 0.7
    assert false_share_and_power(LIGHT_TO_HEAVY["log-normal"], unusual=0.02, method="tail")[2] > 0.7
    assert 0.05 < false_share_and_power(LIGHT_TO_HEAVY["normal"], unusual=0.02, method="tail")[2] < 0.9


@pytest.mark.parametrize("unusual", [0.02, 0.05])
def test_the_empirical_null_holds_for_normal_scores_and_finds_nearly_all(unusual: float) -> None:
    false, error, power = false_share_and_power(LIGHT_TO_HEAVY["normal"], unusual=unusual, method="empirical")
    assert false <= 0.1 + 3 * error
    assert power > 0.85


def test_the_empirical_null_breaks_where_the_tail_is_not_normal() -> None:
    """What its assumption says: with a logistic score it selects far too many."""
    false, error, _ = false_share_and_power(LIGHT_TO_HEAVY["logistic"], unusual=0.02, method="empirical")
    assert false > 0.1 + 3 * error


def test_ranks_among_everybody_never_lead_to_a_selection() -> None:
    _, _, power = false_share_and_power(LIGHT_TO_HEAVY["normal"], unusual=0.05, method="rank", repeats=5)
    assert power == 0.0


def test_a_contaminated_reference_finds_nothing_and_a_trimmed_one_breaks_the_guarantee() -> None:
    """The naive conformal recipe: calibrate on a part of the force, which holds the few who are sought as well."""
    calibrated: dict[str, list[float]] = {"contaminated": [], "trimmed": [], "clean": []}
    power = {name: [] for name in calibrated}
    for seed in range(40):
        score, marked = world(seed, LIGHT_TO_HEAVY["normal"], n=4000, unusual=0.02)
        part = np.random.default_rng([seed, 1]).permutation(len(score))
        mine, theirs = part[:2000], part[2000:]
        references = {
            "contaminated": score[theirs],
            "trimmed": np.sort(score[theirs])[: int(0.95 * len(theirs))],
            "clean": score[theirs][~marked[theirs]],
        }
        for name, reference in references.items():
            chosen = select_by_fdr(
                calibrate_conformal(score[mine], reference=reference, reason=name).p_value, q=0.1
            ).chosen
            calibrated[name].append(np.sum(chosen & ~marked[mine]) / max(chosen.sum(), 1))
            power[name].append(chosen[marked[mine]].mean())
    error = {name: np.std(shares, ddof=1) / np.sqrt(len(shares)) for name, shares in calibrated.items()}
    assert np.mean(power["contaminated"]) < 0.05
    assert np.mean(calibrated["trimmed"]) > 0.3 + 3 * error["trimmed"]
    assert np.mean(calibrated["clean"]) <= 0.1 + 3 * error["clean"]
    assert np.mean(power["clean"]) > 0.8


@pytest.mark.parametrize("draw", LIGHT_TO_HEAVY.values(), ids=LIGHT_TO_HEAVY)
def test_small_p_values_of_ordinary_subjects_are_not_too_many(draw: Draw) -> None:
    """At one in a thousand, over clean forces, beyond the error of the simulation and a quarter for the fit."""
    shares = [np.mean(calibrate(draw(np.random.default_rng(s), 4000)).p_value <= 0.001) for s in range(40)]
    error = np.std(shares, ddof=1) / np.sqrt(len(shares))
    assert np.mean(shares) <= 0.00125 + 3 * error


def test_groups_are_set_against_themselves() -> None:
    """A group with a higher and wider score is not unusual for that, and its own outstanding member is."""
    rng = np.random.default_rng(7)
    groups = np.repeat([0, 1], [1000, 200]).astype(np.intp)
    score = rng.exponential(size=1200) * np.where(groups == 1, 4.0, 1.0) + np.where(groups == 1, 10.0, 0.0)
    score[0] = 14.0
    together = calibrate(score).p_value
    apart = calibrate(score, groups=groups).p_value
    assert together[0] > 0.01 > 1e-4 > apart[0]
    shares = [np.mean(apart[groups == g] <= 0.05) for g in (0, 1)]
    assert max(shares) < 0.05 + 3 * np.sqrt(0.05 / 200)


def test_groups_too_small_to_be_judged_are_not_enough_evidence() -> None:
    groups = np.repeat([0, 1], [200, FEWEST_PEERS - 1]).astype(np.intp)
    score = np.random.default_rng(3).normal(size=len(groups))
    p_value = calibrate(score, groups=groups).p_value
    assert np.isnan(p_value[groups == 1]).all()
    assert not np.isnan(p_value[groups == 0]).any()


@pytest.mark.parametrize("method", SCORE_NULLS)
def test_the_order_of_subjects_changes_no_bit(method: ScoreNullName) -> None:
    score, _ = world(5, LIGHT_TO_HEAVY["chi-square"], unusual=0.03)
    order = np.random.default_rng(1).permutation(len(score))
    groups = (np.arange(len(score)) % 3).astype(np.intp)
    np.testing.assert_array_equal(
        calibrate(score[order], method=method).p_value, calibrate(score, method=method).p_value[order]
    )
    np.testing.assert_array_equal(
        calibrate(score[order], method=method, groups=groups[order]).p_value,
        calibrate(score, method=method, groups=groups).p_value[order],
    )


@pytest.mark.parametrize("method", SCORE_NULLS)
def test_higher_scores_never_have_larger_p_values(method: ScoreNullName) -> None:
    score = np.sort(world(6, LIGHT_TO_HEAVY["exponential"], unusual=0.03)[0])
    assert (np.diff(calibrate(score, method=method).p_value) <= 0).all()


@pytest.mark.parametrize("method", SCORE_NULLS)
@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_the_unit_of_a_score_does_not_matter(method: ScoreNullName, scale: float) -> None:
    score, _ = world(6, LIGHT_TO_HEAVY["exponential"], unusual=0.03)
    one, other = calibrate(score, method=method).p_value, calibrate(5 * scale + scale * score, method=method).p_value
    np.testing.assert_allclose(np.log(other), np.log(one), rtol=0.05)


@pytest.mark.parametrize("method", SCORE_NULLS)
def test_too_few_or_missing_scores_are_not_enough_evidence(method: ScoreNullName) -> None:
    few = np.random.default_rng(2).normal(size=FEWEST_PEERS - 1)
    assert np.isnan(calibrate(few, method=method).p_value).all()
    gaps = np.random.default_rng(2).normal(size=100)
    gaps[4] = np.nan
    assert np.flatnonzero(np.isnan(calibrate(gaps, method=method).p_value)).tolist() == [4]


def test_scores_nearly_all_equal_say_nothing() -> None:
    score = np.zeros(500)
    score[:5] = 1.0
    for method in ("tail", "empirical"):
        calibrated = calibrate(score, method=method)  # type: ignore[arg-type]
        assert calibrated.null is None
        assert np.isnan(calibrated.p_value).all()


def test_an_extreme_score_still_has_a_chance_above_nothing() -> None:
    score = np.append(np.random.default_rng(2).normal(size=500), 1e9)
    for method in ("tail", "empirical"):
        assert 0 < calibrate(score, method=method).p_value[-1] < 1e-6  # type: ignore[arg-type]


def test_conformal_p_values_count_the_reference_at_or_above() -> None:
    reference = np.arange(1.0, 100.0)
    calibrated = calibrate_conformal(np.array([50.0, 99.0, 200.0, np.nan]), reference=reference, reason="made by hand")
    assert calibrated.p_value[:3].tolist() == [(1 + 50) / 100, 2 / 100, 1 / 100]
    assert np.isnan(calibrated.p_value[3])
    assert calibrated.assumption.endswith("made by hand")


def test_a_reference_without_a_reason_is_refused() -> None:
    with pytest.raises(UsageError, match="without the reason"):
        calibrate_conformal(np.ones(3), reference=np.ones(50), reason=" ")


def test_a_small_reference_is_not_enough_evidence() -> None:
    calibrated = calibrate_conformal(np.array([3.0]), reference=np.ones(FEWEST_PEERS - 1), reason="made by hand")
    assert np.isnan(calibrated.p_value).all()


def test_the_empirical_null_recovers_mean_and_spread() -> None:
    score = np.random.default_rng(4).normal(2.0, 3.0, size=20_000)
    score[:600] += 15
    null = calibrate(score, method="empirical").null
    assert null is not None
    share = stats.norm.sf(8.0, 2.0, 3.0)
    assert null.p_values(np.array([8.0]))[0] == pytest.approx(share, rel=0.15)
