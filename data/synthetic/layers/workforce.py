"""Layer 2: the people. Ranks, who joins, leaves and moves, part-time work, and the audit-only characteristics.

Nothing but the reporting layer reads a protected characteristic; that it does so by stated parameters only is tested.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.arrays import Array
from data.synthetic.figures import split
from data.synthetic.force import People, Stints, Structure
from data.synthetic.rows import NO_TIME, code, codes
from data.synthetic.streams import Streams, chance, pick, sample
from data.synthetic.world import World

YEAR = 365.25

STAFF_SHARE = {
    "response": 0.03,
    "neighbourhood": 0.21,
    "detective": 0.10,
    "public_protection": 0.12,
    "custody": 0.45,
    "public_order": 0.02,
    "firearms": 0.05,
    "roads": 0.10,
    "intelligence": 0.50,
    "training": 0.40,
    "headquarters": 0.72,
}
"""Usual share of each role that is not a regular officer: an assumption that adds up to the published workforce."""

_OTHER_WORKFORCE = {"response": "special", "neighbourhood": "pcso"}
_TWO_SERGEANTS = ("detective", "public_protection", "intelligence")
_HEADQUARTERS_RANKS = (0.25, 0.27, 0.28, 0.11, 0.05, 0.04)

_SERVICE_BANDS = (0, 1, 2, 3, 4, 5, 10, 15, 20, 25, 30, 36)
_SERVICE_SHARE = (0.08, 0.07, 0.07, 0.07, 0.06, 0.17, 0.13, 0.15, 0.12, 0.06, 0.02)
_RANK_SERVICE = (0, 4, 7, 10, 13, 16, 0)
_FTE = (0.5, 0.6, 0.8)


@dataclass(frozen=True)
class Posts:
    """The posts of the force: one row a post, in team order."""

    team: Array
    rank: Array
    workforce: Array
    leader: Array


def count_joiners(world: World) -> int:
    """Return how many of the world's people join during it; as many others leave."""
    turnover = world.figure("leaver_share") * world.months / 12
    return round(world.people * turnover / (1 + turnover))


def build_positions(world: World, structure: Structure, streams: Streams) -> Posts:
    """Return every post with its rank and workforce; the first post of each team leads it."""
    sizes = structure.team_size
    team = np.repeat(np.arange(len(sizes)), sizes)
    starts = np.cumsum(sizes) - sizes
    place = np.arange(len(team)) - starts[team]
    role = structure.team_role[team]
    share = _staff_shares(world)[structure.team_role]
    staff_posts = np.floor(share * sizes + streams.draw("workforce/staff_posts").random(len(sizes))).astype(np.int64)
    is_staff = place >= (sizes - np.minimum(staff_posts, sizes - 1))[team]
    rank = _ranks(world, structure, streams, team, place, role)
    rank[is_staff] = code("posting", "rank", "staff")
    kinds = np.array([code("officer", "workforce", name) for name in _other_workforce()])
    workforce = np.where(is_staff, kinds[role], code("officer", "workforce", "officer"))
    rank[workforce == code("officer", "workforce", "special")] = code("posting", "rank", "constable")
    return Posts(team=team, rank=rank, workforce=workforce, leader=starts)


def _staff_shares(world: World) -> Array:
    """Return the share of each role that is not a regular officer, in the contract's order of roles."""
    usual = np.array(_by_role(STAFF_SHARE))
    odds = world.draw("workforce/staff") * usual / (1 - usual)
    shares: Array = odds / (1 + odds)
    return shares


def _by_role(table: dict[str, float]) -> list[float]:
    from data.contract import CONTRACT

    return [table[role] for role in CONTRACT["posting"].column["role"].values]


def _other_workforce() -> list[str]:
    from data.contract import CONTRACT

    return [_OTHER_WORKFORCE.get(role, "staff") for role in CONTRACT["posting"].column["role"].values]


