"""The page on the published week: its figures add up, and are those that were measured."""

from __future__ import annotations

import json

from opencse.docs.__main__ import ROOT
from opencse.docs.week_page import LISTED, PREVALENCES, RESULTS, SENSITIVITIES, week_page
from stress.plan import load_plan


def test_the_published_kinds_add_up_to_the_list() -> None:
    results = json.loads((ROOT / RESULTS).read_text(encoding="utf-8"))
    published = [row["published"] for row in results["kinds"] if row["world"] == "drawn"]
    assert sum(published) == LISTED


def test_whoever_of_a_list_is_not_of_concern_is_counted_as_innocent() -> None:
    page = week_page(ROOT)
    for share, because in PREVALENCES:
        (line,) = [line for line in page.splitlines() if because in line]
        for sensitivity in SENSITIVITIES:
            right = share * 46_000 * sensitivity
            assert f"{max(0, LISTED - round(right)):,} (" in line


def test_every_published_figure_says_where_it_comes_from() -> None:
    assert all(any(word in because for word in ("copy", "official", "assumption")) for _, because in PREVALENCES)


def test_the_plan_gives_as_many_places_as_the_list_has() -> None:
    plan = load_plan("week")
    assert round(plan.results.workload * 46) == LISTED
    assert {cell.scenario for cell in plan.cells()} == {"twin", "controls"}
    assert plan.seed_list == tuple(json.loads((ROOT / RESULTS).read_text(encoding="utf-8"))["seeds"])
