"""What is drawn of a force's shape, ranks, teams and recording moves what it says, and nothing else."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.arrays import Array
from data.synthetic.build import Parts, build_parts, cell_occurrences
from data.synthetic.cell_records import CellRecords
from data.synthetic.drawn_settings import drawn_settings
from data.synthetic.layers.recording import LAGS, lags
from data.synthetic.layers.recording_faults import spoil
from data.synthetic.layers.structure import build_structure
from data.synthetic.priors import UNFORGOTTEN, draws, priors
from data.synthetic.rows import code
from data.synthetic.streams import Streams
from data.synthetic.world import World, load

_DRAW = st.floats(1e-6, 1 - 1e-6)


def force(people: int = 900, **drawn: float) -> Parts:
    """A median force with some draws of one's own, named with `__` for `/`."""
    return build_parts(settled(load("tiny", people=people, months=6), **drawn))


def settled(world: World, **drawn: float) -> World:
    own = {name.replace("__", "/"): value for name, value in drawn.items()}
    assert set(own) <= set(world.draws)
    return world.model_copy(update={"draws": world.draws | own})


def share(parts: Parts, mask: Array) -> float:
    return float(mask.sum() / len(parts.force.stints))


def rank(name: str) -> int:
    return code("posting", "rank", name)


@pytest.mark.parametrize(("role", "usual"), [("headquarters", 0.72), ("neighbourhood", 0.21)])
def test_the_share_of_staff_follows_its_odds(role: str, usual: float) -> None:
    stints = force(people=3000, workforce__staff=2.0).force.stints
    among = stints.role == code("posting", "role", role)
    found = float((stints.rank[among] == rank("staff")).mean())
    assert found / (1 - found) == pytest.approx(2 * usual / (1 - usual), rel=0.15)


@pytest.mark.parametrize(
    ("prior", "value", "name", "more"),
    [
        ("ranks__sergeants", 1.6, "sergeant", True),
        ("ranks__inspectors", 2.0, "inspector", True),
        ("ranks__inspectors", 8.0, "inspector", False),
        ("ranks__seniors", 2.5, "superintendent", True),
    ],
)
def test_rank_shares_follow_what_was_drawn(prior: str, value: float, name: str, more: bool) -> None:
    before, after = (share(one, one.force.stints.rank == rank(name)) for one in (force(), force(**{prior: value})))
    assert (after > 1.2 * before) if more else (after < 0.95 * before)


