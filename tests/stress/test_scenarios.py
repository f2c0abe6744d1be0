"""What every scenario found in the folder keeps to, and what each does."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
import sklearn.linear_model  # noqa: F401 - when first imported it draws from the global generator

from data.contract import CONTRACT
from data.errors import UsageError
from data.store import Store
from data.synthetic.memory_world import MemoryWorld, make_world
from data.synthetic.world import load as load_world
from opencse.docs.scenarios_page import PAGE, scenarios_page
from pipeline.loading import load_records
from pipeline.settings import Settings, load
from stress.draft import NULL, Draft
from stress.scenario_run import ScenarioResult, disturb, perform
from stress.scenarios import scenario, scenarios

ROOT = Path(__file__).parent.parent.parent
NAMES = sorted(scenarios())
ON_RECORDS = [n for n in NAMES if scenarios()[n].world or scenarios()[n].records]


@cache
def world() -> MemoryWorld:
    months = load_world("demo", people=300, months=8, seed=5)
    return make_world(months.model_copy(update={"starts_on": date(2025, 8, 1)}))


@cache
def settings() -> Settings:
    """A few indicators, rules and one detector: what is tested here is the scenarios, not the detectors."""
    chosen = load()
    features = chosen.features.model_copy(update={"indicators": ["complaints", "days_served", "overtime_minutes"]})
    models = chosen.models.model_copy(update={"detectors": ["peer_rate"], "rules": ["undeclared_interest"]})
    return chosen.model_copy(update={"features": features, "models": models})


@cache
def twin() -> ScenarioResult:
    return perform(world(), settings=settings())


@cache
def highest(name: str) -> Draft:
    found = scenarios()[name]
    return disturb(world(), found, max(found.doses))


def differing(one: dict[str, pa.Table], other: dict[str, pa.Table]) -> set[str]:
    return {n for n in {*one, *other} if n not in one or n not in other or not one[n].equals(other[n])}


def dangling(records: dict[str, pa.Table], truth: dict[str, pa.Table]) -> set[tuple[str, int]]:
    """The planted rows that are in no table."""
    rows = truth["truth_row"]
    found = set()
    for name in sorted(set(rows["table_name"].to_pylist())):
        mine = rows.filter(pc.equal(rows["table_name"], name))["row_id"]
        there = records[name][str(CONTRACT[name].key)] if name in records else pa.array([], pa.int64())
        found |= {(name, row) for row in mine.filter(pc.invert(pc.is_in(mine, value_set=there))).to_pylist()}
    return found


def broken(records: dict[str, pa.Table], changed: set[str]) -> set[tuple[str, str]]:
    """The rules that rows break, looking at tables that changed, those that refer to them, and those they refer to."""
    referring = changed | {t.name for t in CONTRACT if any(c.references in changed for c in t.columns)}
    parents = {str(c.references) for name in referring for c in CONTRACT[name].columns if c.references}
    with Store(threads=1) as store:
        tables = {n: records[n] for n in referring | parents if n in records}
        return set(load_records(tables, store=store, check="constraints").violations)


def test_there_are_at_least_twenty_and_each_says_what_it_is() -> None:
    assert len(NAMES) >= 20
    for found in scenarios().values():
        assert found.question.startswith("What if")
        assert found.question.endswith("?")
        assert min(map(len, (found.modelled_on, found.expects, found.dose))) > 10, found.name
        assert list(found.doses) == sorted({d for d in found.doses if d > 0}), found.name
        assert set(found.tables) <= CONTRACT.records.keys(), found.name
        assert found.rounds[-1] == 0, found.name
        assert any((found.world, found.records, found.settings, found.between, found.method)), found.name


@pytest.mark.parametrize("name", ON_RECORDS)
def test_at_dose_0_nothing_is_changed(name: str) -> None:
    draft = disturb(world(), scenarios()[name], 0.0)
    assert differing(draft.records, world().records) == set()
    assert differing(draft.truth, world().truth) == set()


@pytest.mark.parametrize("name", ON_RECORDS)
def test_only_the_stated_tables_are_changed_and_some_are(name: str) -> None:
    changed = differing(highest(name).records, world().records)
    assert changed
    assert changed <= set(scenarios()[name].tables)


@pytest.mark.parametrize("name", ON_RECORDS)
def test_the_same_dose_gives_the_same_records(name: str) -> None:
    found = scenarios()[name]
    again = disturb(world(), found, max(found.doses))
    assert differing(again.records, highest(name).records) == set()
    assert differing(again.truth, highest(name).truth) == set()


@pytest.mark.parametrize("name", ON_RECORDS)
def test_the_truth_goes_with_the_records(name: str) -> None:
    draft = highest(name)
    assert dangling(draft.records, draft.truth) <= dangling(world().records, world().truth)
    units = set(draft.records["unit"]["unit_id"].to_pylist())
    officers = set(draft.records["officer"]["officer_id"].to_pylist())
    for row in draft.truth["truth_subject"].to_pylist():
        assert row["subject_id"] in (units if row["subject_kind"] == "unit" else officers)


@pytest.mark.parametrize("name", ON_RECORDS)
def test_records_meet_the_contract_but_for_the_faults_that_are_stated(name: str) -> None:
    changed = differing(highest(name).records, world().records)
    more = broken(highest(name).records, changed) - broken(world().records, changed)
    assert more <= set(scenarios()[name].breaks)
    assert bool(more) == bool(scenarios()[name].breaks)


@pytest.mark.parametrize("name", [n for n in NAMES if scenarios()[n].records])
def test_a_higher_dose_adds_to_what_a_lower_one_does(name: str) -> None:
    """Nested doses: rows that the lower dose changed or dropped are changed or dropped by the higher one too."""
    found = scenarios()[name]
    low, high = disturb(world(), found, min(found.doses)), highest(name)
    for table in sorted(differing(low.records, world().records)):
        assert touched(table, low) <= touched(table, high), table


def touched(table: str, draft: Draft) -> set[int]:
    """The keys of rows of the world that are no longer there as they were."""
    key = str(CONTRACT[table].key)
    before, after = world().records[table], draft.records.get(table)
    if after is None:
        return set(before[key].to_pylist())
    both = after.filter(pc.is_in(after[key], value_set=before[key])).sort_by(key)
    kept = before.filter(pc.is_in(before[key], value_set=both[key])).sort_by(key)
    moved = np.zeros(len(both), dtype=bool)
    for name in before.column_names:
        one, other = both[name].combine_chunks(), kept[name].combine_chunks()
        same = pc.equal(one, other).fill_null(False).to_numpy(zero_copy_only=False)
        null = pc.and_(pc.is_null(one), pc.is_null(other)).to_numpy(zero_copy_only=False)
        moved |= ~(same | null)
    gone = before[key].filter(pc.invert(pc.is_in(before[key], value_set=after[key])))
    return set(gone.to_pylist()) | set(both[key].filter(pa.array(moved)).to_pylist())


@pytest.mark.parametrize("name", [n for n in NAMES if len(scenarios()[n].rounds) > 1 or scenarios()[n].settings])
def test_what_acts_in_rounds_or_on_settings_flags_at_dose_0_whom_the_twin_flags(name: str) -> None:
    found = perform(world(), settings=settings(), scenario=scenarios()[name], dose=0.0)
    assert found.trial.flags.equals(twin().trial.flags)
    usual = set(twin().trial.scores["detector"].to_pylist())
    known = pc.is_in(found.trial.scores["detector"], value_set=pa.array(sorted(usual)))
    assert found.trial.scores.filter(known).equals(twin().trial.scores)


def test_a_scenario_of_the_users_own_is_a_python_file(tmp_path: Any) -> None:
    own = tmp_path / "half_the_shifts.py"
    own.write_text(
        "from stress.scenario import Scenario\n"
        "def halve(draft, dose):\n"
        "    draft.drop('shift', draft.rng.random(draft.size('shift')) < dose)\n"
        "SCENARIO = Scenario(question='What if?', modelled_on='-', expects='-', dose='share', doses=(0.5,),\n"
        "                    tables=('shift',), records=halve)\n"
    )
    found = scenario(str(own))
    assert found.name == "half_the_shifts"
    assert 0.45 < len(disturb(world(), found, 0.5).records["shift"]) / len(world().records["shift"]) < 0.55


def test_an_unknown_scenario_and_a_file_that_declares_none_are_refused(tmp_path: Any) -> None:
    with pytest.raises(UsageError, match="no scenario 'earthquake'"):
        scenario("earthquake")
    (tmp_path / "empty.py").write_text("")
    with pytest.raises(UsageError, match="declares no SCENARIO"):
        scenario(str(tmp_path / "empty.py"))
    (tmp_path / "faulty.py").write_text("1 / 0")
    with pytest.raises(UsageError, match="cannot be used"):
        scenario(str(tmp_path / "faulty.py"))


# ---------------------------------------------------------------- the draft


def draft() -> Draft:
    made = world()
    rng = np.random.default_rng(1)
    return Draft(made.records, made.truth, starts_on=made.world.starts_on, ends_on=made.world.ends_on, rng=rng)


def test_a_draft_reads_and_writes_every_column_unchanged() -> None:
    given = draft()
    for table in CONTRACT:
        rows = np.ones(given.size(table.name), dtype=bool)
        given.change(table.name, rows, **{c.name: given.column(table.name, c.name) for c in table.columns})
    assert differing(given.records, world().records) == set()


def planted(given: Draft, table: str) -> list[tuple[int, str, int]]:
    rows = [r for r in given.truth["truth_row"].to_pylist() if r["table_name"] == table]
    return sorted((r["row_id"], r["typology"], r["subject_id"]) for r in rows)


def test_copies_of_planted_rows_are_planted_and_dropped_rows_leave_the_truth() -> None:
    given = draft()
    before = planted(given, "roster_edit")
    at = np.flatnonzero(np.isin(given.keys("roster_edit"), [row for row, _, _ in before]))
    assert len(at) > 3
    copied = given.copy("roster_edit", np.concatenate([at, at[:2], [0 if 0 not in at else 1]]))
    more = planted(given, "roster_edit")
    assert len(more) - len(before) >= len(at) + 2
    assert {row for row, _, _ in more} - {row for row, _, _ in before} <= set(copied.tolist())
    given.drop("roster_edit", np.isin(given.keys("roster_edit"), copied))
    assert planted(given, "roster_edit") == before
    given.remove("roster_edit")
    assert planted(given, "roster_edit") == []
    assert "roster_edit" not in given


def test_rows_that_are_added_have_new_keys_and_nulls_where_nothing_is_given() -> None:
    given = draft()
    keys = given.add(
        "complaint",
        3,
        complaint_id=1,
        officer_id=7,
        category="duties",
        source="public",
        received_on=20000,
        known_on=20001,
    )
    assert len(set(keys.tolist()) - set(world().records["complaint"]["allegation_id"].to_pylist())) == 3
    added = given.records["complaint"].slice(len(world().records["complaint"])).to_pylist()
    assert [row["outcome"] for row in added] == [None] * 3
    assert (given.column("complaint", "finalised_on")[-3:] == NULL).all()
    with pytest.raises(ValueError, match="known_on"):
        given.add("complaint", 1, officer_id=7)


def test_innocents_have_nothing_planted_and_serve_in_no_planted_team() -> None:
    given = draft()
    rows = given.truth["truth_subject"].to_pylist()
    innocent = set(given.innocents().tolist())
    assert 0 < len(innocent) < given.size("officer")
    assert innocent.isdisjoint(r["subject_id"] for r in rows if r["subject_kind"] == "officer")
    units = {r["subject_id"] for r in rows if r["subject_kind"] == "unit"}
    serving = [p["officer_id"] for p in given.records["posting"].to_pylist() if p["unit_id"] in units]
    assert serving
    assert innocent.isdisjoint(serving)


def test_the_page_of_scenarios_is_what_they_declare() -> None:
    assert (ROOT / PAGE).read_text(encoding="utf-8") == scenarios_page(), "run `make docs`"
