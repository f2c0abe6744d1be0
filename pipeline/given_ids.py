"""Ids as the records wrote them: where they were texts, the list beside a run gives them back to whoever has it."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from data.contract import CONTRACT
from data.sources._column_readings import id_domain
from pipeline.private_ids import crosswalk_path, read_crosswalk
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
        declared = CONTRACT[table]
        domain = id_domain(declared, declared.column[str(declared.key)])
        return self.text(str(domain), number)


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