@given(st.integers(60, 3000), _DRAW, _DRAW)
@settings(max_examples=40, deadline=None)
def test_posts_of_teams_add_up_and_no_team_is_tiny(people: int, spread: float, boroughs: float) -> None:
    own = {
        "structure__team_size_spread": priors()["structure/team_size_spread"].quantile(spread),
        "structure__teams_a_borough": priors()["structure/teams_a_borough"].quantile(boroughs),
    }
    structure = build_structure(settled(load("tiny", people=people), **own), Streams(1), positions=people)
    assert structure.team_size.sum() == people
    assert structure.team_size.min() >= min(4, people // len(structure.team_size))


def test_team_sizes_differ_as_much_as_was_drawn() -> None:
    narrow, wide = (force(structure__team_size_spread=value).force.structure.team_size for value in (0.2, 3.0))
    assert narrow.std() < 0.8 < 2.0 < wide.std()


def test_a_force_has_as_many_boroughs_as_its_teams_fill() -> None:
    few, many = (force(people=3000, structure__teams_a_borough=value).force.structure for value in (24.0, 6.0))
    assert len(few.borough_units) < len(many.borough_units)


@pytest.mark.parametrize(
    ("effect", "role"), [("specialists", "firearms"), ("headquarters", "headquarters"), ("team_size", None)]
)
def test_size_moves_the_shape_by_the_drawn_power(effect: str, role: str | None) -> None:
    seed = next(
        seed
        for seed in range(1, 99)
        if draws(seed)[f"force_size/{effect}"] > 0.5 * priors()[f"force_size/{effect}"].high
    )
    small, large = (
        drawn_settings(seed, people=people, starts_on=date(2024, 9, 1), months=24)["structure"]
        for people in (500, 46_000)
    )
    power = draws(seed)[f"force_size/{effect}"]
    one, two = (shape["roles"][role] if role else shape["team_size"] for shape in (small, large))
    assert one / two == pytest.approx((500 / 46_000) ** power, rel=1e-4)
    assert small["roles"]["response"] == large["roles"]["response"]


@pytest.mark.parametrize("kind", sorted(LAGS))
def test_usual_lags_are_those_of_the_table_but_for_late_rows(kind: str) -> None:
    world = settled(load("tiny"), **({} if kind in UNFORGOTTEN else {f"late__{kind}": 0.0}))
    usual = np.array(LAGS[kind]) / sum(LAGS[kind])
    assert lags(world, kind) == pytest.approx(usual)


@pytest.mark.parametrize("multiple", [0.3, 0.5, 1.7, 4.0])
def test_lags_stretch_by_what_was_drawn(multiple: float) -> None:
    world = settled(load("tiny"), lag__complaint=multiple, late__complaint=0.0)
    chances = np.array(lags(world, "complaint"))
    usual = np.array(LAGS["complaint"])
    middle = ((np.arange(len(usual)) + 0.5) * usual).sum() / usual.sum()
    assert chances.sum() == pytest.approx(1)
    # Whole days: what is stretched is the moment, of which the day is a part.
    assert ((np.arange(len(chances)) + 0.5) * chances).sum() == pytest.approx(multiple * middle, abs=0.51)
    assert len(chances) == np.ceil(len(usual) * multiple)


def test_a_drawn_share_of_rows_is_recorded_weeks_late() -> None:
    chances = np.array(lags(settled(load("tiny"), late__grievance=0.05, recording__late_days=30.0), "grievance"))
    late = chances[len(LAGS["grievance"]) :].sum()
    assert late == pytest.approx(0.05 * (1 - 1 / 30) ** len(LAGS["grievance"]), rel=0.05)
    assert chances.sum() == pytest.approx(1)


def test_a_machine_forgets_nothing() -> None:
    assert len(lags(load("drawn", seed=3), "site_entry")) < 15


def occurrences(**drawn: float) -> CellRecords:
    return cell_occurrences(force(**drawn), 0)


def test_what_one_force_draws_of_force_moves_no_search() -> None:
    one, two = occurrences(), occurrences(work__force__custody=2.0)
    assert len(two.tables["use_of_force"]) != len(one.tables["use_of_force"])
    for table in ("shift", "stop_search", "system_access", "complaint"):
        assert all(
            np.array_equal(two.tables[table][name], values) for name, values in one.tables[table].columns.items()
        )


def test_teams_differ_in_what_they_leave_and_not_on_average() -> None:
    effect = force(posting__team_spread=0.5).tendencies.of_team("searches")
    sizes = force().force.structure.team_size
    assert np.average(effect, weights=sizes) == pytest.approx(1)
    assert 0.3 < np.log(effect).std() < 0.7


def test_parts_of_a_force_differ_in_how_often_they_record_twice() -> None:
    def copies(spread: float) -> list[int]:
        parts = force(people=1500, recording__area_spread=spread)
        parts = build_parts(
            parts.world.model_copy(update={"recording": parts.world.recording.model_copy(update={"duplicates": 0.1})})
        )
        return [added(cell_occurrences(parts, number)) for number in range(parts.force.structure.cells)]

    def added(cell: CellRecords) -> int:
        for table, data in cell.tables.items():
            cell.set_columns(table, known_on=data.day().astype(np.int32))
        before = len(cell.tables["use_of_force"])
        spoil(cell)
        return len(cell.tables["use_of_force"]) * 1000 // max(before, 1) - 1000

    even, uneven = copies(0.05), copies(0.8)
    assert np.std(uneven) > 2 * np.std(even)


def test_every_kind_of_record_has_a_prior_for_its_lag() -> None:
    named = {name.partition("/")[2] for name in priors() if name.startswith("lag/")}
    assert named == set(LAGS) | {"booking", "external_register"}
    assert {name.partition("/")[2] for name in draws(1) if name.startswith("late/")} == named - set(UNFORGOTTEN)
