"""Whom to look at first: the strongest sign in standards, signs added up where each is weak; rules are among them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from data.synthetic.memory_world import make_world
from data.synthetic.world import load as load_world
from models.pooled_rates import Counted, counted_in, log_excess, pooled_excess, standardised_excess
from pipeline.compare import Comparison
from pipeline.priority import POOLED, rank_everybody
from pipeline.settings import load
from pipeline.trial import Trial, try_records

PEOPLE = 600


def counts_beside(weak: float) -> list[Counted]:
    """Four kinds of counts, of which the last person has somewhat more in each, and the first very many of one."""
    rng, days = np.random.default_rng(4), np.full(PEOPLE, 200.0)
    every = []
    for at in range(4):
        counts = rng.poisson(3.0 * rng.gamma(4.0, 0.25, PEOPLE)).astype(np.float64)
        counts[-1] = np.round(weak * 3.0)
        counts[0] = 14.0 if at == 0 else 2.0
        every.append(Counted(counts, days))
    return every


def test_signs_too_weak_one_by_one_are_seen_together() -> None:
    group = np.zeros(PEOPLE, dtype=np.intp)
    every = counts_beside(2.7)
    together = pooled_excess(every, group)
    assert np.argmax(together) == PEOPLE - 1
    # The strongest single sign is somebody else's.
    assert np.argmax(np.max([log_excess(one, group) for one in every], axis=0)) != PEOPLE - 1


def test_less_is_expected_of_whom_records_show_little_and_nothing_is_said_of_the_unknown() -> None:
    group, rng = np.zeros(PEOPLE, dtype=np.intp), np.random.default_rng(5)
    counts, days = rng.poisson(2.0, PEOPLE).astype(np.float64), np.full(PEOPLE, 200.0)
    counts[:3], days[:3] = 6.0, [200.0, 50.0, np.nan]
    excess = log_excess(Counted(counts, days), group)
    assert excess[1] > excess[0] > 0.0
    assert excess[2] == 0.0
    assert not log_excess(Counted(np.zeros(PEOPLE), days), group).any()


def test_one_kind_in_which_subjects_differ_little_counts_like_one_in_which_they_differ_widely() -> None:
    rng, group, days = np.random.default_rng(7), np.zeros(PEOPLE, dtype=np.intp), np.full(PEOPLE, 200.0)
    narrow, wide = rng.poisson(30.0, PEOPLE).astype(np.float64), rng.poisson(10 * rng.gamma(0.5, 2.0, PEOPLE)) * 1.0
    narrow[-1], wide[-1] = 60.0, 5.0
    every = [Counted(narrow, days), Counted(wide, days)]
    assert np.argmax(standardised_excess(every, group)) == PEOPLE - 1
    assert np.argmax(pooled_excess(every, group)) != PEOPLE - 1
    assert not standardised_excess([Counted(np.ones(PEOPLE), days)], group).any()


def test_half_of_what_is_expected_is_everybodys_so_that_a_posting_with_more_of_everything_still_stands_out() -> None:
    group = np.repeat([0, 1], [PEOPLE - 100, 100]).astype(np.intp)
    counts = np.random.default_rng(6).poisson(np.where(group == 1, 8.0, 2.0)).astype(np.float64)
    one = Counted(counts, np.full(PEOPLE, 200.0))
    pooled = pooled_excess([one], group)
    assert pooled[group == 1].mean() > 3 * pooled[group == 0].mean()
    assert pooled[group == 1].mean() < log_excess(one, np.zeros_like(group))[group == 1].mean()


@pytest.fixture(scope="module")
def trial() -> Trial:
    made = make_world(load_world("tiny", people=120, months=4, seed=3))
    return try_records(made.records, settings=load())


def comparison(trial: Trial, concern: str, kind: str = "officer") -> Comparison:
    (one,) = (c for c in trial.comparisons if (c.panel.kind, c.panel.concern) == (kind, concern))
    return one


def test_rules_are_among_the_signs_of_standards(trial: Trial) -> None:
    one = comparison(trial, "standards")
    (selected,) = (s for s in trial.contradictions if s.concern == "standards")
    evidence = next(e for e in selected.evidence if np.isfinite(e.p_value).any())
    at = int(np.flatnonzero(np.isfinite(evidence.p_value))[0])
    sure = evidence.p_value.copy()
    sure[at] = 1e-200
    marked = replace(
        selected, evidence=tuple(replace(e, p_value=sure) if e is evidence else e for e in selected.evidence)
    )
    before, after = rank_everybody(one, trial.contradictions), rank_everybody(one, [marked])
    assert one.panel.ids[np.nanargmax(after.score)] == evidence.counts.ids[at]
    assert not np.array_equal(before.score, after.score, equal_nan=True)
    # A rule of another concern says nothing here.
    other = rank_everybody(one, [replace(marked, concern="culture")])
    assert np.array_equal(other.score, rank_everybody(one).score, equal_nan=True)


def test_signs_of_welfare_and_culture_are_added_up_and_give_no_chance(trial: Trial) -> None:
    for (kind, concern), pooling in POOLED.items():
        one = comparison(trial, concern, kind)
        ranking = rank_everybody(one)
        assert np.array_equal(ranking.score, pooling(counted_in(one.panel), one.panel.group_of))
        assert np.isnan(ranking.p_value).all()
    assert np.isfinite(rank_everybody(comparison(trial, "standards")).p_value).any()
