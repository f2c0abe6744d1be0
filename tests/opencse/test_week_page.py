"""The page on the published week: its figures add up, and are those that were measured."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from benchmarks.the_week import FORCE, KINDS, Kind, of_kind, scores_of
from data.synthetic.generate import generate
from data.synthetic.world import load as load_world
from opencse.docs.__main__ import ROOT
from opencse.docs.week_page import LISTED, PREVALENCES, RESULTS, SENSITIVITIES, week_page
from pipeline.settings import load as load_settings
from pipeline.trial import try_records
from stress.plan import load_plan


def test_the_published_kinds_add_up_to_the_list() -> None:
    results = json.loads((ROOT / RESULTS).read_text(encoding="utf-8"))
    for size in results["sizes"]:
        published = [row["published"] for row in size["kinds"] if row["world"] == "drawn"]
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
    (size,) = [
        size for size in json.loads((ROOT / RESULTS).read_text("utf-8"))["sizes"] if (size["people"],) == plan.people
    ]
    assert set(plan.seed_list) <= set(size["seeds"])


def test_lists_are_made_from_the_very_scores_of_a_whole_run(tmp_path: Path) -> None:
    generate(load_world("drawn", seed=3, people=200, months=3), out=tmp_path / "world")
    few = scores_of(tmp_path / "world" / "records")
    whole = try_records(tmp_path / "world" / "records", settings=load_settings()).scores.to_pandas()
    names = {name for kind in KINDS for name in kind.by}
    whole = whole[(whole["subject_kind"] == "officer") & whole["detector"].isin(names)]
    order = ["detector", "subject_id"]
    columns = [*order, "score", "p_value"]
    few, whole = (table.sort_values(order, ignore_index=True)[columns] for table in (few, whole))
    assert {"pairs", "overtime_without_trace", "office_day_without_entry"} <= set(few["detector"])
    assert few.equals(whole)


def test_a_list_takes_the_strongest_and_counts_who_has_no_pattern_of_concern() -> None:
    kind = Kind("made by hand", FORCE // 50, ("a", "b"), ("planted",))
    scores = pd.DataFrame({"subject_id": [1, 2, 3, 4], "detector": ["a", "a", "a", "b"], "score": [1.0, 2.0, 3.0, 9.0]})
    truth = pd.DataFrame({"subject_id": [3], "typology": ["planted"]})
    # Two of a hundred are listed: the strongest by each rule, whatever the rules' scales.
    list_of_two = of_kind(kind, scores, truth, {3}, 100)
    assert sorted(list_of_two["who"]) == [3, 4]
    assert (list_of_two["listed_innocent"], list_of_two["listed_of_kind"]) == (1, 1)
    assert list_of_two["spoken_about_innocent"] == 3


def test_the_page_says_how_many_forces_of_the_published_size_were_run() -> None:
    large = json.loads((ROOT / RESULTS).read_text(encoding="utf-8"))["sizes"][0]
    page = week_page(ROOT)
    assert f"**{2 * large['forces']} [drawn forces]" in page
    assert large["people"] == 46_000
    assert f"of {large['people']:,} people** over 12 months were run" in page
