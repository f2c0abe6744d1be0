from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from data.contract import CONTRACT
from data.store import Store
from data.synthetic.generate import Generated, generate
from data.synthetic.planted_patterns import PlantedPattern, archetypes, typologies
from data.synthetic.world import World, load, names

from .conftest import open_world, view


def same_rows(store: Store, table: str, left: str, right: str) -> int:
    """How many rows stand in one relation and not in the other, either way."""
    columns = ", ".join(CONTRACT[table].names)
    one, other = f"SELECT {columns} FROM {left}", f"SELECT {columns} FROM {right}"
    return int(store.value(f"SELECT count(*) FROM (({one} EXCEPT ALL {other}) UNION ALL ({other} EXCEPT ALL {one}))"))


def without(world: World, section: str, *names: str) -> World:
    settings = getattr(world, section)
    return world.model_copy(update={section: settings.model_copy(update={"exclude": names})})


def not_undone(full: Generated, plain: Generated) -> set[str]:
    """The tables of a world that, with its truth taken out and the originals put back, are not those of its twin."""
    found = set()
    with open_world(full) as store:
        there = store.tables("main")
        for table in CONTRACT:
            view(store, f"plain_{table.name}", plain.records / f"{table.name}.parquet")
            planted = f"SELECT row_id FROM truth_row WHERE table_name = '{table.name}'"
            kept = f"{table.key} IS NULL OR {table.key} NOT IN ({planted})"
            undone = f"SELECT {', '.join(table.names)} FROM {table.name} WHERE {kept}"
            if f"before_{table.name}" in there:
                undone += f" UNION ALL SELECT {', '.join(table.names)} FROM before_{table.name}"
            if same_rows(store, table.name, f"({undone})", f"plain_{table.name}"):
                found.add(table.name)
    return found


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Generated:
    """The tiny world with nothing planted."""
    return generate(
        without(load("tiny", months=9), "typologies", *typologies()), out=tmp_path_factory.mktemp("plain") / "out"
    )


def test_taking_the_truth_rows_out_and_the_originals_back_in_gives_the_world_without_typologies(
    tiny: Generated, plain: Generated
) -> None:
    assert plain.truth_rows["truth_row"] == 0
    assert not_undone(tiny, plain) == set()


@pytest.mark.parametrize("name", sorted(set(names()) - {"tiny", "null", "drawn-null", "demo", "met"}))
def test_truth_is_complete_in_every_kind_of_world(name: str, tmp_path: Path) -> None:
    # demo and met are tiny at another size; nothing is planted in null and drawn-null.
    world = load(name, people=90, months=4)
    full = generate(world, out=tmp_path / "full")
    plain = generate(without(world, "typologies", *typologies()), out=tmp_path / "plain")
    assert full.truth_rows["truth_row"] > 0
    assert not_undone(full, plain) == set()


def test_unaltered_rows_keep_their_order(tiny: Generated, plain: Generated) -> None:
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
    def possible(patterns: Mapping[str, PlantedPattern]) -> set[str]:
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


def test_nobody_who_is_taken_off_duty_leaves_look_ups_of_a_night_tour_behind(opened: Store) -> None:
    """A night tour that an absence takes out goes with what was done on it after midnight."""
    lost = """
        SELECT count(*) FROM before_shift s JOIN system_access a USING (officer_id)
        WHERE s.shift_id NOT IN (SELECT shift_id FROM shift)
          AND a.accessed_at BETWEEN s.starts_at AND s.ends_at
          AND a.access_id NOT IN (SELECT row_id FROM truth_row WHERE table_name = 'system_access')
          AND NOT EXISTS (SELECT 1 FROM shift t WHERE t.officer_id = s.officer_id
                          AND a.accessed_at BETWEEN t.starts_at AND t.ends_at + INTERVAL 60 MINUTE)"""
    assert opened.value("SELECT count(*) FROM before_shift WHERE shift_id NOT IN (SELECT shift_id FROM shift)") > 0
    assert opened.value(lost) == 0


@pytest.mark.parametrize(
    ("typology", "by", "to"), [("bullied_colleague", "culture", "welfare"), ("retaliation", "culture", "welfare")]
)
def test_who_does_it_and_whom_it_happens_to_are_both_told(opened: Store, typology: str, by: str, to: str) -> None:
    """A flag of either is no flag of an innocent person: of a supervisor who cuts tours, of whom they are cut from."""
    made = opened.rows(
        """
        SELECT DISTINCT t.subject_id, s.concern, e.editor_id, e.officer_id FROM truth_row t
        JOIN roster_edit e ON t.table_name = 'roster_edit' AND e.edit_id = t.row_id
        JOIN truth_subject s ON s.subject_id = t.subject_id AND s.typology = t.typology
        WHERE t.typology = ?""",
        parameters=[typology],
    )
    assert made
    assert {who for who, concern, _, _ in made if concern == by} == {editor for _, _, editor, _ in made}
    assert {who for who, concern, _, _ in made if concern == to} == {owner for _, _, _, owner in made}
    assert all(who == (editor if concern == by else owner) for who, concern, editor, owner in made)


