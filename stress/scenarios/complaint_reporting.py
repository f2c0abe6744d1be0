"""Complaints about colleagues of some ethnicities are reported more readily, at the same conduct."""

from __future__ import annotations

from data.synthetic.world import Reporting, World
from stress.scenario import Scenario

PUBLISHED = {"black": 1.81, "asian": 1.55, "mixed": 1.41}
MOST = 2.0


def report_unevenly(world: World, dose: float) -> World:
    """Multiply how likely matters are reported by the published ratios, stretched by the dose."""
    factors = {
        name: min(world.reporting.factor(name) * (1 + dose * (ratio - 1)), MOST) for name, ratio in PUBLISHED.items()
    }
    reporting = Reporting.model_validate(world.reporting.model_dump() | factors)
    return world.model_copy(update={"reporting": reporting})


SCENARIO = Scenario(
    question="What if complaints about officers of some ethnicities are reported more readily, at the same conduct?",
    modelled_on="Casey interim report (2022): Black staff 81%, Asian 55% and Mixed 41% more likely than White to"
    " receive an allegation in 2021/22. The ratios are published; that reporting alone makes them is an assumption.",
    expects="more innocent Black, Asian and Mixed officers flagged for standards; no change for White officers, except"
    " where places are limited",
    dose="how far the published ratios apply: 1 is as published, 0.5 half of the excess",
    doses=(0.5, 1.0, 1.2),
    tables=("complaint", "conduct_case"),
    world=report_unevenly,
)
