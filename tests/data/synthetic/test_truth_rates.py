"""The truth by degree, and how strong planted patterns are next to what peers do."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from data.synthetic.build import build_parts
from data.synthetic.memory_world import MemoryWorld, make_world
from data.synthetic.planted_subject import PlantedSubject
from data.synthetic.truth_rates import KINDS, main_roles, serving_months
from data.synthetic.world import World, load


@pytest.fixture(scope="module")
def world() -> World:
    return load("drawn", people=400, months=12, seed=21)


@pytest.fixture(scope="module")
def drawn(world: World) -> MemoryWorld:
    return make_world(world)


@pytest.fixture(scope="module")
def null(world: World) -> MemoryWorld:
    return make_world(load("drawn-null", people=400, months=12, seed=21))


def rates(made: MemoryWorld) -> pd.DataFrame:
    return made.truth["truth_rate"].to_pandas()


def test_every_serving_officer_has_a_rate_of_every_kind_in_every_month(null: MemoryWorld, world: World) -> None:
    table = rates(null)
    serving = serving_months(build_parts(world).force, 12 + 1).sum()
    assert set(table["kind"]) == set(KINDS)
    assert (table.groupby("kind").size() == serving).all()
    assert not table.duplicated(["officer_id", "kind", "month_from"]).any()


def test_ordinary_people_of_a_role_have_a_rate_of_one_on_average(null: MemoryWorld, world: World) -> None:
    parts = build_parts(world)
    role = dict(zip(parts.force.people.officer_id.tolist(), main_roles(parts.force).tolist(), strict=True))
    table = rates(null)
    means = table.groupby([table["officer_id"].map(role), "kind", "month_from"])["relative_rate"].mean()
    assert np.allclose(means, 1.0, atol=0.01)


def test_rates_wander_in_drawn_forces_and_in_designed_ones(null: MemoryWorld) -> None:
    for made in (null, make_world(load("null", people=100, months=6))):
        table = rates(made)
        force = table[table["kind"] == "force"]
        lasting = force.groupby("officer_id")["relative_rate"].agg(lambda v: v.max() / max(v.min(), 1e-9))
        # Peers come and go, which moves everybody's rate a little.
        assert lasting.median() > 1.2


def test_planted_rows_raise_the_rate_of_whose_they_are_and_lower_nobody_elses(
    drawn: MemoryWorld, null: MemoryWorld
) -> None:
    key = ["officer_id", "kind", "month_from"]
    both = rates(drawn).merge(rates(null), on=key, suffixes=("", "_null"), validate="1:1")
    assert len(both) == len(rates(null))
    higher = both["relative_rate"] - both["relative_rate_null"]
    assert (higher > -1e-3).all()
    planted = drawn.truth["truth_row"].to_pandas()
    edits = planted[(planted["table_name"] == "roster_edit") & (planted["typology"] == "roster_self_editing")]
    subjects = both[both["officer_id"].isin(edits["subject_id"]) & (both["kind"] == "roster_edits")]
    assert subjects.groupby("officer_id")["relative_rate"].max().gt(1).all()


def test_a_true_rate_predicts_the_rows_that_come(null: MemoryWorld) -> None:
    table = rates(null)
    mean = table[table["kind"] == "lookups"].groupby("officer_id")["relative_rate"].mean()
    rows = null.records["system_access"].to_pandas().groupby("officer_id").size().reindex(mean.index).fillna(0)
    assert np.corrcoef(np.log(mean + 0.05), np.log(rows + 1))[0, 1] > 0.3


@pytest.mark.parametrize("name", ["drawn", "demo"])
def test_intensities_are_multiples_from_barely_visible_to_blatant(name: str) -> None:
    subjects = pd.concat(
        make_world(load(name, people=300, months=9, seed=seed)).truth["truth_subject"].to_pandas() for seed in (31, 32)
    )
    assert (subjects["intensity"] >= 1.2).all()
    assert subjects["intensity"].median() < 5
    assert subjects["intensity"].max() > 1.5 * subjects["intensity"].median()


def test_in_a_subtle_world_each_subject_exceeds_peers_by_two_fifths_of_what_they_would() -> None:
    usual, subtle = (
        {(s.name, s.member): s.multiple for s in planted(load(name, people=300, months=9))}
        for name in ("tiny", "subtle")
    )
    assert usual.keys() == subtle.keys()
    assert all(subtle[who] - 1 == pytest.approx(0.4 * (multiple - 1)) for who, multiple in usual.items())


def planted(world: World) -> list[PlantedSubject]:
    """Every subject of a typology of a world."""
    return [subject for subjects in build_parts(world).typologies.values() for subject in subjects]
