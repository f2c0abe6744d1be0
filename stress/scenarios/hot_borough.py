"""Boroughs differ more in how busy they are, and people are posted to them by chance."""

from __future__ import annotations

from data.synthetic.world import World
from stress.scenario import Scenario


def widen(world: World, dose: float) -> World:
    """Widen the spread of how busy boroughs are."""
    spread = min(2.0, world.structure.borough_spread + dose)
    return world.model_copy(
        update={"structure": world.structure.model_copy(update={"borough_spread": spread})} if dose else {}
    )


SCENARIO = Scenario(
    question="What if boroughs differ more in how busy they are?",
    modelled_on="Chicago, where the districts with most crime and the tactical units carry most of the signal that"
    " raw counts find; the usual spread here is 0.35. Where somebody is posted is not their doing.",
    expects="innocent people in busy boroughs are flagged by methods that count; comparison within role and area holds",
    dose="added to the log standard deviation of how busy boroughs are",
    doses=(0.25, 0.5, 1.0),
    tables=(
        *("shift", "roster_edit", "incident", "attendance", "use_of_force", "stop_search", "system_access"),
        *("assault", "complaint", "conduct_case", "vehicle_event", "commendation", "grievance", "transfer_request"),
        *("absence", "site_entry", "expense", "training"),
    ),
    world=widen,
)