def changed_for_others(full: Generated, less: Generated, subjects: str) -> set[str]:
    """The tables in which rows of people who are not among the subjects differ between two worlds.

    A case that names a subject may name others too: it is left out.
    """
    found = set()
    with open_world(full) as store:
        for table in CONTRACT:
            view(store, f"less_{table.name}", less.records / f"{table.name}.parquet")
            if "officer_id" not in table.names:
                continue
            others = f"SELECT * FROM {{}} WHERE officer_id NOT IN ({subjects})"
            if table.name == "complaint":
                shared = f"SELECT complaint_id FROM complaint WHERE officer_id IN ({subjects})"
                others += f" AND complaint_id NOT IN ({shared})"
            left, right = f"({others.format(table.name)})", f"({others.format('less_' + table.name)})"
            if same_rows(store, table.name, left, right):
                found.add(table.name)
    return found


@pytest.mark.parametrize(("section", "name"), [("typologies", "unlinked_lookups"), ("archetypes", "new_parent")])
def test_leaving_a_pattern_out_changes_no_row_of_anybody_else(
    everything: Generated, tiny_world: World, tmp_path: Path, section: str, name: str
) -> None:
    plain_world = without(tiny_world, "typologies", *typologies()) if section == "archetypes" else tiny_world
    full = generate(plain_world, out=tmp_path / "full") if section == "archetypes" else everything
    less = generate(without(plain_world, section, name), out=tmp_path / "less")
    subjects = {
        "typologies": f"SELECT subject_id FROM truth_subject WHERE typology = '{name}'",
        "archetypes": f"SELECT officer_id FROM truth_archetype WHERE archetype = '{name}'",
    }[section]
    assert full.truth_rows["truth_subject" if section == "typologies" else "truth_archetype"] > 0
    assert changed_for_others(full, less, subjects) == set()


@pytest.fixture(scope="module")
def everything(tiny_world: World, tmp_path_factory: pytest.TempPathFactory) -> Generated:
    return generate(tiny_world, out=tmp_path_factory.mktemp("everything") / "out")


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=() if name in ("complaint_crew", "roster_self_editing") else pytest.mark.nightly)
        for name in sorted(typologies())
    ],
)
def test_two_worlds_that_differ_in_a_typology_differ_in_the_rows_its_truth_names(
    everything: Generated, tiny_world: World, tmp_path: Path, name: str
) -> None:
    less = generate(without(tiny_world, "typologies", name), out=tmp_path / "less")
    with open_world(everything) as store:
        there = store.tables("main")
        store.run("CREATE TABLE gone AS SELECT CAST(0 AS BIGINT) AS shift_id WHERE false")
        if "before_shift" in there:
            store.run(f"INSERT INTO gone SELECT shift_id FROM before_shift WHERE typology = '{name}'")
        for table in CONTRACT:
            view(store, f"less_{table.name}", less.records / f"{table.name}.parquet")
            columns = ", ".join(table.names)
            one, two = f"SELECT {columns} FROM {table.name}", f"SELECT {columns} FROM less_{table.name}"
            differ = f"(({one} EXCEPT ALL {two}) UNION ALL ({two} EXCEPT ALL {one}))"
            named = f"SELECT row_id FROM truth_row WHERE table_name = '{table.name}' AND typology = '{name}'"
            if f"before_{table.name}" in there:
                named += f" UNION ALL SELECT {table.key} FROM before_{table.name} WHERE typology = '{name}'"
            # An edit that another pattern makes of a tour goes when this one takes the tour away.
            of_gone = "OR shift_id IN (SELECT shift_id FROM gone)" if table.name == "roster_edit" else ""
            unnamed = f"SELECT count(*) FROM {differ} WHERE NOT ({table.key} IN ({named}) {of_gone})"
            assert store.value(unnamed) == 0, table.name


@pytest.mark.nightly
@pytest.mark.parametrize("name", sorted(archetypes()))
def test_leaving_an_archetype_out_changes_no_row_of_anybody_else(tiny_world: World, tmp_path: Path, name: str) -> None:
    plain = without(tiny_world, "typologies", *typologies())
    full = generate(plain, out=tmp_path / "full")
    less = generate(without(plain, "archetypes", name), out=tmp_path / "less")
    assert changed_for_others(full, less, f"SELECT officer_id FROM truth_archetype WHERE archetype = '{name}'") == set()


def test_ids_do_not_show_which_rows_were_planted(opened: Store) -> None:
    # Planted look-ups lie among the ordinary ones of their cell: below, between and above.
    ordinary = opened.rows(
        "SELECT min(access_id), max(access_id) FROM system_access"
        " WHERE access_id NOT IN (SELECT row_id FROM truth_row WHERE table_name = 'system_access')"
    )[0]
    planted = opened.rows("SELECT row_id FROM truth_row WHERE table_name = 'system_access'")
    assert all(ordinary[0] <= row <= ordinary[1] for (row,) in planted)
    assert opened.value("SELECT max(access_id) FROM system_access") < 2**53
