"""Ids that are texts: each gets a number, and the list that gives it back is kept apart from everything else."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import pyarrow as pa

from data.store import Store, literal

SCHEMA: Final = "crosswalk"
_TABLE: Final = f"{SCHEMA}.ids"


def spelling(cell: str) -> str:
    """Return SQL for an id as it is compared: without blanks around it, and 8001.0 as 8001."""
    return f"nullif(regexp_replace(trim({cell}), '^([0-9]+)\\.0+$', '\\1'), '')"


def number_of(domain: str, cell: str) -> str:
    """Return SQL for the number of an id that is a text; see `fill`."""
    # No record file has columns of these names, which would be taken for those of this table.
    return f'(SELECT "the number" FROM {_TABLE} WHERE "the domain" = {literal(domain)} AND "the id" = {spelling(cell)})'


def fill(store: Store, uses: Mapping[str, Sequence[tuple[str, str]]]) -> dict[str, tuple[str, ...]]:
    """Give the ids of each domain numbers from 1 on, in the order of their texts, and return the texts in that order.

    `uses` lists, for each domain, the places in which its ids stand: a relation, and SQL for the cell as text.
    """
    store.run(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
    store.run(f"CREATE SCHEMA {SCHEMA}")
    texts = {}
    for domain, places in sorted(uses.items()):
        parts = " UNION ".join(f"SELECT {spelling(cell)} AS id FROM {relation}" for relation, cell in places)
        query = f"SELECT DISTINCT id FROM ({parts}) WHERE id IS NOT NULL ORDER BY id"
        texts[domain] = tuple(id_ for (id_,) in store.rows(query))
    rows = [(d, id_, n) for d, ids in texts.items() for n, id_ in enumerate(ids, start=1)]
    domains, ids, numbers = zip(*rows, strict=True) if rows else ((), (), ())
    table = pa.table(
        {
            "the domain": pa.array(domains, pa.string()),
            "the id": pa.array(ids, pa.string()),
            "the number": pa.array(numbers, pa.int64()),
        }
    )
    store.register("crosswalk_ids", table)
    store.run(f"CREATE TABLE {_TABLE} AS FROM crosswalk_ids")
    store.unregister("crosswalk_ids")
    return texts


def drop(store: Store) -> None:
    """Take the numbers out of a store again: nothing that follows may read what an id was."""
    store.run(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
