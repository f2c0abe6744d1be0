from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from data.contract import CONTRACT
from data.store import Store
from data.synthetic.generate import Generated, generate
from data.synthetic.plantings import Pattern, archetypes, typologies
from data.synthetic.world import World, load

from .conftest import open_world, view


def same_rows(store: Store, table: str, left: str, right: str) -> int:
    """How many rows stand in one relation and not in the other, either way."""
    columns = ", ".join(CONTRACT[table].names)
    one, other = f"SELECT {columns} FROM {left}", f"SELECT {columns} FROM {right}"
    return int(store.value(f"SELECT count(*) FROM (({one} EXCEPT ALL {other}) UNION ALL ({other} EXCEPT ALL {one}))"))


def without(world: World, section: str, *names: str) -> World:
    settings = getattr(world, section)
    return world.model_copy(update={section: settings.model_copy(update={"exclude": names})})


def test_taking_the_truth_rows_out_and_the_originals_back_in_gives_the_world_without_typologies(
    tiny: Generated, tmp_path: Path
) -> None:
    plain = generate(without(load("tiny", months=9), "typologies", *typologies()), out=tmp_path / "plain")
    assert plain.truth_rows["truth_row"] == 0
    with open_world(tiny) as store:
        there = store.tables("main")
        for table in CONTRACT:
            view(store, f"plain_{table.name}", plain.records / f"{table.name}.parquet")
            planted = f"SELECT row_id FROM truth_row WHERE table_name = '{table.name}'"
            undone = f"SELECT {', '.join(table.names)} FROM {table.name} WHERE {table.key} NOT IN ({planted})"
            if f"before_{table.name}" in there:
                undone += f" UNION ALL SELECT {', '.join(table.names)} FROM before_{table.name}"
            assert same_rows(store, table.name, f"({undone})", f"plain_{table.name}") == 0, table.name


def test_unaltered_rows_keep_their_order(tiny: Generated, tmp_path: Path) -> None:
    plain = generate(without(load("tiny", months=9), "typologies", *typologies()), out=tmp_path / "plain")
    with open_world(tiny) as store:
        for table in ("shift", "roster_edit", "absence"):
            key = CONTRACT[table].key
            view(store, f"plain_{table}", plain.records / f"{table}.parquet")
            planted = {
                row for (row,) in store.rows("SELECT row_id FROM truth_row WHERE table_name = ?", parameters=[table])
            }
            with_them = [row for (row,) in store.rows(f"SELECT {key} FROM {table}") if row not in planted]
            there = set(with_them)
            assert with_them == [row for (row,) in store.rows(f"SELECT {key} FROM plain_{table}") if row in there]


def test_every_truth_row_is_a_row_of_its_table(opened: Store) -> None:
    named = opened.rows("SELECT DISTINCT table_name FROM truth_row ORDER BY 1")
    assert named
    for (table,) in named:
        key = CONTRACT[table].key
        lost = (
            f"SELECT count(*) FROM truth_row WHERE table_name = '{table}' AND row_id NOT IN (SELECT {key} FROM {table})"
        )
        assert opened.value(lost) == 0


def test_every_typology_and_archetype_is_planted_and_has_rows(opened: Store, tiny: Generated) -> None:
    def possible(patterns: Mapping[str, Pattern]) -> set[str]:
        return {name for name, p in patterns.items() if p.not_before is None or p.not_before < tiny.ends_on}

    subjects = {name for (name,) in opened.rows("SELECT DISTINCT typology FROM truth_subject")}
    with_rows = {name for (name,) in opened.rows("SELECT DISTINCT typology FROM truth_row")}
    assert subjects == possible(typologies())
    assert with_rows == possible(typologies())
    found = {name for (name,) in opened.rows("SELECT DISTINCT archetype FROM truth_archetype")}
    assert found == possible(archetypes())


def test_truth_subjects_exist(opened: Store) -> None:
    for kind, table, key in (("officer", "officer", "officer_id"), ("unit", "unit", "unit_id")):
        lost = f"subject_kind = '{kind}' AND subject_id NOT IN (SELECT {key} FROM {table})"
        for truth in ("truth_subject", "truth_row"):
            assert opened.value(f"SELECT count(*) FROM {truth} WHERE {lost}") == 0


@pytest.mark.parametrize(("section", "name"), [("typologies", "unlinked_lookups"), ("archetypes", "new_parent")])
def test_leaving_a_pattern_out_changes_no_row_of_anybody_else(
    tiny_world: World, tmp_path: Path, section: str, name: str
) -> None:
    plain_world = without(tiny_world, "typologies", *typologies()) if section == "archetypes" else tiny_world
    full = generate(plain_world, out=tmp_path / "full")
    less = generate(without(plain_world, section, name), out=tmp_path / "less")
    with open_world(full) as store:
        truth = "truth_archetype" if section == "archetypes" else "truth_subject"
        column = "officer_id, archetype" if section == "archetypes" else "subject_id, typology"
        chosen = f"SELECT who FROM (SELECT {column} FROM {truth}) AS t(who, pattern) WHERE pattern = '{name}'"
        assert store.rows(chosen)
        for table in CONTRACT:
            view(store, f"less_{table.name}", less.records / f"{table.name}.parquet")
            if table.key == "officer_id" or "officer_id" not in table.names:
                continue
            others = f"SELECT * FROM {{}} WHERE officer_id NOT IN ({chosen})"
            left, right = f"({others.format(table.name)})", f"({others.format('less_' + table.name)})"
            assert same_rows(store, table.name, left, right) == 0, table.name


def test_ids_do_not_show_which_rows_were_planted(opened: Store) -> None:
    # Planted look-ups lie among the ordinary ones of their cell: below, between and above.
    ordinary = opened.rows(
        "SELECT min(access_id), max(access_id) FROM system_access"
        " WHERE access_id NOT IN (SELECT row_id FROM truth_row WHERE table_name = 'system_access')"
    )[0]
    planted = opened.rows("SELECT row_id FROM truth_row WHERE table_name = 'system_access'")
    assert all(ordinary[0] <= row <= ordinary[1] for (row,) in planted)
    assert opened.value("SELECT max(access_id) FROM system_access") < 2**53
