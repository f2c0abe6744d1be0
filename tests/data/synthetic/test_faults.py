from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from data.contract import CONTRACT
from data.store import Store
from data.synthetic.cell_records import COPIED
from data.synthetic.generate import Generated, generate
from data.synthetic.world import World, load

from .conftest import faults, open_world, view

Make = Callable[[str, World], Store]


@pytest.fixture(scope="module")
def base() -> World:
    return load("demo", people=200, months=13)


@pytest.fixture(scope="module")
def plain(base: World, tmp_path_factory: pytest.TempPathFactory) -> Generated:
    return generate(base, out=tmp_path_factory.mktemp("plain") / "out")


def beside(plain: Generated, changed: Generated) -> Store:
    """A store with the plain world's tables by name and the changed world's as `new_<table>`."""
    store = open_world(plain)
    for path in sorted(changed.records.glob("*.parquet")):
        view(store, f"new_{path.stem}", path)
    return store


def differing(store: Store) -> set[str]:
    """The tables that differ between the two worlds."""
    found = set()
    for table in CONTRACT:
        columns = ", ".join(table.names)
        one, two = f"SELECT {columns} FROM {table.name}", f"SELECT {columns} FROM new_{table.name}"
        if store.value(f"SELECT count(*) FROM (({one} EXCEPT ALL {two}) UNION ALL ({two} EXCEPT ALL {one}))"):
            found.add(table.name)
    return found


def test_reporting_only_adds_complaints_and_cases_about_the_groups_it_names(base: World, tmp_path: Path) -> None:
    many = base.model_copy(update={"figures": {"conduct_cases": 900.0}})
    even = generate(many, out=tmp_path / "even")
    biased = generate(many.model_copy(update={"reporting": load("biased").reporting}), out=tmp_path / "biased")
    with beside(even, biased) as store:
        assert differing(store) == {"complaint", "conduct_case"}
        for table in ("complaint", "conduct_case"):
            lost = f"SELECT count(*) FROM (SELECT * FROM {table} EXCEPT ALL SELECT * FROM new_{table})"
            assert store.value(lost) == 0
        counts = """
            SELECT count_if(ethnicity = 'white'), count_if(ethnicity IN ('black', 'asian', 'mixed'))
            FROM {} JOIN protected_characteristic USING (officer_id)"""
        ((white, others),) = store.rows(counts.format("conduct_case"))
        ((white_too, others_too),) = store.rows(counts.format("new_conduct_case"))
        assert white_too == white
        # Between 1.41 and 1.81, by group; a binomial sum of this size has a standard error of about 0.15.
        assert 1.2 < others_too / others < 2.1


def test_a_change_of_practice_is_a_step_in_one_table(base: World, plain: Generated, tmp_path: Path) -> None:
    practice = load("policy_change").recording.force_practice
    assert practice is not None
    recording = base.recording.model_copy(update={"force_practice": practice})
    changed = generate(base.model_copy(update={"recording": recording}), out=tmp_path / "changed")
    with beside(plain, changed) as store:
        assert differing(store) == {"use_of_force"}
        before = f"used_at < TIMESTAMP '{practice.on}'"
        lost = store.value(f"SELECT count(*) FROM use_of_force WHERE {before}") / store.value(
            f"SELECT count(*) FROM new_use_of_force WHERE {before}"
        )
        assert lost == pytest.approx(1 + practice.increase, rel=0.15)
        after = f"SELECT count(*) FROM {{}} WHERE NOT ({before})"
        assert store.value(after.format("use_of_force")) == store.value(after.format("new_use_of_force"))


def test_a_gap_in_the_log_leaves_days_without_look_ups(base: World, tmp_path: Path) -> None:
    recording = base.recording.model_copy(update={"audit_gaps": 12.0, "clock_errors": 0.0})
    none = base.recording.model_copy(update={"audit_gaps": 0.0, "clock_errors": 0.0})
    full = generate(base.model_copy(update={"recording": none}), out=tmp_path / "full")
    gaps = generate(base.model_copy(update={"recording": recording}), out=tmp_path / "gaps")
    with beside(full, gaps) as store:
        assert differing(store) == {"system_access"}
        extra = "SELECT count(*) FROM (SELECT * FROM new_system_access EXCEPT ALL SELECT * FROM system_access)"
        assert store.value(extra) == 0
        assert gaps.rows["system_access"] < 0.95 * full.rows["system_access"]


