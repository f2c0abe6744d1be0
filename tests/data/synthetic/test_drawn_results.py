"""No row belongs to misconduct alone: what was measured over draws, held to the rules and indicators there are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from features.indicators import indicators
from models.rules import rules

RESULTS = json.loads(Path("benchmarks/results/drawn_forces.json").read_text("utf-8"))
RARE = {
    "tours_cut_after_grievance": "few people are named in a grievance, and the rule needs one",
    "active_while_sick": "the rule leaves out the days at both ends of a spell on which ordinary slips lie",
    "undeclared_interest": "one officer in eight has an interest, and registers hold most of those that were declared",
}


def medians() -> dict[str, float]:
    return {row["name"]: row["median"] for row in RESULTS["hits"]}


def test_every_rule_and_every_indicator_that_serves_a_concern_was_measured() -> None:
    wanted = set(rules()) | {
        name for name, one in indicators().items() if one.concerns and 365 in one.windows and not one.opt_in
    }
    assert wanted <= set(medians())


@pytest.mark.parametrize("name", sorted(medians()))
def test_in_the_median_force_one_innocent_person_in_a_hundred_has_a_hit(name: str) -> None:
    assert medians()[name] >= 0.01 or name in RARE


def test_shares_of_innocent_people_differ_widely_from_force_to_force() -> None:
    """By a factor of ten for what is rare; what most people have anyway cannot vary that much."""
    rare = [row for row in RESULTS["hits"] if row["what"] == "rule" and 0 < row["median"] < 0.05]
    wide = [row for row in rare if row["high"] >= 5 * max(row["low"], 0.002)]
    assert len(wide) >= len(rare) / 2
