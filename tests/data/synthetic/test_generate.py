from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from data.contract import CONTRACT
from data.errors import UsageError
from data.store import Store
from data.synthetic.generate import Generated, generate
from data.synthetic.world import World, load

from .conftest import faults, open_world


def digests(world: Generated) -> dict[str, str]:
    files = sorted(path for path in world.out.rglob("*") if path.is_file())
    return {str(path.relative_to(world.out)): sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def small(tiny_world: World, tmp_path_factory: pytest.TempPathFactory) -> Generated:
    return generate(tiny_world, out=tmp_path_factory.mktemp("small") / "out")


@pytest.mark.parametrize(("threads", "block"), [(2, 1), (1, 3), (2, 50)])
def test_threads_and_blocks_do_not_change_a_byte(
    small: Generated, tiny_world: World, tmp_path: Path, threads: int, block: int
) -> None:
    again = generate(tiny_world, out=tmp_path / "again", threads=threads, block=block)
    assert digests(again) == digests(small)


def test_another_seed_gives_another_world_of_the_same_size(small: Generated, tiny_world: World, tmp_path: Path) -> None:
    other = generate(tiny_world.model_copy(update={"seed": 2}), out=tmp_path / "other")
    assert digests(other)["records/shift.parquet"] != digests(small)["records/shift.parquet"]
    assert other.rows["officer"] == small.rows["officer"] == tiny_world.people


@pytest.mark.parametrize("table", [*CONTRACT.records, *CONTRACT.truth])
def test_every_table_meets_the_contract(opened: Store, tiny: Generated, table: str) -> None:
    declared = {**CONTRACT.records, **CONTRACT.truth}[table]
    columns = [(name, kind) for name, kind, *_ in opened.rows(f"DESCRIBE {table}")]
    assert columns == [(column.name, column.type) for column in declared.columns]
    assert faults(opened, declared) == {}
    assert {**tiny.rows, **tiny.truth_rows}[table] == opened.value(f"SELECT count(*) FROM {table}") > 0


def test_nothing_is_known_on_or_after_the_end(opened: Store, tiny: Generated) -> None:
    for table in CONTRACT:
        if table.known == "known_on":
            assert opened.value(f"SELECT max(known_on) FROM {table.name}") < tiny.ends_on


def test_values_filled_in_after_the_end_are_still_null(opened: Store, tiny: Generated) -> None:
    for table in CONTRACT:
        for column in table.columns:
            if column.known_from and column.temporal and column.type == "DATE":
                latest = opened.value(f"SELECT max({column.name}) FROM {table.name}")
                assert latest is None or latest < tiny.ends_on, (table.name, column.name)


def test_the_summary_says_what_was_written(tiny: Generated) -> None:
    summary = json.loads((tiny.out / "world.json").read_text("utf-8"))
    assert summary["rows"] == tiny.rows
    assert summary["world"]["seed"] == 1
    assert summary["ends_on"] == tiny.ends_on.isoformat()
    assert str(tiny.out) not in json.dumps(summary)


def test_an_existing_folder_is_refused(tiny_world: World, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="exists already"):
        generate(tiny_world, out=tmp_path)


def test_progress_goes_up_to_one(tmp_path: Path) -> None:
    seen: list[tuple[str, float]] = []
    generate(load("tiny", people=80, months=1), out=tmp_path / "w", progress=lambda stage, f: seen.append((stage, f)))
    assert seen[-1] == ("records", 1.0)
    assert [f for stage, f in seen if stage == "records"] == sorted(f for stage, f in seen if stage == "records")


def test_an_interrupted_world_leaves_no_folder(tmp_path: Path) -> None:
    def stop(stage: str, fraction: float) -> None:
        if stage == "records":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        generate(load("tiny", people=80, months=1), out=tmp_path / "w", progress=stop)
    assert list(tmp_path.iterdir()) == []
    generate(load("tiny", people=80, months=1), out=tmp_path / "w")


def test_of_two_commands_that_generate_into_one_folder_the_second_is_refused(tmp_path: Path) -> None:
    world = load("tiny", people=80, months=1)

    def start_again(stage: str, fraction: float) -> None:
        with pytest.raises(UsageError, match="Another command is writing there"):
            generate(world, out=tmp_path / "w")

    rows = generate(world, out=tmp_path / "w", progress=start_again).rows
    assert pq.read_table(tmp_path / "w" / "records" / "officer.parquet").num_rows == rows["officer"] > 0


def test_the_null_world_has_archetypes_and_no_truth(tmp_path: Path) -> None:
    world = generate(load("null", people=300, months=3), out=tmp_path / "null")
    assert world.truth_rows["truth_subject"] == world.truth_rows["truth_row"] == 0
    assert world.truth_rows["truth_archetype"] > 0
    with open_world(world) as store:
        assert not [name for name in store.tables("main") if name.startswith("before_")]


@pytest.mark.parametrize(
    ("people", "months", "structure"),
    [(60, 1, {}), (61, 2, {"boroughs": 32, "commands": 12}), (75, 1, {"boroughs": 1, "commands": 1})],
)
def test_the_smallest_and_oddest_forces_meet_the_contract(
    tmp_path: Path, people: int, months: int, structure: dict[str, int]
) -> None:
    world = load("tiny", people=people, months=months)
    changed = world.model_copy(update={"structure": world.structure.model_copy(update=structure)})
    made = generate(changed, out=tmp_path / "w")
    assert made.rows["officer"] == people
    with open_world(made) as store:
        assert {table.name: found for table in CONTRACT if (found := faults(store, table))} == {}
