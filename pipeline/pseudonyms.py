"""Pseudonyms: numbers that stand for people and units, made from theirs with a key that is nowhere in a run.

Ids are replaced as soon as the records are staged, before anything looks at them, so that every table, line, message
and proof that follows knows the pseudonyms alone, and a run stays consistent in itself. Who holds the key can make the
same pseudonyms again, from the records. It is a pseudonym and not anonymity: who knows the postings may recognise
people.
"""

from __future__ import annotations

import hmac
from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from data.constraints import STAGED
from data.contract import CONTRACT
from data.errors import InputRejected, UsageError
from data.schema import Column, Table
from data.source import Bending
from data.store import Store, literal, quoted

LEAST: Final = 16
"""A key has at least so many bytes; 32 by chance are right."""

PEOPLE: Final = ("officer", "unit", "complainant", "subject")
"""What ids are replaced of: members and units, and the people who complained or were looked up."""

_MAPPING: Final = "pseudonyms"
_NOT_SHOWN: Final = "an id that is not shown"


@dataclass(frozen=True)
class Pseudonyms:
    """Gives pseudonyms by a key, which it never shows.

    Example:
        >>> pseudonyms = Pseudonyms(b"sixteen bytes or more")
        >>> pseudonyms.of("officer", 7) == pseudonyms.of("officer", 7) != pseudonyms.of("unit", 7)
        True
    """

    key: bytes = field(repr=False)

    def of(self, domain: str, number: int) -> int:
        """Return the pseudonym of an id: the first 53 bits of HMAC-SHA-256 over what it is an id of, and the id."""
        digest = hmac.digest(self.key, f"{domain}:{number}".encode(), "sha256")
        return int.from_bytes(digest[:8], "big") >> 11

    def facts(self) -> dict[str, Any]:
        """Return what the manifest says: how pseudonyms are made, of what, and by which a key is known again."""
        known_by = hmac.digest(self.key, b"which key is this?", "sha256").hex()[:16]
        return {"method": "HMAC-SHA-256, first 53 bits", "of": list(PEOPLE), "key": known_by}


def read_key(path: Path, *, apart_from: Path | None = None) -> Pseudonyms:
    """Read the key from a file, whose bytes it is; it must not lie in the folder `apart_from`.

    Raises:
        UsageError: there is no such file, it is too short, or it would be handed on with the run.
    """
    try:
        key = path.read_bytes()
    except OSError as error:
        raise UsageError(
            "The key for pseudonyms cannot be read.",
            expected=f"a file of at least {LEAST} bytes that nobody can guess",
            found=error.strerror or "no file",
            where=str(path),
            hint="Make one with: (umask 077; head -c 32 /dev/urandom > KEYFILE). Keep it apart from runs and records.",
        ) from None
    if len(key) < LEAST:
        raise UsageError(
            "The key for pseudonyms is too short.",
            expected=f"at least {LEAST} bytes",
            found=str(len(key)),
            where=str(path),
        )
    if apart_from is not None and apart_from.resolve() in path.resolve().parents:
        raise UsageError(
            "The key for pseudonyms would lie in the run folder.",
            expected="a file outside of it",
            where=str(path),
            hint="Whoever has the run and the key can try every id.",
        )
    return Pseudonyms(key)


def id_columns(table: Table) -> Mapping[str, str]:
    """Return the columns of a table whose ids are replaced, with what they are ids of.

    Example:
        >>> dict(id_columns(CONTRACT["system_access"]))
        {'officer_id': 'officer', 'subject_id': 'subject'}
    """
    domains = {column.name: _domain(table, column) for column in table.columns}
    return {name: domain for name, domain in domains.items() if domain in PEOPLE}


def _domain(table: Table, column: Column) -> str:
    if column.type != "BIGINT" or not (column.name == table.key or column.name.endswith("_id")):
        return ""
    return column.references or column.name.removesuffix("_id")


def pseudonymise(store: Store, tables: Collection[str], pseudonyms: Pseudonyms) -> None:
    """Replace ids in staged tables, the names of units, and what a cell of an id that was not read said.

    Raises:
        InputRejected: two ids have one pseudonym, which one key in a million gives.
    """
    uses: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for name in sorted(tables):
        for column, domain in id_columns(CONTRACT[name]).items():
            uses[domain].append((name, column))
    for domain, places in sorted(uses.items()):
        _fill(store, domain, places, pseudonyms)
        for name, column in places:
            table, of = f"{STAGED}.{quoted(name)}", quoted(column)
            store.run(
                f"UPDATE {table} SET {of} = m.pseudonym FROM {_MAPPING} AS m WHERE m.id = {of}",
                step=f"pseudonymise {name}.{column}",
            )
            _hide(store, table, column)
    store.run(f"DROP TABLE IF EXISTS {_MAPPING}")
    if "unit" in tables:
        store.run(f"UPDATE {STAGED}.unit SET name = CAST(unit_id AS VARCHAR) WHERE name IS NOT NULL")


def _fill(store: Store, domain: str, places: Collection[tuple[str, str]], pseudonyms: Pseudonyms) -> None:
    parts = " UNION ".join(f"SELECT {quoted(column)} AS id FROM {STAGED}.{quoted(name)}" for name, column in places)
    ids = [number for (number,) in store.rows(f"SELECT DISTINCT id FROM ({parts}) WHERE id IS NOT NULL ORDER BY id")]
    made = [pseudonyms.of(domain, number) for number in ids]
    if len(set(made)) < len(made):
        raise InputRejected("Two ids would have the same pseudonym.", hint="Take another key.")
    store.run(f"DROP TABLE IF EXISTS {_MAPPING}")
    mapping = pa.table({"id": pa.array(ids, pa.int64()), "pseudonym": pa.array(made, pa.int64())})
    store.register("pseudonyms_made", mapping)
    store.run(f"CREATE TABLE {_MAPPING} AS FROM pseudonyms_made")
    store.unregister("pseudonyms_made")


def _hide(store: Store, table: str, column: str) -> None:
    pattern, shown = literal(f"(^|\\n)({column}: )[^\\n]*"), literal(f"\\1\\2{_NOT_SHOWN}")
    store.run(
        f"UPDATE {table} SET unread = regexp_replace(unread, {pattern}, {shown}, 'g') WHERE unread IS NOT NULL",
    )


def without_ids(bending: Bending) -> Bending:
    """Return how cells of a column are written without an example, where these are ids of people or units."""
    hidden = bending.column in id_columns(CONTRACT[bending.table])
    return replace(bending, example="…", reading="…") if hidden else bending
