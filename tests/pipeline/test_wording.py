"""What a flag says in words, and that it says no more than it rests on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from features.indicators import indicators
from models.detectors import detectors
from models.rules import rules
from models.scores import Contribution
from pipeline.wording import UNUSUAL, contribution_sentence, rule_sentence, rule_verdict, statistical_sentence

COMPLAINTS = Contribution(indicator="complaints", window_days=365, observed=7.0, exposure=200.0)


def sentence(p_value: float, *, by_capacity: bool) -> str:
    return statistical_sentence(
        [detectors()["peer_rate"]],
        [COMPLAINTS],
        indicators(),
        group="everybody",
        peers=312,
        p_value=p_value,
        by_capacity=by_capacity,
    )


def test_a_flag_by_false_discovery_rate_calls_its_subject_unusual_and_gives_the_chance() -> None:
    text = sentence(0.0004, by_capacity=False)
    assert text.startswith("Unusual next to 312 peers (everybody) by peer rate; a chance of 0.0004")


@pytest.mark.parametrize("p_value", [0.38, 0.9, UNUSUAL + 0.001])
def test_whoever_is_flagged_by_capacity_alone_is_not_called_unusual(p_value: float) -> None:
    text = sentence(p_value, by_capacity=True)
    assert text.startswith("Selected by capacity")
    assert "which is not unusual" in text
    assert "Unusual" not in text


@pytest.mark.parametrize("p_value", [UNUSUAL, 0.0001])
def test_whoever_is_flagged_by_capacity_and_rare_among_peers_is_not_called_ordinary(p_value: float) -> None:
    text = sentence(p_value, by_capacity=True)
    assert "not unusual" not in text
    assert "nothing is promised" in text
    assert "chance" not in text


def test_a_value_without_an_expectation_is_said_to_lie_above_the_median_and_no_further() -> None:
    text = contribution_sentence(COMPLAINTS, indicators()["complaints"])
    assert text == "complaints: 7 in 365 days (days served: 200), above the median of peers."


def test_a_value_of_fewer_days_than_its_window_says_so() -> None:
    text = contribution_sentence(replace(COMPLAINTS, covered_days=90), indicators()["complaints"])
    assert text.startswith("complaints: 7 in the 90 of 365 days that records cover (days served: 200)")


def test_a_value_with_an_expectation_is_set_beside_it_and_its_range() -> None:
    compared = Contribution(
        indicator="complaints", window_days=365, observed=7.0, expected=1.25, low=0.0, high=4.0, peers=312
    )
    text = contribution_sentence(compared, indicators()["complaints"])
    assert text.endswith("312 peers would lead one to expect 1.2 (19 in 20 such peers: 0 to 4).")


def test_a_value_within_the_range_of_peers_is_not_called_unusual_by_itself() -> None:
    ordinary = Contribution(
        indicator="complaints", window_days=365, observed=3.0, expected=1.25, low=0.0, high=4.0, peers=312
    )
    alone = contribution_sentence(ordinary, indicators()["complaints"])
    assert alone.endswith("to expect 1.2. Alone it is ordinary: 19 in 20 such peers have 0 to 4.")
    text = statistical_sentence(
        [detectors()["peer_rate"]], [ordinary], indicators(), group="everybody", peers=312, p_value=0.0004
    )
    assert "by peer rate, all it sees taken together; a chance of 0.0004" in text


def test_a_contradiction_counts_what_could_be_judged_and_what_could_not() -> None:
    rule = rules()["office_day_without_entry"]
    counted = {"hits": 13, "judged": 44, "cannot_say": 4, "hit_days": 12, "judged_days": 40, "set_aside": 0}
    text = rule_sentence(rule, counted, ordinary=(2.0, 5.0), chance=0.00049)
    assert text.startswith("On 12 of 40 days with shift rows that could be judged in 365 days, 13 of 44 rows ")
    assert "Somebody ordinary here has 2 to 5 such days; at most one in 2,000 would have as many." in text
    assert "About 4 more nothing can be said" in text
    assert "It cannot see: " in text
    without = rule_sentence(rule, counted | {"cannot_say": 0, "set_aside": 7}, ordinary=(0.0, 0.0), chance=0.02)
    assert "nothing can be said" not in without
    assert "has 0 such days; at most one in 50 would have as many. 7 more belong to a practice" in without


def test_every_rule_says_in_words_what_is_the_matter_with_a_claim() -> None:
    for rule in rules().values():
        assert rule_verdict(rule).startswith(("are contradicted by a row of ", "are not borne out by any "))
