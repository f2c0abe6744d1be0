"""Worlds in which nothing is planted: whatever is flagged there is about somebody innocent."""

from __future__ import annotations

from data.synthetic.memory_world import make_world
from data.synthetic.world import World
from pipeline.trial import Trial, try_records
from stress.controls.control import Control, ControlInput, Reading

ANY = "worlds with any flag by comparison"
BY_RULE = "flagged by contradiction"
BY_CAPACITY = "flagged by capacity"


def read(inputs: ControlInput) -> list[Reading]:
    """Run the same settings on each null world and count those in which anything was flagged."""
    readings = []
    for world in inputs.null_worlds:
        readings += _world_readings(world, inputs)
        inputs.progress(1)
    return readings


def _world_readings(world: World, inputs: ControlInput) -> list[Reading]:
    trial = try_records(make_world(world).records, settings=inputs.settings, as_of=[world.ends_on], contributions=False)
    readings = []
    for selection in trial.selections.to_pylist():
        key = {"subject_kind": selection["subject_kind"], "concern": selection["concern"]}
        real = _any_selected(inputs.trial, key)
        if selection["method"] == "fdr":
            level = inputs.settings.levels[selection["concern"]]
            any_flag = float(selection["selected"] > 0)
            readings.append(Reading(what=ANY, count=any_flag, n=1.0, allowed=level, real=real, real_n=1.0, **key))
        else:
            n = float(selection["compared"])
            readings.append(Reading(what=BY_CAPACITY, count=float(selection["selected"]), n=n, allowed=None, **key))
    return readings + _contradiction_readings(trial, inputs.trial)


def _any_selected(trial: Trial, key: dict[str, str]) -> float | None:
    for row in trial.selections.to_pylist():
        if row["subject_kind"] == key["subject_kind"] and row["concern"] == key["concern"]:
            return float(row["selected"] > 0)
    return None


def _contradiction_readings(trial: Trial, real: Trial) -> list[Reading]:
    """Count people flagged by rules: these state no rate, so that they are told and not judged."""
    real_counts = _by_rule(real)
    return [
        Reading(
            what=BY_RULE,
            subject_kind="officer",
            concern=concern,
            count=float(count),
            n=float(_people(trial)),
            allowed=None,
            real=float(real_counts.get(concern, 0)),
            real_n=float(_people(real)),
        )
        for concern, count in sorted({**dict.fromkeys(real_counts, 0), **_by_rule(trial)}.items())
    ]


def _by_rule(trial: Trial) -> dict[str, int]:
    rows = trial.flags.select(["family", "concern", "subject_id"]).to_pylist()
    flagged = {(r["concern"], r["subject_id"]) for r in rows if r["family"] == "contradiction"}
    return {concern: sum(1 for c, _ in flagged if c == concern) for concern in {c for c, _ in flagged}}


def _people(trial: Trial) -> int:
    return int(trial.subjects["subject_kind"].to_pylist().count("officer"))


CONTROL = Control(
    question="What do the same settings find in worlds in which nothing is planted?",
    requirement="the share of worlds with any flag by comparison stays within the stated false discovery rate, for"
    " each concern and kind of subject (with nothing to find every flag is false, so the rate is the chance of any"
    " flag)",
    detects="p-values that are too small for innocent people: peers that differ more than the null allows for",
    blind_to="innocent people that real records have and the synthetic force has not; contradictions and selection by"
    " capacity state no rate, so that what they flag is told and not judged",
    read=read,
    unavailable=lambda inputs: None if inputs.null_worlds else "there is no world in which nothing is planted",
    steps=lambda inputs: len(inputs.null_worlds),
)
