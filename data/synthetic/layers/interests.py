"""Layer 5f: declared interests, and what other registers say.

The innocent side of "an interest without a declaration" is made here: an entry matched to the wrong person (usually
with a low score, sometimes with a high one), a declaration made late, and an interest no register holds. How often each
happens is an assumption; that 13% of officers declare a business interest is published.
"""

from __future__ import annotations

from datetime import date

import numpy as np

from data.arrays import Array
from data.calendar import day_number
from data.contract import CONTRACT
from data.synthetic.rows import NO_TIME, code, codes
from data.synthetic.scene import Scene
from data.synthetic.streams import chance, pick

MEMBERSHIP_RULE = date(2025, 12, 1)
"""From this day on membership of certain societies must be declared (published: December 2025)."""

_BUSINESS = ("property", "second_job", "company")
_BUSINESS_SHARE = (0.50, 0.30, 0.20)
_SECOND_INTEREST = 0.12
_MEMBER_SHARE = 0.012
_OTHER_KINDS = {"relationship": 0.02, "gift": 0.015}
_REGISTERED = {"property": 0.75, "second_job": 0.65, "company": 0.95, "membership": 0.70}
_LATE_SHARE = 0.06
_MISMATCHED = 0.022
_CLOSE_MISMATCH = 0.06


def declare_interests(scene: Scene) -> None:
    """Add declarations and register entries for the people whose home cell this is."""
    draw = scene.draw("declaration")
    officer, kind = _interests(scene, draw)
    started = _since(scene, draw, officer)
    is_member = kind == code("declaration", "kind", "membership")
    due = np.where(is_member, np.maximum(started, _day(MEMBERSHIP_RULE)), started)
    late = chance(draw, _LATE_SHARE, len(officer))
    after = np.where(late, draw.integers(40, 300, len(officer)), draw.integers(0, 28, len(officer)))
    after = np.where(is_member, draw.integers(0, 75, len(officer)), after)
    ended = _until(scene, draw, started, len(officer))
    declared = np.minimum(due + after, np.where(ended == NO_TIME, np.iinfo(np.int32).max, ended))
    kept = (declared < scene.force.end) & (declared >= scene.force.people.joined[officer])
    scene.add(
        "declaration",
        officer_id=officer[kept],
        kind=kind[kept],
        valid_from=started[kept],
        valid_to=ended[kept],
        declared_on=declared[kept],
    )
    _register(scene, officer=officer[kept], kind=kind[kept], started=started[kept], ended=ended[kept])


def _day(when: date) -> int:
    return day_number(when)


def _interests(scene: Scene, draw: np.random.Generator) -> tuple[Array, Array]:
    """Return who has an interest and of which kind."""
    home = scene.home
    regular = scene.force.people.workforce[home] == code("officer", "workforce", "officer")
    business = home[regular & chance(draw, scene.world.figure("business_interest_share"), len(home))]
    business = np.concatenate([business, business[chance(draw, _SECOND_INTEREST, len(business))]])
    kinds = codes("declaration", "kind", _BUSINESS)[pick(draw, len(business), _BUSINESS_SHARE)]
    officers, chosen = [business], [kinds]
    for name, share in {"membership": _MEMBER_SHARE, **_OTHER_KINDS}.items():
        people = home[chance(draw, share, len(home))]
        officers.append(people)
        chosen.append(np.full(len(people), code("declaration", "kind", name)))
    return np.concatenate(officers), np.concatenate(chosen)


def _since(scene: Scene, draw: np.random.Generator, officer: Array) -> Array:
    """Return when each interest began: most before the world, none before the person joined."""
    back = draw.integers(-scene.force.days, 6 * 365, len(officer))
    joined: Array = scene.force.people.joined[officer]
    return np.maximum(scene.force.start - back, joined)


def _until(scene: Scene, draw: np.random.Generator, started: Array, count: int) -> Array:
    """Return when each interest ended; null for most and where it lies beyond the world."""
    ended = started + draw.integers(120, 1500, count)
    over = chance(draw, 0.15, count) & (ended < scene.force.end) & (ended >= scene.force.start)
    return np.where(over, ended, NO_TIME)


def _register(scene: Scene, *, officer: Array, kind: Array, started: Array, ended: Array) -> None:
    draw = scene.draw("external_register")
    held = np.zeros(len(CONTRACT["declaration"].column["kind"].values))
    for name, share in _REGISTERED.items():
        held[code("declaration", "kind", name)] = share
    listed = chance(draw, held[kind])
    wrong = scene.home[chance(draw, _MISMATCHED, len(scene.home))]
    close = chance(draw, _CLOSE_MISMATCH, len(wrong))
    low = 0.30 + 0.45 * draw.random(len(wrong))
    score = np.where(close, 0.82 + 0.15 * draw.random(len(wrong)), low)
    since = np.maximum(
        scene.force.start + draw.integers(-700, scene.force.days - 1, len(wrong)), scene.force.people.joined[wrong]
    )
    names = codes("external_register", "kind", tuple(_REGISTERED))
    true_from = started[listed] + draw.integers(-10, 20, int(listed.sum()))
    true_to = np.where(ended[listed] == NO_TIME, NO_TIME, np.maximum(ended[listed], true_from))
    true_score = np.round(draw.beta(22.0, 1.6, int(listed.sum())), 3)
    scene.add(
        "external_register",
        officer_id=np.concatenate([officer[listed], wrong]),
        kind=np.concatenate([kind[listed], names[pick(draw, len(wrong), (0.4, 0.25, 0.3, 0.05))]]),
        valid_from=np.concatenate([true_from, since]),
        valid_to=np.concatenate([true_to, np.full(len(wrong), NO_TIME)]),
        match_score=np.concatenate([true_score, np.round(score, 3)]),
    )
