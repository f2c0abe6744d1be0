"""Running the layers: once for the whole force, then for each cell."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from data.arrays import Array
from data.calendar import day_number
from data.synthetic.assignment import assign
from data.synthetic.cell_records import Calendar, CellRecords
from data.synthetic.force import Force
from data.synthetic.layers import (
    absences,
    cases,
    complaints,
    encounters,
    incidents,
    interests,
    lookups,
    matters,
    presence,
    recording,
    recording_faults,
    rota,
    structure,
    traits,
    workforce,
)
from data.synthetic.nuisance import Tendency, nuisances
from data.synthetic.planted_patterns import archetypes, typologies
from data.synthetic.planted_subject import PlantedSubject
from data.synthetic.planting import Effect, ordinary_rows, plant
from data.synthetic.rows import Rows
from data.synthetic.streams import Streams
from data.synthetic.tendencies import Tendencies
from data.synthetic.world import World

_OCCURRENCE = (
    rota.work_shifts,
    presence.badge_entries,
    presence.roster_edits,
    incidents.attend_incidents,
    encounters.use_force,
    encounters.suffer_assaults,
    encounters.search_people,
    encounters.drive,
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
    archetypes: dict[int, list[PlantedSubject]]
    typologies: dict[int, list[PlantedSubject]]
    tendencies: Tendencies


def build_parts(world: World) -> Parts:
    """Return everything that is made once for the whole force."""
    streams = Streams(world.seed)
    start, end = _day(world.starts_on), _day(world.ends_on)
    posts = world.people - workforce.count_joiners(world)
    units = structure.build_structure(world, streams, positions=posts)
    positions = workforce.build_positions(world, units, streams)
    people, leavers = workforce.build_people(world, streams, positions, start=start, end=end)
    stints = workforce.build_stints(world, streams, units, positions, people, leavers, start=start, end=end)
    latent = traits.build_latent(streams, len(people), world)
    force = Force(structure=units, people=people, stints=stints, latent=latent, start=start, end=end)
    tendencies = Tendencies(world, force, streams)
    return Parts(
        world=world,
        force=force,
        calendar=absences.build_calendar(world, force, streams, tendencies),
        streams=streams,
        archetypes=assign(force, archetypes(), world.archetypes, streams.part("assign"), world),
        typologies=assign(force, typologies(), world.typologies, streams.part("assign"), world),
        tendencies=tendencies,
    )


def _day(when: date) -> int:
    return day_number(when)


def build_cell(parts: Parts, number: int) -> tuple[CellRecords, CellRecords, Effect]:
    """Return a cell's records with every pattern planted, as they were before the typologies, and what these did."""
    subjects = parts.typologies.get(number, [])
    cell = _recorded(parts, number)
    ordinary = ordinary_rows(cell, subjects, typologies())
    recording_faults.spoil(cell)
    plant(cell, parts.archetypes.get(number, []), archetypes(), {})
    innocent = replace(cell, tables=dict(cell.tables))
    effect = plant(cell, subjects, typologies(), ordinary)
    return cell, innocent, effect


def _recorded(parts: Parts, number: int) -> CellRecords:
    """Return a cell's records without any pattern, before anything goes wrong in recording."""
    cell = cell_occurrences(parts, number)
    for nuisance in nuisances().values():
        nuisance.leave(Tendency(nuisance.name, cell, parts.tendencies))
    _record(cell)
    return cell


def cell_occurrences(parts: Parts, number: int) -> CellRecords:
    """Return what happens in a cell, before nuisances and before anything is recorded."""
    stints = parts.force.stints
    first, last = np.searchsorted(stints.cell, [number, number + 1])
    cell = CellRecords(
        world=parts.world,
        force=parts.force,
        calendar=parts.calendar,
        number=number,
        posts=np.arange(first, last),
        home=np.flatnonzero(parts.force.home_cell == number),
        streams=parts.streams.part("cell", number),
        tendencies=parts.tendencies,
    )
    _add_absences(cell)
    for make in _OCCURRENCE:
        make(cell)
    return cell


def _add_absences(cell: CellRecords) -> None:
    spells = cell.calendar.spells
    edges = np.searchsorted(spells["officer_id"], np.stack([cell.home, cell.home + 1]))
    mine = np.concatenate([np.arange(a, b) for a, b in edges.T]) if len(cell.home) else np.array([], dtype=np.int64)
    data = spells.take(mine)
    cell.add("absence", **data.columns)


def _record(cell: CellRecords) -> None:
    """Give every row the day it became known, and drop rows known only after the world."""
    people = cell.force.people
    # Incidents come first: what names one is known no earlier than it.
    for table in sorted(cell.tables, key=lambda name: (name != "incident", name)):
        data, draw = cell.tables[table], cell.draw("known", table)
        with_incident = _known_with_incident(cell, data)
        if table == "attendance":
            days = recording.known_with(draw, with_incident, world=cell.world)
        else:
            joins = people.joined.take(data["officer_id"]) if data.owner == "officer_id" else np.zeros(len(data))
            days = np.maximum(recording.known_on(draw, data, world=cell.world, joined=joins), with_incident)
        cell.set_columns(table, known_on=days.astype(np.int32))
    recorded = cell.tables["shift"]["known_on"] < cell.force.end
    for table, data in cell.tables.items():
        cell.tables[table] = data.take(data["known_on"] < cell.force.end)
    edits = cell.tables["roster_edit"]
    cell.tables["roster_edit"] = edits.take(recorded.take(edits["_shift"]))


def _known_with_incident(cell: CellRecords, data: Rows) -> Array:
    """Return the day the incident of each row became known; a day long past for rows without one."""
    if "_incident" not in data.columns:
        return np.zeros(len(data), dtype=np.int32)
    days_by_incident = np.append(cell.tables["incident"]["known_on"], 0)
    days: Array = days_by_incident.take(data["_incident"])
    return days