def test_a_dirty_world_breaks_every_kind_of_rule_and_no_clean_world_breaks_any(
    base: World, plain: Generated, tmp_path: Path
) -> None:
    dirty = generate(base.model_copy(update={"recording": load("dirty").recording}), out=tmp_path / "dirty")
    with open_world(dirty) as store:
        found = {rule.split(" ", 1)[1] for table in CONTRACT for rule in faults(store, table)}
        assert {"not null", "in list", "refers", "unique"} <= found
        assert any(rule.startswith("<=") for rule in found)
        planted = "SELECT row_id FROM truth_row WHERE table_name = 'shift'"
        before = "SELECT * EXCLUDE (typology, subject_kind, subject_id) FROM before_shift"
        store.run(f"CREATE VIEW undone AS SELECT * FROM shift WHERE shift_id NOT IN ({planted}) UNION ALL {before}")
        quiet = base.typologies.model_copy(update={"include": ()})
        recording = load("dirty").recording
        bare = generate(base.model_copy(update={"recording": recording, "typologies": quiet}), out=tmp_path / "bare")
        view(store, "bare_shift", bare.records / "shift.parquet")
        one, two = "SELECT * FROM undone", "SELECT * FROM bare_shift"
        assert store.value(f"SELECT count(*) FROM (({one} EXCEPT ALL {two}) UNION ALL ({two} EXCEPT ALL {one}))") == 0
    with open_world(plain) as store:
        assert all(faults(store, table) == {} for table in CONTRACT)


@pytest.fixture(scope="module")
def faultless(base: World) -> World:
    """A world of ordinary life in which nothing goes wrong."""
    none = {"duplicates": 0.0, "mislinks": 0.0, "audit_gaps": 0.0, "clock_errors": 0.0}
    quiet = base.typologies.model_copy(update={"include": ()})
    recording = base.recording.model_copy(update=none)
    return base.model_copy(update={"typologies": quiet, "archetypes": quiet, "recording": recording})


@pytest.fixture(scope="module")
def clean(faultless: World, tmp_path_factory: pytest.TempPathFactory) -> Generated:
    return generate(faultless, out=tmp_path_factory.mktemp("clean") / "out")


def spoilt(world: World, clean: Generated, out: Path, **settings: float) -> Store:
    """The clean world beside itself with one recording fault switched on."""
    recording = world.recording.model_copy(update=settings)
    return beside(clean, generate(world.model_copy(update={"recording": recording}), out=out))


def test_a_row_recorded_twice_has_an_id_of_its_own_and_is_known_no_earlier(
    faultless: World, clean: Generated, tmp_path: Path
) -> None:
    with spoilt(faultless, clean, tmp_path / "twice", duplicates=0.6) as store:
        assert differing(store) == set(COPIED)
        for table in COPIED:
            key = CONTRACT[table].key
            lost = f"SELECT count(*) FROM (SELECT * FROM {table} EXCEPT ALL SELECT * FROM new_{table})"
            assert store.value(lost) == 0
            columns = [name for name in CONTRACT[table].names if name not in (key, "known_on")]
            same = " AND ".join(f"o.{name} IS NOT DISTINCT FROM c.{name}" for name in columns)
            copies = f"(SELECT * FROM new_{table} WHERE {key} NOT IN (SELECT {key} FROM {table}))"
            orphans = f"""
                SELECT count(*) FROM {copies} c
                WHERE NOT EXISTS (SELECT 1 FROM {table} o WHERE {same} AND o.known_on <= c.known_on)"""
            assert store.value(orphans) == 0
        copied = store.value("SELECT count(*) FROM new_stop_search") / store.value("SELECT count(*) FROM stop_search")
        assert copied == pytest.approx(1.6, abs=0.06)


def test_a_row_put_down_to_a_colleague_keeps_everything_else(
    faultless: World, clean: Generated, tmp_path: Path
) -> None:
    with spoilt(faultless, clean, tmp_path / "wrong", mislinks=0.4) as store:
        assert differing(store) == {"complaint", "use_of_force", "stop_search", "vehicle_event"}
        for table in sorted(differing(store)):
            others = ", ".join(name for name in CONTRACT[table].names if name != "officer_id")
            one, two = f"SELECT {others} FROM {table}", f"SELECT {others} FROM new_{table}"
            differ = f"SELECT count(*) FROM (({one} EXCEPT ALL {two}) UNION ALL ({two} EXCEPT ALL {one}))"
            assert store.value(differ) == 0
        moved = "SELECT avg(CASE WHEN o.officer_id <> n.officer_id THEN 1.0 ELSE 0 END) FROM stop_search o"
        share = store.value(f"{moved} JOIN new_stop_search n USING (search_id)")
        assert share == pytest.approx(0.4, abs=0.04)


def test_a_fast_clock_moves_entries_and_look_ups_by_an_hour_and_nothing_else(
    faultless: World, clean: Generated, tmp_path: Path
) -> None:
    with spoilt(faultless, clean, tmp_path / "fast", clock_errors=8.0) as store:
        assert differing(store) == {"site_entry", "system_access"}
        for table, key, when in (
            ("site_entry", "entry_id", "entered_at"),
            ("system_access", "access_id", "accessed_at"),
        ):
            pair = f"{table} o JOIN new_{table} n USING ({key})"
            moves = store.rows(f"SELECT DISTINCT date_diff('minute', o.{when}, n.{when}) FROM {pair} ORDER BY 1")
            assert moves == [(0,), (60,)]
            assert store.value(f"SELECT count(*) FROM {pair} WHERE o.officer_id <> n.officer_id") == 0
