"""What ordinary life leaves in drawn forces: that it meets the contract, and whom it touches."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from data.contract import CONTRACT
from data.store import Store
from data.synthetic.build import Parts, build_parts, cell_occurrences
from data.synthetic.cell_records import CellRecords
from data.synthetic.generate import Generated, generate
from data.synthetic.nuisance import Tendency, nuisances
from data.synthetic.rows import NO_TIME, Rows, code
from data.synthetic.tendencies import wandering
from data.synthetic.world import World, load, median_world

from .conftest import faults, open_world


@pytest.fixture(scope="module")
def plain() -> World:
    """The median drawn force with nothing planted and no archetypes."""
    world = median_world(people=700, months=20)
    none = world.typologies.model_copy(update={"include": ()})
    return world.model_copy(update={"typologies": none, "archetypes": none})


@pytest.fixture(scope="module")
def parts(plain: World) -> Parts:
    return build_parts(plain)


@pytest.fixture(scope="module")
def cell(parts: Parts) -> CellRecords:
    """A borough of the force before any nuisance."""
    return cell_occurrences(parts, 0)


def with_rate(cell: CellRecords, name: str, rate: float) -> CellRecords:
    """The same cell, with tables of its own, in a world where one nuisance has another rate."""
    world = cell.world.model_copy(update={"draws": {**cell.world.draws, f"rate/{name}": rate}})
    return replace(cell, world=world, tables=dict(cell.tables))


@pytest.mark.parametrize("seed", [3, 1001])
def test_a_drawn_force_meets_the_contract(tmp_path: Path, seed: int) -> None:
    made: Generated = generate(load("drawn", people=100, months=4, seed=seed), out=tmp_path / "w")
    with open_world(made) as store:
        assert {table.name: broken for table in CONTRACT if (broken := faults(store, table))} == {}


@pytest.mark.parametrize("name", sorted(nuisances()))
def test_a_nuisance_touches_its_own_tables_and_none_at_a_rate_of_zero(
    cell: CellRecords, parts: Parts, name: str
) -> None:
    for rate, tables in ((0.0, set()), (5.0, TOUCHED[name])):
        spoilt = with_rate(cell, name, rate)
        nuisances()[name].leave(Tendency(name, spoilt, parts.tendencies))
        assert {table for table in cell.tables if differs(cell.tables[table], spoilt.tables[table])} == tables


def differs(left: Rows, right: Rows) -> bool:
    return len(left) != len(right) or any(
        not np.array_equal(left[column], right[column]) for column in left.table.names if column in left.columns
    )


TOUCHED = {
    "absence_end_late": {"absence"},
    "attendance_missing": {"attendance"},
    "broken_pass": {"site_entry"},
    "colleague_booking": {"roster_edit"},
    "complainant_series": {"complaint"},
    "complaint_cluster": {"complaint"},
    "decompression_course": {"training"},
    "early_exit": {"site_entry"},
    "entry_missing": {"site_entry"},
    "expense_misdated": {"expense"},
    "expense_near_limit": {"expense"},
    "expense_self_approved": {"expense"},
    "force_mistimed": {"use_of_force"},
    "force_severity": {"use_of_force"},
    "grievance_series": {"grievance"},
    "injury_recorded": {"use_of_force"},
    "interest_undeclared": {"declaration"},
    "late_booking": {"roster_edit"},
    "lookup_caseload": {"system_access"},
    "lookup_for_colleague": {"system_access"},
    "lookup_off_duty": {"system_access"},
    "lookup_repeated": {"system_access"},
    "own_rostering": {"roster_edit"},
    "register_namesake": {"external_register"},
    "return_in_stages": {"absence"},
    "roster_after_grievance": {"roster_edit"},
    "search_area": {"stop_search"},
    "search_operation": {"stop_search"},
    "supervisor_cut": {"roster_edit"},
    "video_off": {"use_of_force", "stop_search"},
}


def test_people_differ_in_their_nuisances_and_are_alike_in_several(parts: Parts) -> None:
    one, two = (np.log(parts.tendencies.multiples(name)).mean(axis=1) for name in ("early_exit", "video_off"))
    # The person's and the team's shares of the variance, in the middle of their priors: 0.35 + 0.15.
    assert 0.3 < np.corrcoef(one, two)[0, 1] < 0.8
    multiples = parts.tendencies.multiples("early_exit")
    assert multiples.mean() == pytest.approx(1.0, rel=0.25)
    assert np.sort(multiples.mean(axis=1))[-70:].sum() > 0.3 * multiples.mean(axis=1).sum()


def test_a_third_of_a_drift_is_forgotten_within_a_year(plain: World) -> None:
    level = wandering(np.random.default_rng(1), 4000, 13, plain)
    assert level.std() == pytest.approx(1.0, abs=0.03)
    correlation = np.corrcoef(level[:, 0], level[:, 12])[0, 1]
    assert correlation == pytest.approx(1 - plain.draws["drift/forgetting"], abs=0.06)


def sick_days(world: World, cell: CellRecords, rate: float) -> float:
    """Days of sickness on record, a person, where so many ends are recorded late."""
    world = world.model_copy(update={"people": 6000, "draws": {**world.draws, "rate/absence_end_late": rate}})
    parts = build_parts(world)
    whole = replace(cell, world=world, force=parts.force, tables={"absence": parts.calendar.spells})
    nuisances()["absence_end_late"].leave(Tendency("absence_end_late", whole, parts.tendencies))
    spells = whole.tables["absence"]
    spells = spells.take(spells["kind"] == code("absence", "kind", "sickness"))
    last = np.where(spells["ended_on"] == NO_TIME, parts.force.end - 1, spells["ended_on"])
    return float((last - np.maximum(spells["started_on"], parts.force.start) + 1).sum() / len(parts.force.people))


def test_ends_recorded_late_do_not_make_a_force_sicker_than_was_drawn(plain: World, cell: CellRecords) -> None:
    assert sick_days(plain, cell, 0.3) == pytest.approx(sick_days(plain, cell, 0.002), rel=0.1)


@pytest.fixture(scope="module")
def year(tmp_path_factory: pytest.TempPathFactory) -> Generated:
    world = load("drawn-null", people=250, months=9, seed=11)
    return generate(world, out=tmp_path_factory.mktemp("year") / "out", threads=2)


@pytest.mark.parametrize(
    ("table", "where"),
    [
        ("expense", "approver_id = officer_id"),
        ("roster_edit", "editor_id = officer_id AND minutes_gained > 0"),
        ("roster_edit", "editor_id <> officer_id AND minutes_gained < 0 AND field IN ('duty', 'cancel')"),
        ("use_of_force", "NOT video"),
        ("system_access", "incident_id IS NULL AND subject_id IS NOT NULL"),
    ],
)
def test_innocent_people_have_rows_that_were_once_those_of_patterns_alone(
    year: Generated, table: str, where: str
) -> None:
    with open_world(year) as store:
        assert people_with(store, table, where) >= 0.01 * year.rows["officer"]


def people_with(store: Store, table: str, where: str) -> int:
    return int(store.value(f"SELECT count(DISTINCT officer_id) FROM {table} WHERE {where}"))
