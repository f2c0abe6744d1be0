"""Layer 1: the units. Borough commands, boroughs, pan-London branches, and teams of 8 to 12 with a role each.

Shares by role are assumptions shaped after public descriptions of the force (Casey review 2023: 12 borough commands,
32 boroughs; response, neighbourhoods, detectives, public protection and custody in boroughs; public order, firearms,
roads, intelligence, training and headquarters across London).
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from data.arrays import Array
from data.errors import UsageError
from data.synthetic import keys
from data.synthetic.force import Structure
from data.synthetic.rows import codes
from data.synthetic.streams import Streams
from data.synthetic.world import World

CELL_TEAMS = 60

_SMALLEST_TEAM = 4
"""The fewest posts of a team, where there are enough: a leader, a deputy and somebody to lead."""

BOROUGH_ROLES = {
    "response": 0.21,
    "neighbourhood": 0.12,
    "detective": 0.13,
    "public_protection": 0.08,
    "custody": 0.04,
}
BRANCH_ROLES = {
    "public_order": 0.025,
    "firearms": 0.05,
    "roads": 0.03,
    "intelligence": 0.05,
    "training": 0.03,
    "headquarters": 0.235,
}
_BRANCH_NAMES = {
    "public_order": "Public order branch",
    "firearms": "Firearms branch",
    "roads": "Roads branch",
    "intelligence": "Intelligence branch",
    "training": "Training branch",
    "headquarters": "Headquarters branch",
}
_TEAM_WORDS = {"public_protection": "public protection", "public_order": "public order"}


def build_structure(world: World, streams: Streams, *, positions: int) -> Structure:
    """Return the units for a number of positions; sizes of teams add up to it exactly."""
    count = max(len(BOROUGH_ROLES) + len(BRANCH_ROLES), round(positions / world.structure.team_size))
    teams = _teams_by_role(count, world.structure.roles)
    in_boroughs = sum(teams[role] for role in BOROUGH_ROLES)
    boroughs = world.structure.boroughs or min(32, max(2, int(in_boroughs / world.draw("structure/teams_a_borough"))))
    commands = min(boroughs, world.structure.commands or max(2, math.ceil(boroughs * 12 / 32)))
    role, area = _team_places(teams, boroughs)
    units = _Units(boroughs=boroughs, commands=commands)
    team_unit = units.add_teams(role, area)
    busy = np.exp(streams.draw("structure/busy").normal(0, world.structure.borough_spread, boroughs))
    busy = np.concatenate([busy / busy.mean(), np.ones(len(BRANCH_ROLES))])
    return Structure(
        names=tuple(units.names),
        kinds=codes("unit", "kind", units.kinds),
        parents=np.array(units.parents, dtype=np.int64),
        borough_units=units.area_units[:boroughs],
        area_unit=units.area_units,
        area_busy=busy,
        team_unit=team_unit,
        team_area=area,
        team_role=codes("posting", "role", role),
        team_size=_team_sizes(world, streams, len(role), positions),
        team_cell=_cells(np.minimum(area, boroughs)),
    )


def _teams_by_role(count: int, multiples: Mapping[str, float]) -> dict[str, int]:
    """Return teams by role: at least one each, the rest by largest remainder."""
    shares = {role: share * multiples.get(role, 1.0) for role, share in {**BOROUGH_ROLES, **BRANCH_ROLES}.items()}
    if multiples:
        shares = {role: share / sum(shares.values()) for role, share in shares.items()}
    quotas = {role: share * count for role, share in shares.items()}
    teams = {role: max(1, int(quota)) for role, quota in quotas.items()}
    by_remainder = sorted(quotas, key=lambda role: (int(quotas[role]) - quotas[role], role))
    for role in by_remainder[: max(0, count - sum(teams.values()))]:
        teams[role] += 1
    return teams


def _team_places(teams: dict[str, int], boroughs: int) -> tuple[list[str], Array]:
    """Return each team's role and area, sorted by area."""
    places = [
        (number * boroughs // teams[role], position, role)
        for position, role in enumerate(BOROUGH_ROLES)
        for number in range(teams[role])
    ]
    places += [(boroughs + position, 0, role) for position, role in enumerate(BRANCH_ROLES) for _ in range(teams[role])]
    places.sort()
    return [role for _, _, role in places], np.array([area for area, _, _ in places], dtype=np.int32)


class _Units:
    """The unit list while it grows."""

    def __init__(self, *, boroughs: int, commands: int) -> None:
        self.names = ["Force"]
        self.kinds = ["force"]
        self.parents = [-1]
        command_ids = [self._add(f"Command {number + 1:02d}", "command", 1) for number in range(commands)]
        areas = [
            self._add(f"Borough {number + 1:02d}", "borough", command_ids[number * commands // boroughs])
            for number in range(boroughs)
        ]
        areas += [self._add(_BRANCH_NAMES[role], "command", 1) for role in BRANCH_ROLES]
        self.area_units = np.array(areas, dtype=np.int64)

    def _add(self, name: str, kind: str, parent: int) -> int:
        self.names.append(name)
        self.kinds.append(kind)
        self.parents.append(parent)
        return len(self.names)

    def add_teams(self, role: list[str], area: Array) -> Array:
        """Add the teams and return their unit ids."""
        numbers: dict[tuple[int, str], int] = {}
        ids = []
        for team_role, team_area in zip(role, area.tolist(), strict=True):
            number = numbers[team_area, team_role] = numbers.get((team_area, team_role), 0) + 1
            parent = int(self.area_units[team_area])
            words = _TEAM_WORDS.get(team_role, team_role)
            ids.append(self._add(f"{self.names[parent - 1]} {words} team {number}", "team", parent))
        return np.array(ids, dtype=np.int64)


def _team_sizes(world: World, streams: Streams, teams: int, positions: int) -> Array:
    """Return how many posts each team has: they differ by one or two, times what was drawn; what is left is spread."""
    usual = streams.draw("structure/team_sizes").integers(-1, 2, teams)
    between = streams.draw("structure/team_sizes/between").random(teams) - 0.5
    differs = np.rint(world.draw("structure/team_size_spread") * (usual + between)).astype(np.int64)
    sizes = np.maximum(10 + differs, _SMALLEST_TEAM)
    order = streams.draw("structure/team_order").permutation(teams)
    gap = positions - int(sizes.sum())
    whole, rest = divmod(abs(gap), teams)
    step = 1 if gap > 0 else -1
    sizes += step * whole
    sizes[order[:rest]] += step
    return _at_least(_SMALLEST_TEAM, sizes)


def _at_least(least: int, sizes: Array) -> Array:
    """Return sizes of which none is below the least and the sum is the same: the largest give what is missing."""
    missing = int((least - sizes).clip(0).sum())
    sizes = np.maximum(sizes, least)
    for _ in range(missing):
        sizes[int(np.argmax(sizes))] -= 1
    return sizes


def _cells(area: Array) -> Array:
    """Return the cell of each team: up to `CELL_TEAMS` neighbouring teams of one area; all branches are one."""
    within = np.arange(len(area)) - np.searchsorted(area, area)
    label = area.astype(np.int64) * (1 << 20) + within // CELL_TEAMS
    cells: Array = np.unique(label, return_inverse=True)[1]
    if int(cells.max()) >= keys.CELLS:
        raise UsageError(
            "The world is too large.", expected=f"at most {keys.CELLS} cells", found=f"{int(cells.max()) + 1}"
        )
    return cells.astype(np.int32)
