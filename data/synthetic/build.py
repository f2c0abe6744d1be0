"""Running the layers: once for the whole force, then for each cell."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from data.arrays import Array
from data.calendar import day_number
from data.synthetic import plantings
from data.synthetic.force import Force
from data.synthetic.layers import (
    absences,
    activity,
    cases,
    complaints,
    conduct,
    faults,
    incidents,
    interests,
    lookups,
    matters,
    presence,
    recording,
    rota,
    structure,
    workforce,
)
from data.synthetic.plantings import Subject
from data.synthetic.plot import Effect, plant
from data.synthetic.rows import Rows
from data.synthetic.scene import Calendar, Scene
from data.synthetic.streams import Streams
from data.synthetic.world import World

_OCCURRENCE = (
    rota.work_shifts,
    presence.badge_entries,
    presence.roster_edits,
    incidents.attend_incidents,
    activity.use_force,
    activity.suffer_assaults,
    activity.search_people,
    activity.drive,
    lookups.look_things_up,
    complaints.complain,
    cases.open_cases,
    interests.declare_interests,
    matters.claim_expenses,
    matters.train,
    matters.commend,
    matters.raise_grievances,
    matters.request_transfers,
)


@dataclass(frozen=True)
class Parts:
    """What the whole force shares: its people and places, its calendar, and who the patterns are planted in."""

    world: World
    force: Force
    calendar: Calendar
    streams: Streams
    archetypes: dict[int, list[Subject]]
    typologies: dict[int, list[Subject]]


def build_parts(world: World) -> Parts:
    """Return everything that is made once for the whole force."""
    streams = Streams(world.seed)
    start, end = _day(world.starts_on), _day(world.ends_on)
    posts = world.people - workforce.count_joiners(world)
    units = structure.build_structure(world, streams, positions=posts)
    positions = workforce.build_positions(units, streams)
    people, leavers = workforce.build_people(world, streams, positions, start=start, end=end)
    stints = workforce.build_stints(world, streams, units, positions, people, leavers, start=start, end=end)
    latent = conduct.build_latent(streams, len(people))
    force = Force(structure=units, people=people, stints=stints, latent=latent, start=start, end=end)
    return Parts(
        world=world,
        force=force,
        calendar=absences.build_calendar(world, force, streams),
        streams=streams,
        archetypes=plantings.assign(force, plantings.archetypes(), world.archetypes, streams.part("assign")),
        typologies=plantings.assign(force, plantings.typologies(), world.typologies, streams.part("assign")),
    )


def _day(when: date) -> int:
    return day_number(when)


def build_cell(parts: Parts, cell: int) -> tuple[Scene, Effect]:
    """Return a cell's records with every pattern planted, and what the typologies did."""
    scene = _ordinary(parts, cell)
    plant(scene, parts.archetypes.get(cell, []))
    effect = plant(scene, parts.typologies.get(cell, []))
    return scene, effect


def _ordinary(parts: Parts, cell: int) -> Scene:
    """Return a cell's records without any pattern."""
    stints = parts.force.stints
    first, last = np.searchsorted(stints.cell, [cell, cell + 1])
    posts = np.arange(first, last)
    scene = Scene(
        world=parts.world,
        force=parts.force,
        calendar=parts.calendar,
        cell=cell,
        posts=posts,
        home=np.flatnonzero(parts.force.home_cell == cell),
        streams=parts.streams.part("cell", cell),
    )
    _add_absences(scene)
    for make in _OCCURRENCE:
        make(scene)
    _record(scene)
    faults.spoil(scene)
    return scene


def _add_absences(scene: Scene) -> None:
    spells = scene.calendar.spells
    edges = np.searchsorted(spells["officer_id"], np.stack([scene.home, scene.home + 1]))
    mine = np.concatenate([np.arange(a, b) for a, b in edges.T]) if len(scene.home) else np.array([], dtype=np.int64)
    data = spells.take(mine)
    scene.add("absence", **data.columns)


def _record(scene: Scene) -> None:
    """Give every row the day it became known, and drop rows known only after the world."""
    people = scene.force.people
    # Incidents come first: what names one is known no earlier than it.
    for table in sorted(scene.tables, key=lambda name: (name != "incident", name)):
        data, draw = scene.tables[table], scene.draw("known", table)
        with_incident = _known_with_incident(scene, data)
        if table == "attendance":
            known = recording.known_with(draw, with_incident)
        else:
            joins = people.joined[data["officer_id"]] if data.owner == "officer_id" else np.zeros(len(data))
            known = np.maximum(recording.known_on(draw, data, joined=joins), with_incident)
        scene.set_columns(table, known_on=known.astype(np.int32))
    recorded = scene.tables["shift"]["known_on"] < scene.force.end
    for table, data in scene.tables.items():
        scene.tables[table] = data.take(data["known_on"] < scene.force.end)
    edits = scene.tables["roster_edit"]
    scene.tables["roster_edit"] = edits.take(recorded[edits["_shift"]])


def _known_with_incident(scene: Scene, data: Rows) -> Array:
    """Return the day the incident of each row became known; a day long past for rows without one."""
    if "_incident" not in data.columns:
        return np.zeros(len(data), dtype=np.int32)
    known = np.append(scene.tables["incident"]["known_on"], 0)
    days: Array = known[data["_incident"]]
    return days