def _ranks(world: World, structure: Structure, streams: Streams, team: Array, place: Array, role: Array) -> Array:
    rank = np.zeros(len(team), dtype=np.int64)
    rank[place < _sergeants(world, structure, streams)[team]] = code("posting", "rank", "sergeant")
    number = np.arange(len(structure.team_size)) / world.draw("ranks/inspectors")
    has_inspector = np.ceil(number) < np.ceil(number + 1 / world.draw("ranks/inspectors"))
    rank[(place == 2) & has_inspector[team]] = code("posting", "rank", "inspector")
    head = role == code("posting", "role", "headquarters")
    senior = np.arange(len(_HEADQUARTERS_RANKS)) >= code("posting", "rank", "inspector")
    weights = np.where(senior, world.draw("ranks/seniors"), 1.0) * _HEADQUARTERS_RANKS
    rank[head] = pick(streams.draw("workforce/headquarters_ranks"), int(head.sum()), weights.tolist())
    return rank


def _sergeants(world: World, structure: Structure, streams: Streams) -> Array:
    """Return how many sergeants each team has: one, or two of investigators, times what was drawn; at least one."""
    two = np.isin(structure.team_role, [code("posting", "role", name) for name in _TWO_SERGEANTS])
    level = streams.draw("workforce/sergeants").random(len(two))
    number: Array = np.floor(world.draw("ranks/sergeants") * np.where(two, 2, 1) + level)
    return np.clip(number, 1, 3)


@dataclass(frozen=True)
class _Turnover:
    """Which posts change hands, and when (days from 1970): `leaves` by post, NO_TIME where nobody leaves."""

    leaver: Array
    leaves: Array
    joins: Array


def build_people(world: World, streams: Streams, positions: Posts, *, start: int, end: int) -> tuple[People, Array]:
    """Return the people (posts' first holders, then joiners in the order of `leavers`) and the posts of leavers."""
    posts = len(positions.team)
    service = _service(streams, positions)
    turnover = _turnover(world, streams, positions, service, start=start, end=end)
    post = np.concatenate([np.arange(posts), turnover.leaver])
    joined = np.concatenate([start - np.ceil(service * YEAR).astype(np.int64), turnover.joins])
    left = np.full(len(post), NO_TIME, dtype=np.int64)
    left[:posts] = turnover.leaves
    age = 19 + streams.draw("workforce/age_at_joining").gamma(2.2, 3.2, len(post)) + (end - joined) / YEAR
    count = len(post)
    workforce = positions.workforce[post]
    people = People(
        officer_id=100_001 + streams.draw("workforce/officer_id").permutation(count),
        workforce=workforce,
        joined=joined,
        left=left,
        sex=_sex(world, streams, workforce),
        ethnicity=_ethnicity(world, streams, count),
        age_band=np.digitize(age, [26, 41, 56]).astype(np.int64),
        disability=chance(streams.draw("workforce/disability"), 0.07, count).astype(np.int64),
        religion=pick(streams.draw("workforce/religion"), count, (0.40, 0.38, 0.06, 0.01, 0.03, 0.02, 0.02, 0.08)),
        carer=chance(streams.draw("workforce/carer"), 0.12, count).astype(np.int64),
    )
    return people, turnover.leaver


def _service(streams: Streams, positions: Posts) -> Array:
    """Return years of service at the start of the world; a rank needs some years."""
    draw = streams.draw("workforce/service")
    band = pick(draw, len(positions.team), _SERVICE_SHARE)
    edges = np.array(_SERVICE_BANDS, dtype=np.float64)
    years = edges[band] + draw.random(len(band)) * (edges[band + 1] - edges[band])
    floor = np.array(_RANK_SERVICE)[positions.rank]
    return np.where(years < floor, floor + draw.random(len(band)) * 10, years)


def _turnover(world: World, streams: Streams, positions: Posts, service: Array, *, start: int, end: int) -> _Turnover:
    """Return who leaves and when, by length of service on the day they leave as published, and who replaces them."""
    draw = streams.draw("workforce/leavers")
    day = draw.integers(start + 1, end - 1, len(service))
    band = np.digitize(service + (day - start) / YEAR, _SERVICE_BANDS[1:-1])
    # Team leaders stay: supervisors of a whole world would otherwise change under every row that names them.
    free = np.ones(len(service))
    free[positions.leader] = 0
    wanted = count_joiners(world)
    for position, share in enumerate(split("leavers_by_service").values()):
        selection = sample(
            streams.draw("workforce/leavers", position), free * (band == position), round(share * wanted)
        )
        free[selection] = 2
    left = int((free == 2).sum())
    more = sample(streams.draw("workforce/leavers/rest"), (free == 1) * 1.0, max(0, wanted - left))
    leaver = np.sort(np.concatenate([np.flatnonzero(free == 2), more]))[:wanted]
    leaves = np.full(len(service), NO_TIME, dtype=np.int64)
    leaves[leaver] = day[leaver]
    joins = np.clip(day[leaver] + draw.integers(1, 60, len(leaver)), start + 1, end - 1)
    return _Turnover(leaver=leaver, leaves=leaves, joins=joins)


