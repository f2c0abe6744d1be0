"""Ids as the records wrote them: where they were texts, the list beside a run gives them back to whoever has it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import repeat
from typing import Any, Final

import pyarrow as pa

from data.contract import CONTRACT
from data.sources._column_readings import id_domain
from pipeline.private_ids import Crosswalk, crosswalk_path, read_crosswalk
from pipeline.run_folder import RunFolder

_PLACES: Final = re.compile(r"\b(team|area|unit) (\d+)\b")


@dataclass(frozen=True)
class GivenIds:
    """The texts of ids, by what they are ids of and the number that stands for each in a run; without any, numbers.

    Example:
        >>> ids = GivenIds({("officer", 3): "P-007", ("unit", 1): "North"})
        >>> ids.text("officer", 3), ids.text("officer", 4), ids.number("officer", "P-007"), ids.number("officer", "4")
        ('P-007', '4', 3, 4)
        >>> ids.sentence("next to 9 peers (constable, team 1)")
        'next to 9 peers (constable, team North)'
    """

    texts: Mapping[tuple[str, int], str] = field(default_factory=dict)

    @classmethod
    def of(cls, crosswalk: Crosswalk) -> GivenIds:
        """Return the texts of ids as loading numbered them."""
        return cls({(of, n): text for of, texts in crosswalk.items() for n, text in enumerate(texts, start=1)})

    @property
    def empty(self) -> bool:
        """Whether all ids are numbers."""
        return not self.texts

    def text(self, domain: str, number: int) -> str:
        """Return an id as the records wrote it."""
        return self.texts.get((domain, number), str(number))

    def number(self, domain: str, text: str) -> int | None:
        """Return the number of an id; None where nobody of the run has it."""
        known = next((number for (of, number), own in self.texts.items() if (of, own) == (domain, text)), None)
        return int(text) if known is None and re.fullmatch(r"-?\d{1,19}", text, re.ASCII) else known

    def sentence(self, text: str) -> str:
        """Return a sentence about teams and areas with their ids as the records wrote them."""
        if self.empty:
            return text
        return _PLACES.sub(lambda match: f"{match[1]} {self.text('unit', int(match[2]))}", text)

    def flag(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return a flag, or another row about a subject, with the text of its subject's id beside the number."""
        if self.empty:
            return dict(row)
        given = dict(row) | {"subject": self.text(row["subject_kind"], row["subject_id"])}
        return given | {name: self.sentence(given[name]) for name in ("explanation", "peer_group") if given.get(name)}

    def place(self, area: int | None) -> str:
        """Return where something was found: an area with its id as the records wrote it, or everywhere."""
        return "the whole force" if area is None else f"unit {self.text('unit', area)}"

    def columns(self, rows: pa.Table) -> pa.Table:
        """Return a table of a run with the texts of its ids in columns beside the numbers: none where all are numbers.

        Beside `subject_id` stands `subject`, beside `officer_id` `officer`, and so with `unit_id`, `team_id`, `area_id`
        and, of evidence, `row_id`. Sentences and peer groups name teams and areas by their texts.
        """
        if self.empty:
            return rows
        for name, text, domains in _texts_beside(rows):
            given = [
                None if number is None else self.text(domain, number)
                for domain, number in zip(domains, rows[name].to_pylist(), strict=True)
            ]
            rows = rows.append_column(text, pa.array(given, pa.string()))
        for name in _SENTENCES & set(rows.column_names):
            said = [None if text is None else self.sentence(text) for text in rows[name].to_pylist()]
            rows = rows.set_column(rows.column_names.index(name), name, pa.array(said, pa.string()))
        return rows

    def row(self, table: str, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return a record row with its ids as the records wrote them."""
        domains = {c.name: id_domain(CONTRACT[table], c) for c in CONTRACT[table].columns if c.name in row}
        given = {
            name: self.texts[domain, row[name]]
            for name, domain in domains.items()
            if domain is not None and (domain, row[name]) in self.texts
        }
        return dict(row) | given

    def row_id(self, table: str, number: int) -> str:
        """Return the key of a record row as the records wrote it."""
        return self.text(key_domain(table), number)


NUMBERS: Final = GivenIds()
"""Ids that are all numbers."""

_SENTENCES: Final = {"explanation", "peer_group", "sentence"}


def _texts_beside(rows: pa.Table) -> Iterator[tuple[str, str, Iterable[str]]]:
    """Yield the columns of ids in a table of a run: its name, that of their texts, and what each row's is an id of."""
    names = set(rows.column_names)
    if {"subject_kind", "subject_id"} <= names:
        yield "subject_id", "subject", rows["subject_kind"].to_pylist()
    for name, domain in (("officer_id", "officer"), ("unit_id", "unit"), ("team_id", "unit"), ("area_id", "unit")):
        if name in names:
            yield name, name.removesuffix("_id"), repeat(domain, rows.num_rows)
    if {"table_name", "row_id"} <= names:
        yield "row_id", "row", [key_domain(table) for table in rows["table_name"].to_pylist()]


@cache
def key_domain(table: str) -> str:
    """Return what the key of a table is an id of, as ids are numbered.

    Example:
        >>> key_domain("complaint"), key_domain("officer")
        ('allegation', 'officer')
    """
    declared = CONTRACT[table]
    return str(id_domain(declared, declared.column[str(declared.key)]))


def given_ids(folder: RunFolder) -> GivenIds:
    """Return the texts of a run's ids; none where they were numbers or the run's list is not beside it.

    The manifest has the digest of the list, so that one of another run gives nobody a wrong name.
    """
    facts = folder.manifest.get("crosswalk")
    path = crosswalk_path(folder.path)
    if not isinstance(facts, dict) or not path.is_file():
        return GivenIds()
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return GivenIds(read_crosswalk(folder.path)) if digest == facts.get("sha256") else GivenIds()
