"""What many do is found as a practice, and what few do is not."""

from __future__ import annotations

from typing import Any

import numpy as np

from models.contradictions.practice import Claims, find_practices

MONTHS = np.arange("2025-01", "2026-01", dtype="datetime64[M]")
PEOPLE = 600


def claims(hits: Any, *, area: int | None = None) -> Claims:
    """Ten claims a month of 600 people in six areas and sixty teams; `hits` gives those contradicted, by person and
    month.

    Everybody in `area` is contradicted often.
    """
    person, month = np.repeat(np.arange(PEOPLE), 12), np.tile(np.arange(12), PEOPLE)
    areas = person // 100
    often = np.equal(areas, -2 if area is None else area) | (person % 50 == 7)
    days = np.array([hits(p, m) for p, m in zip(person.tolist(), month.tolist(), strict=True)], dtype=np.float64)
    return Claims(person, MONTHS[month], days, np.full(len(person), 10.0), areas, person // 10, often)


def test_what_a_quarter_of_the_people_do_is_a_practice_of_the_force_and_what_a_tenth_do_is_none() -> None:
    many, few = find_practices([claims(lambda p, m: p % 4 == 0 and m == 1), claims(lambda p, m: p % 10 == m == 1)])
    assert [(found.scope, found.people, found.people_contradicted) for found in many if found.scope == "force"] == [
        ("force", 600, 150)
    ]
    assert [found for found in few if found.scope == "force"] == []


def test_what_all_of_a_few_people_do_is_no_practice_of_the_force() -> None:
    """Seven people make such claims and all are contradicted: they may be the very people that the rule looks for."""
    everybody = claims(lambda p, m: 1)
    for people, scopes in ((7, []), (30, ["force"])):
        (found,) = find_practices([part_of(everybody, people)])
        assert [one.scope for one in found if one.scope == "force"] == scopes


def part_of(whole: Claims, people: int) -> Claims:
    """Some claims: those of the first people alone."""
    return Claims(**{name: values[whole.person < people] for name, values in vars(whole).items()})


def test_a_month_in_which_a_source_failed_is_found() -> None:
    (found,) = find_practices([claims(lambda p, m: p % 12 == m or (m == 5 and p % 3 == 0))])
    months = [one for one in found if one.scope == "month"]
    assert [(one.since, one.until) for one in months] == [(MONTHS[5], MONTHS[5])]
    assert all(one.is_part for one in months)


def test_an_area_is_found_with_the_months_since_when_and_covers_its_people_alone() -> None:
    since_march = claims(lambda p, m: (p // 100 == 3 and m >= 2) or p % 40 == m, area=3)
    (found,) = find_practices([since_march])
    (area,) = [one for one in found if one.scope == "area"]
    assert (area.scope_id, area.since, area.until) == (3, MONTHS[2], MONTHS[11])
    assert (area.people, area.people_contradicted) == (100, 100)
    covered = area.covers(since_march)
    assert set(since_march.person[covered].tolist()) == set(range(300, 400))
    assert since_march.month[covered].min() == MONTHS[2]


def test_unusual_people_here_and_there_are_no_practice() -> None:
    (found,) = find_practices([claims(lambda p, m: p % 50 == 7)])
    assert found == []
