"""What a detector hands back, and when contributions are made."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.scores import Contribution, ContributionList, Contributions, Scores


class Maker:
    """Makes contributions that bear the subject's position, and counts how often it is asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, int]] = []

    def __call__(self, at: int, most: int) -> Contributions:
        self.asked.append((at, most))
        every = tuple(Contribution(indicator=f"i{n}", window_days=365, observed=float(at)) for n in range(3))
        return every[:most]


def test_contributions_are_made_only_for_those_who_are_looked_at() -> None:
    make = Maker()
    contributions = ContributionList(1_000_000, make)
    assert len(contributions) == 1_000_000
    assert make.asked == []
    assert len(contributions.first(7, 2)) == 2
    assert make.asked == [(7, 2)]


def test_all_contributions_are_given_where_no_limit_is_named() -> None:
    contributions = ContributionList(2, Maker())
    assert [len(listed) for listed in contributions] == [3, 3]
    assert len(contributions[1]) == 3


@pytest.mark.parametrize("at", [-1, 2, 99])
def test_a_position_outside_the_panel_is_an_error_and_not_somebody_else(at: int) -> None:
    with pytest.raises(IndexError):
        ContributionList(2, Maker())[at]


@given(st.lists(st.integers(0, 4), max_size=8))
def test_taken_contributions_belong_to_the_subjects_taken(at: list[int]) -> None:
    contributions = ContributionList(5, Maker()).take(np.array(at, dtype=np.intp))
    assert [listed[0].observed for listed in contributions] == [float(n) for n in at]


@given(st.permutations(range(5)))
def test_scores_stay_aligned_when_they_are_reordered(order: list[int]) -> None:
    numbers = np.arange(5.0)
    scores = Scores(score=numbers, p_value=numbers / 10, contributions=ContributionList(5, Maker()), assumption="none")
    turned = scores.take(np.array(order))
    assert turned.score.tolist() == [float(n) for n in order]
    assert (turned.p_value * 10).tolist() == pytest.approx(turned.score.tolist())
    assert [listed[0].observed for listed in turned.contributions] == turned.score.tolist()


def test_without_evidence_nobody_has_a_p_value_or_a_contribution() -> None:
    scores = Scores.without_evidence(3, "peers are alike")
    assert scores.score.tolist() == [0.0, 0.0, 0.0]
    assert np.isnan(scores.p_value).all()
    assert [len(listed) for listed in scores.contributions] == [0, 0, 0]
    assert scores.assumption == "peers are alike"


def test_what_a_detector_cannot_say_is_left_out_of_the_json() -> None:
    contribution = Contribution(indicator="complaints", window_days=365, observed=0.0, p_value=0.5)
    assert contribution.to_json() == {"indicator": "complaints", "window_days": 365, "observed": 0.0, "p_value": 0.5}
