"""The population of an audit: the subjects of a kind on an as-of date, all of whom could have been flagged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, Final

import numpy as np
import pandas as pd

from audit.rates.groups import characteristics, service_bands
from audit.rates.truth_tables import AnyTable, Truth, as_dates, column_names, days, frame, ids, texts
from data.arrays import Bools, Floats, Ids, Positions, Texts
from data.vocabulary import CONCERNS

_YEAR: Final = 365.25
_FLAGS: Final = ("subject_kind", "subject_id", "as_of", "concern", "family", "detectors")
_SCORES: Final = ("subject_kind", "subject_id", "as_of", "concern", "detector", "family", "score", "p_value")
_POSTING: Final = ("role", "rank", "team_id", "area_id")


@dataclass(frozen=True)
class Population:
    """The subjects of a kind on an as-of date: their ids ascending, their teams, and what they are grouped by.

    `labels` and `protected` hold one label a subject for each attribute. Protected characteristics stand apart, because
    only they are crossed with each other.
    """

    kind: str
    as_of: date
    ids: Ids
    teams: Ids | None
    labels: dict[str, Texts]
    protected: dict[str, Texts]


@dataclass(frozen=True)
class AuditTables:
    """The tables of one audit, as pandas, with their days as days: see `rates` for what each holds."""

    flags: pd.DataFrame
    scores: pd.DataFrame
    subjects: pd.DataFrame
    people: pd.DataFrame | None
    areas: dict[int, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        flags: AnyTable,
        *,
        subjects: AnyTable,
        scores: AnyTable | None = None,
        people: AnyTable | None = None,
        units: AnyTable | None = None,
    ) -> AuditTables:
        """Read the tables.

        Raises:
            UsageError: a table lacks a column.
        """
        flag_columns = [*_FLAGS, *(c for c in ("flag_id",) if c in column_names(flags))]
        posting = [c for c in _POSTING if c in column_names(subjects)]
        named = frame(units, ("unit_id", "name"), name="unit") if units is not None else None
        return cls(
            flags=_with_days(frame(flags, flag_columns, name="flags")),
            scores=_with_days(frame(scores, _SCORES, name="scores") if scores is not None else _empty(_SCORES)),
            subjects=_with_days(frame(subjects, ("subject_kind", "subject_id", "as_of", *posting), name="subjects")),
            people=None if people is None else frame(people, _person_columns(people), name="people"),
            areas={} if named is None else dict(zip(ids(named["unit_id"]).tolist(), texts(named["name"]), strict=True)),
        )

    def populations(self) -> Iterator[Population]:
        """Yield the population of every as-of date and kind of subject, by date, officers before units."""
        kinds = self.subjects["subject_kind"].unique().tolist()
        for as_of in as_dates(np.unique(self.subjects["as_of"].to_numpy().astype("datetime64[D]"))):
            for kind in ("officer", "unit"):
                if kind in kinds:
                    yield self.population(kind, as_of)

    def population(self, kind: str, as_of: date) -> Population:
        """Return the subjects of a kind on a day, by ascending id, with what is known of each."""
        rows = self.subjects[_of(self.subjects, kind, as_of)].sort_values("subject_id", kind="stable")
        subject_ids = rows["subject_id"].to_numpy(dtype=np.int64)
        labels = self._labels(rows, kind)
        protected: dict[str, Texts] = {}
        if kind == "officer" and self.people is not None:
            protected = characteristics(self.people, subject_ids)
            if "joined_on" in self.people:
                labels["service"] = service_bands(_years_of_service(self.people, subject_ids, as_of))
        teams = ids(rows["team_id"]) if kind == "officer" and "team_id" in rows else None
        return Population(kind, as_of, subject_ids, teams, labels, protected)

    def _labels(self, rows: pd.DataFrame, kind: str) -> dict[str, Texts]:
        attributes = ("role",) if kind == "unit" else ("rank", "role")
        labels: dict[str, Texts] = {name: texts(rows[name]) for name in attributes if name in rows}
        if "area_id" in rows:
            areas = [self.areas.get(a, f"unit {a}") if a >= 0 else None for a in ids(rows["area_id"]).tolist()]
            labels["borough"] = np.array(areas, dtype=object)
        return labels

    def about(self, table: pd.DataFrame, population: Population, concern: str) -> pd.DataFrame:
        """Return the rows of flags or scores that are about a population and one concern."""
        rows = self._rows_about[id(table)].get((population.kind, pd.Timestamp(population.as_of), concern))
        return table.iloc[rows if rows is not None else []]

    @cached_property
    def _rows_about(self) -> dict[int, dict[Any, Positions]]:
        """The positions of the rows of flags and of scores, by kind, date and concern.

        Found once: to compare a million texts anew for every kind and concern takes most of the time of an audit.
        """
        keys = ["subject_kind", "as_of", "concern"]
        positions: dict[int, dict[Any, Positions]] = {}
        for table in (self.flags, self.scores):
            groups = table.groupby(keys, sort=False).indices
            positions[id(table)] = {key: np.asarray(rows, dtype=np.intp) for key, rows in groups.items()}
        return positions

    def concerns(self, population: Population, truth: Truth | None) -> list[str]:
        """Return the concerns that a population was scored, flagged or planted for, in their usual order."""
        place = (population.kind, pd.Timestamp(population.as_of))
        names = {str(concern) for rows in self._rows_about.values() for *of, concern in rows if tuple(of) == place}
        if truth is not None:
            planted = truth.subjects.concern[truth.subjects.kind == population.kind]
            names |= {str(c) for c in np.unique(planted.astype(str))}
        return sorted(names, key=lambda c: (CONCERNS.index(c) if c in CONCERNS else len(CONCERNS), c))


def _person_columns(people: AnyTable) -> tuple[str, ...]:
    return ("officer_id", *(c for c in column_names(people) if c != "officer_id"))


def _empty(columns: tuple[str, ...]) -> pd.DataFrame:
    return pd.DataFrame({c: pd.Series([], dtype=object) for c in columns})


def _with_days(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(as_of=days(table["as_of"]))


def _of(table: pd.DataFrame, kind: str, as_of: date) -> Bools:
    same: Bools = (table["subject_kind"].to_numpy() == kind) & (table["as_of"].to_numpy() == np.datetime64(as_of, "D"))
    return same


def _years_of_service(people: pd.DataFrame, subject_ids: Ids, as_of: date) -> Floats:
    """Return the years since each subject joined; NaN where that day is not known."""
    joined = pd.Series(days(people["joined_on"]), index=people["officer_id"].to_numpy(dtype=np.int64))
    # Of several rows of one person the first counts, as everywhere in an audit.
    first = joined[~joined.index.duplicated()].reindex(subject_ids).to_numpy().astype("datetime64[D]")
    served = (np.datetime64(as_of, "D") - first).astype("timedelta64[D]")
    return np.where(np.isnat(first), np.nan, served.astype(np.float64) / _YEAR)
