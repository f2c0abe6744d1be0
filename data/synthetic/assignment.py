"""Who has which pattern: subjects chosen among those eligible, each pattern from streams of its own."""

from __future__ import annotations

from collections.abc import Mapping
from math import exp
from statistics import NormalDist

import numpy as np

from data.arrays import Array
from data.calendar import day_number
from data.synthetic import keys
from data.synthetic.force import Force
from data.synthetic.layers.recording_faults import DUPLICATE
from data.synthetic.planted_patterns import Candidates, PlantedPattern, Typology, archetypes, typologies
from data.synthetic.planted_subject import MONTH, PlantedSubject
from data.synthetic.streams import Streams, sample
from data.synthetic.world import Planting, Plantings, World

_SHORTEST_POST = 60
_LEAST_MULTIPLE = 1.2


def assign(
    force: Force, patterns: Mapping[str, PlantedPattern], settings: Plantings, streams: Streams, world: World
) -> dict[int, list[PlantedSubject]]:
    """Return the subjects of every pattern a world has, by cell.

    Each pattern chooses from streams of its own, without regard to the others, so that adding one changes no other's
    subjects; a person may hold several. A pattern with a share above zero has at least one subject.
    """
    keys.check_namespaces([*typologies(), *archetypes(), DUPLICATE])
    pools = {"officer": people_of(force), "unit": teams_of(force)}
    by_cell: dict[int, list[PlantedSubject]] = {}
    for name in settings.chosen(list(patterns)):
        pattern = patterns[name]
        for subject in _subjects(pattern, pools[pattern.subject], settings, streams.part(name), world):
            by_cell.setdefault(subject.cell, []).append(subject)
    return by_cell


def _subjects(
    pattern: PlantedPattern, pool: Candidates, settings: Plantings, streams: Streams, world: World
) -> list[PlantedSubject]:
    own = settings.settings.get(pattern.name, Planting())
    share = pattern.share if own.share is None else own.share
    share *= settings.scale * settings.shares.get(pattern.name, 1.0)
    earliest = day_number(pattern.not_before) if pattern.not_before else pool.force.start
    begins, ends = _spans(pool)
    begins = np.maximum(begins, earliest)
    mask = pattern.eligible(pool) & (pool.days >= min(_SHORTEST_POST, pool.force.days)) & (begins <= ends)
    count = max(1, round(share * int(mask.sum()))) if share > 0 else 0
    selection = sample(streams.draw("subjects"), mask.astype(np.float64), count)
    draw = streams.draw("course").random((len(mask), 3)) if len(selection) else np.empty((0, 3))
    shortest, longest = own.months or pattern.months
    level = (pattern.intensity if own.intensity is None else own.intensity) * settings.intensity
    level *= settings.intensities.get(pattern.name, 1.0)
    strength = level / pattern.intensity
    stints, structure = pool.force.stints, pool.force.structure
    concern = pattern.concern if isinstance(pattern, Typology) else ""
    subjects = []
    for member in selection.tolist():
        post = int(pool.post[member])
        begin, end = int(begins[member]), int(ends[member])
        days = min(int((shortest + draw[member, 0] * (longest - shortest)) * MONTH), end - begin + 1)
        first = begin + int(draw[member, 1] * (end - begin + 2 - days))
        cell = int(stints.cell[post] if post >= 0 else structure.team_cell[member])
        intensity = level * float(0.75 + 0.5 * draw[member, 2])
        multiple = 1 + strength * (_multiple(world, float(draw[member, 2])) - 1) if concern else 0.0
        subjects.append(
            PlantedSubject(
                pattern.name, pattern.subject, concern, cell, member, post, first, first + days - 1, intensity, multiple
            )
        )
    return subjects


def _multiple(world: World, level: float) -> float:
    """Return a subject's multiple of what peers ordinarily do, from barely visible to blatant."""
    deviation = NormalDist().inv_cdf(min(max(level, 1e-9), 1 - 1e-9))
    spread = world.draw("typologies/multiple_spread")
    return max(_LEAST_MULTIPLE, world.draw("typologies/multiple") * exp(spread * deviation))


def _spans(pool: Candidates) -> tuple[Array, Array]:
    """Return the first and last day each candidate could hold a pattern."""
    posted = pool.post >= 0
    first = np.where(posted, pool.force.stints.first[pool.post], pool.force.start)
    last = np.where(posted, pool.force.stints.last[pool.post], pool.force.end - 1)
    return first, last


def people_of(force: Force) -> Candidates:
    """Return everybody, each in the posting they held longest inside the world."""
    stints = force.stints
    days = (stints.last - stints.first + 1).clip(0)
    order = np.lexsort((np.arange(len(stints)), -days, stints.person))
    people, first = np.unique(stints.person[order], return_index=True)
    post = np.full(len(force.people), -1, dtype=np.int64)
    post[people] = order[first]
    return Candidates(
        force=force,
        post=post,
        role=stints.role[post],
        rank=stints.rank[post],
        workforce=force.people.workforce,
        service=(force.start - force.people.joined) / 365.25,
        days=np.where(post >= 0, days[post], 0),
    )


def teams_of(force: Force) -> Candidates:
    """Return every team; rank and service mean nothing for them."""
    teams = len(force.structure.team_unit)
    return Candidates(
        force=force,
        post=np.full(teams, -1),
        role=force.structure.team_role,
        rank=np.zeros(teams, dtype=np.int64),
        workforce=np.zeros(teams, dtype=np.int64),
        service=np.zeros(teams),
        days=np.full(teams, force.days),
    )
