"""How many people were flagged, by what and of whom, as it may be published: all counts go through one rule."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any, Final, get_args

import pandas as pd

from audit.rates.groups import UNKNOWN
from audit.rates.truth_tables import CHARACTERISTICS
from data.vocabulary import CONCERNS, SUBJECT_KINDS
from dossier.publication.disclosure import PeopleByGroup, PublishedTables, publishable
from models.detector import Family
from pipeline.run_folder import RunFolder

SEVERAL: Final = "several kinds of evidence"
"""The group of those who were flagged by more than one family of evidence."""

_FAMILIES: Final = tuple(sorted(set(get_args(Family)) - {"baseline"}))


@dataclass(frozen=True)
class PublishedCounts:
    """What is published of the people or units that were flagged for one concern on the latest as-of date."""

    concern: str
    subject_kind: str
    as_of: str
    published: PublishedTables

    def rows(self) -> list[dict[str, str]]:
        """Return a row for each published count, with its band as text."""
        about = {"as_of": self.as_of, "concern": self.concern, "subject": self.subject_kind}
        whole = {"table": "all", "group": "all", "flagged": str(self.published.total or "withheld"), "of": ""}
        return [
            about | whole,
            *(
                about | {"table": name, "group": group, "flagged": str(band), "of": str(base or "")}
                for name, groups in self.published.tables.items()
                for group, (band, base) in groups.items()
            ),
        ]


def aggregates(folder: RunFolder, people: pd.DataFrame | None = None) -> list[PublishedCounts]:
    """Return what may be published of each concern and kind of subject, for the latest as-of date alone.

    Earlier dates of the same run hold nearly the same people: together they could be subtracted. `people` has a row an
    officer with protected characteristics; without it there is no table of these.
    """
    flags = folder.table("flags").to_pandas()
    latest = max(folder.manifest["as_of"], default="")
    flags = flags[flags["as_of"].astype(str) == latest]
    subjects = folder.table("subjects").to_pandas()
    subjects = subjects[subjects["as_of"].astype(str) == latest]
    return list(_aggregates(flags, subjects, people, latest))


def _aggregates(
    flags: pd.DataFrame, subjects: pd.DataFrame, people: pd.DataFrame | None, as_of: str
) -> Iterator[PublishedCounts]:
    for concern, kind in product(CONCERNS, SUBJECT_KINDS):
        rows = flags[(flags["concern"] == concern) & (flags["subject_kind"] == kind)]
        evidence: dict[int, set[str]] = defaultdict(set)
        for subject, family in zip(rows["subject_id"].tolist(), rows["family"].tolist(), strict=True):
            evidence[subject].add(family)
        found = Counter(next(iter(of)) if len(of) == 1 else SEVERAL for of in evidence.values())
        # Every group that there could be, also where nobody is in it: a name alone must not say that somebody is.
        counted: dict[str, PeopleByGroup] = {"evidence": {name: found[name] for name in (*_FAMILIES, SEVERAL)}}
        everybody: dict[str, PeopleByGroup] = {}
        if people is not None and kind == "officer":
            compared = set(subjects.loc[subjects["subject_kind"] == kind, "subject_id"].tolist())
            for name, values in _characteristics(people):
                counted[name] = Counter(values.get(subject, UNKNOWN) for subject in evidence)
                everybody[name] = Counter(values.get(subject, UNKNOWN) for subject in compared | evidence.keys())
        yield PublishedCounts(concern, kind, as_of, publishable(counted, everybody))


def _characteristics(people: pd.DataFrame) -> Iterator[tuple[str, Mapping[Any, str]]]:
    for name in CHARACTERISTICS:
        if name in people:
            values = people[name].astype(object).where(people[name].notna(), UNKNOWN)
            yield name, dict(zip(people["officer_id"].tolist(), map(str, values.tolist()), strict=True))
