from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from data.contract import CONTRACT
from data.schema import Table
from data.store import Store, literal
from data.synthetic.generate import Generated, generate
from data.synthetic.world import World, load

MakeWorld = Callable[..., Generated]


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Generated:
    return generate(load("tiny", months=9), out=tmp_path_factory.mktemp("synthetic") / "tiny")


@pytest.fixture(scope="session")
def tiny_world() -> World:
    return load("tiny", months=4)


@pytest.fixture
def opened(tiny: Generated) -> Iterator[Store]:
    with open_world(tiny) as store:
        yield store


def open_world(world: Generated) -> Store:
    """A store with every record and truth table of a world as a view of its name."""
    store = Store(threads=1)
    for folder in (world.records, world.truth):
        for path in sorted(folder.glob("*.parquet")):
            view(store, path.stem, path)
    for path in sorted((world.truth / "before").glob("*.parquet")):
        view(store, f"before_{path.stem}", path)
    return store


def view(store: Store, name: str, path: Path) -> None:
    store.run(f"CREATE VIEW {name} AS SELECT * FROM read_parquet({literal(str(path))})")


def faults(store: Store, table: Table) -> dict[str, int]:
    """How many rows break each rule of the contract; rules that hold are left out."""
    rules = [*_column_rules(table), *_row_rules(table)]
    counts = {rule: int(store.value(f"SELECT count(*) FROM {table.name} WHERE {sql}")) for rule, sql in rules}
    if table.key:
        twice = f"SELECT count(*) - count(DISTINCT {table.key}) FROM {table.name}"
        counts["key unique"] = int(store.value(twice))
    return {rule: count for rule, count in counts.items() if count}


def _column_rules(table: Table) -> Iterator[tuple[str, str]]:
    for column in table.columns:
        name = column.name
        if not column.nullable:
            yield f"{name} not null", f"{name} IS NULL"
        if column.values:
            yield f"{name} in list", f"{name} NOT IN ({', '.join(literal(value) for value in column.values)})"
        if column.minimum is not None:
            yield f"{name} minimum", f"{name} < {column.minimum}"
        if column.maximum is not None:
            yield f"{name} maximum", f"{name} > {column.maximum}"
        if column.above is not None:
            yield f"{name} above", f"{name} <= {column.above}"
        if column.references:
            key = CONTRACT[column.references].key
            found = f"SELECT {key} FROM {column.references}"
            yield f"{name} refers", f"{name} IS NOT NULL AND {name} NOT IN ({found})"


def _row_rules(table: Table) -> Iterator[tuple[str, str]]:
    for earlier, later in table.orders:
        yield f"{earlier} <= {later}", f"CAST({earlier} AS DATE) > CAST({later} AS DATE)"
        if table.column[earlier].type == table.column[later].type:
            yield f"{earlier} <= {later} exactly", f"{earlier} > {later}"
