"""Sickness is read as misconduct: the purpose wall between health and standards is switched off."""

from __future__ import annotations

from pipeline.settings import Settings
from stress.scenario import Scenario

RULES = ("active_while_sick", "shift_inside_leave")
INDICATORS = ("sickness_as_conduct",)


def read_as_misconduct(settings: Settings, dose: float) -> Settings:
    """Let health feed standards: by the rules that look for work inside absence, from dose 2 by spells too."""
    if dose < 1:
        return settings
    feeds = settings.purposes.feeds
    purposes = settings.purposes.model_copy(
        update={"feeds": feeds | {"standards": sorted({*feeds["standards"], "health"})}}
    )
    models = settings.models.model_copy(update={"rules": sorted({*settings.models.rules, *RULES})})
    # The spells' exposure comes with them: an indicator without it does not compute.
    indicators = (*INDICATORS, "days_served") if dose >= 2 else ()
    features = settings.features.model_copy(update={"indicators": sorted({*settings.features.indicators, *indicators})})
    return settings.model_copy(update={"purposes": purposes, "models": models, "features": features})


SCENARIO = Scenario(
    question="What if sickness is read as misconduct, although nobody's sickness has changed?",
    modelled_on="the first reported sources of London's closed tool: sickness, absence and overtime (Guardian, February"
    " 2026), of which the Police Federation says that sickness may be misread. Reading health for standards is switched"
    " off here unless a run's settings put other purposes in force.",
    expects="innocent people with long-term conditions, disabilities and caring duties are flagged for standards, and"
    " people injured on duty",
    dose="how much is read: 1 what contradicts a spell of absence, 2 the number of spells too",
    doses=(1.0, 2.0),
    settings=read_as_misconduct,
)
