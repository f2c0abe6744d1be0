"""From one day on more is recorded, because the rules of recording changed."""

from __future__ import annotations

from data.synthetic.world import PracticeChange, World
from stress.scenario import Scenario

PUBLISHED = 0.715


def record_more(world: World, dose: float) -> World:
    """Let force and complaints be recorded more fully from the middle of the last year on."""
    if dose == 0:
        return world
    ends = world.ends_on
    months = ends.year * 12 + ends.month - 1 - 6
    change = PracticeChange(on=ends.replace(year=months // 12, month=months % 12 + 1), increase=PUBLISHED * dose)
    recording = world.recording.model_copy(update={"force_practice": change, "complaint_practice": change})
    return world.model_copy(update={"recording": recording})


SCENARIO = Scenario(
    question="What if more is recorded from one day on, at the same conduct?",
    modelled_on="Kent Police, whose reports of force rose by 71.5% in a quarter when compliant handcuffing began to be"
    " recorded; central logging of complaints, of which the IOPC cautions that a rise is not worse conduct.",
    expects="everybody changes alike, so comparison with peers holds; comparison with one's own past does not",
    dose="the rise in units of the published one: 1 is 71.5%",
    doses=(0.5, 1.0, 2.0),
    tables=("use_of_force", "complaint"),
    world=record_more,
)