def _sex(world: World, streams: Streams, workforce: Array) -> Array:
    """Return 0 for female and 1 for male; staff shares are an assumption."""
    regular = workforce == code("officer", "workforce", "officer")
    share = np.where(regular, world.figure("female_share"), 0.55)
    return 1 - chance(streams.draw("workforce/sex"), share).astype(np.int64)


def _ethnicity(world: World, streams: Streams, count: int) -> Array:
    minority, black = world.figure("minority_ethnic_share"), world.figure("black_share")
    rest = minority - black
    shares = {
        "asian": 0.55 * rest,
        "black": black,
        "mixed": 0.28 * rest,
        "white": 1 - minority - 0.03,
        "other": 0.17 * rest,
        "not_stated": 0.03,
    }
    group: Array = codes("protected_characteristic", "ethnicity", shares)[
        pick(streams.draw("workforce/ethnicity"), count, tuple(shares.values()))
    ]
    return group


def build_stints(
    world: World,
    streams: Streams,
    structure: Structure,
    positions: Posts,
    people: People,
    leavers: Array,
    *,
    start: int,
    end: int,
) -> Stints:
    """Return every posting: posts held from before, by joiners, and after an exchange of posts."""
    posts = len(positions.team)
    joiners = np.arange(posts, len(people))
    first, second, day = _exchanges(world, streams, structure, positions, leavers, start=start, end=end)
    person = np.concatenate([np.arange(posts), joiners, first, second])
    post = np.concatenate([np.arange(posts), leavers, second, first])
    begins = np.concatenate([_held_since(streams, people, posts, start), people.joined[posts:], day, day])
    ended = np.full(len(person), NO_TIME, dtype=np.int64)
    ended[:posts] = people.left[:posts]
    ended[first], ended[second] = day - 1, day - 1
    team = positions.team[post]
    supervisor = positions.leader[team]
    draw = streams.draw("workforce/part_time")
    part = chance(draw, world.figure("part_time_share"), len(people))
    fte = np.where(part, np.array(_FTE)[pick(draw, len(people), (0.3, 0.3, 0.4))], 1.0)
    cell = structure.team_cell[team]
    order = np.lexsort((begins, person, cell))
    return Stints(
        person=person[order],
        team=team[order],
        rank=positions.rank[post][order],
        role=structure.team_role[team][order],
        fte=fte[person][order],
        supervisor=np.where(supervisor == person, -1, supervisor)[order],
        started=begins[order],
        ended=ended[order],
        first=np.maximum(begins, start)[order],
        last=np.where(ended == NO_TIME, end - 1, ended)[order],
        cell=cell[order],
    )


def _held_since(streams: Streams, people: People, posts: int, start: int) -> Array:
    """Return since when each first holder has been in post: up to five years, but not before joining."""
    back = streams.draw("workforce/posting_start").integers(30, int(5 * YEAR), posts)
    return np.maximum(start - back, people.joined[:posts])


def _exchanges(
    world: World, streams: Streams, structure: Structure, positions: Posts, leavers: Array, *, start: int, end: int
) -> tuple[Array, Array, Array]:
    """Return pairs of people of the same rank who exchange posts, and the day each pair does."""
    free = np.ones(len(positions.team))
    free[leavers] = 0
    free[positions.leader] = 0
    free[positions.workforce != code("officer", "workforce", "officer")] = 0
    free[positions.rank > 1] = 0
    draw = streams.draw("workforce/exchanges")
    movers = sample(draw, free, int(len(free) * world.figure("transfer_share") * world.months / 12))
    movers = draw.permutation(movers)
    by_rank = [movers[positions.rank[movers] == rank] for rank in (0, 1)]
    pairs = np.concatenate([group[: len(group) // 2 * 2].reshape(-1, 2) for group in by_rank])
    pairs = pairs[positions.team[pairs[:, 0]] != positions.team[pairs[:, 1]]]
    day = draw.integers(start + 1, end - 1, len(pairs))
    return pairs[:, 0], pairs[:, 1], day
