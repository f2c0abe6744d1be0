from __future__ import annotations

from collections.abc import Iterator

import pytest

from data.contract import CONTRACT
from data.store import Store
from data.synthetic.generate import generate
from data.synthetic.planted_patterns import Move, archetypes
from data.synthetic.world import World, load

from .conftest import open_world, view


@pytest.fixture(scope="module")
def with_and_without(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A world with every archetype, several subjects each, and its twin without any, as `plain_<table>`."""
    folder = tmp_path_factory.mktemp("archetypes")
    null = load("null", people=500, months=18)
    many = null.archetypes.model_copy(update={"scale": 2.0})
    none = null.archetypes.model_copy(update={"include": ()})
    full = generate(null.model_copy(update={"archetypes": many}), out=folder / "full", threads=2)
    plain: World = null.model_copy(update={"archetypes": none})
    bare = generate(plain, out=folder / "plain", threads=2)
    with open_world(full) as store:
        for table in CONTRACT:
            view(store, f"plain_{table.name}", bare.records / f"{table.name}.parquet")
        yield store


def measure(store: Store, relation: str, table: str, move: Move, archetype: str) -> float:
    """The moved number over the subjects' own rows inside the dates of the archetype, and the half year after."""
    declared = CONTRACT[table]
    when = "a.known_on" if declared.occurred is None else f"CAST(a.{declared.occurred} AS DATE)"
    if table in ("external_register", "declaration"):
        when = "t.started_on"
    sql = f"""
        SELECT {move.value} FROM {relation} a JOIN truth_archetype t USING (officer_id)
        WHERE archetype = '{archetype}' AND {when} >= t.started_on - 1
          AND {when} <= coalesce(t.ended_on, DATE '2100-01-01') + 60 AND ({move.where})"""
    return float(store.value(sql) or 0.0)


@pytest.mark.parametrize("name", sorted(archetypes()))
def test_an_archetype_visibly_moves_what_it_says_it_moves(with_and_without: Store, name: str) -> None:
    moves = archetypes()[name].moves
    assert moves
    for move in moves:
        there = measure(with_and_without, move.table, move.table, move, name)
        bare = measure(with_and_without, f"plain_{move.table}", move.table, move, name)
        if move.up:
            assert there > 1.15 * bare, (move, there, bare)
        else:
            assert there < 0.87 * bare, (move, there, bare)
