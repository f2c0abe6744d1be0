"""The rates: from tables in memory to one tidy table of values, each with interval, size and status."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from audit.rates import measures
from audit.rates.evidence_rows import direct_rows, evidence_rates
from audit.rates.groups import Groups, characteristics, everybody, intersections, overlapping, partition, service_bands
from audit.rates.measures import COLUMNS, Counted, Options
from audit.rates.positives import STANDINGS, Judged, archetypes_of, judge
from audit.rates.selections import BASELINE, Selections, equal_workload, flagged
from audit.rates.truth_tables import Table, Truth, as_dates, days, frame, ids, names_of, texts
from data.arrays import Ids, Texts
from data.vocabulary import CONCERNS

_YEAR: Final = 365.25
_FLAGS: Final = ("subject_kind", "subject_id", "as_of", "concern", "family", "detectors")
_SCORES: Final = ("subject_kind", "subject_id", "as_of", "concern", "detector", "family", "score", "p_value")


@dataclass(frozen=True)
class Tables:
    """The tables of one audit, as pandas, with their days as days: see `rates` for what each holds."""

    flags: pd.DataFrame
    scores: pd.DataFrame
    subjects: pd.DataFrame
    people: pd.DataFrame | None
    areas: dict[int, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        flags: Table,
        *,
        subjects: Table,
        scores: Table | None = None,
        people: Table | None = None,
        units: Table | None = None,
    ) -> Tables:
        """Read the tables; a column that is needed and absent is a `UsageError`."""
        more = [c for c in ("flag_id",) if c in names_of(flags)]
        places = [c for c in ("role", "rank", "team_id", "area_id") if c in names_of(subjects)]
        about = list(names_of(people)) if people is not None else []
        named = frame(units, ("unit_id", "name"), name="unit") if units is not None else None
        return cls(
            flags=_dated(frame(flags, (*_FLAGS, *more), name="flags")),
            scores=_dated(frame(scores, _SCORES, name="scores")) if scores is not None else _dated(_nothing(_SCORES)),
            subjects=_dated(frame(subjects, ("subject_kind", "subject_id", "as_of", *places), name="subjects")),
            people=frame(people, ("officer_id", *[c for c in about if c != "officer_id"]), name="people")
            if people is not None
            else None,
            areas={} if named is None else dict(zip(ids(named["unit_id"]).tolist(), texts(named["name"]), strict=True)),
        )

    def at(self, kind: str, as_of: date) -> Present:
        """Return the subjects of a kind on a day, by ascending id, with what is known of each."""
        chosen = self.subjects[_is(self.subjects, kind, as_of)]
        return present(chosen, self, kind=kind, as_of=as_of)

    def about(self, table: pd.DataFrame, here: Present, concern: str) -> pd.DataFrame:
        """Return the rows of flags or scores that are about some subjects and one concern."""
        return pd.DataFrame(table[_is(table, here.kind, here.as_of) & (table["concern"].to_numpy() == concern)])

    def concerns(self, kind: str, as_of: date, truth: Truth | None) -> list[str]:
        """Return the concerns that subjects of a kind were scored, flagged or planted for, in their usual order."""
        seen = {str(c) for t in (self.flags, self.scores) for c in t.loc[_is(t, kind, as_of), "concern"].unique()}
        if truth is not None:
            seen |= {str(c) for c in np.unique(truth.subjects.concern[truth.subjects.kind == kind].astype(str))}
        return sorted(seen, key=lambda c: (CONCERNS.index(c) if c in CONCERNS else len(CONCERNS), c))


def _nothing(columns: tuple[str, ...]) -> pd.DataFrame:
    return pd.DataFrame({c: pd.Series([], dtype=object) for c in columns})


def _dated(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(as_of=days(table["as_of"]))


def _is(table: pd.DataFrame, kind: str, as_of: date) -> npt.NDArray[np.bool_]:
    same: npt.NDArray[np.bool_] = (table["subject_kind"].to_numpy() == kind) & (
        table["as_of"].to_numpy() == np.datetime64(as_of, "D")
    )
    return same


@dataclass(frozen=True)
class Present:
    """The subjects of a kind on an as-of date: their ids ascending, their teams, and what they are grouped by."""

    kind: str
    as_of: date
    ids: Ids
    teams: Ids | None
    labels: dict[str, Texts]
    protected: dict[str, Texts]


def present(chosen: pd.DataFrame, tables: Tables, *, kind: str, as_of: date) -> Present:
    """Return the subjects in some rows of a table of subjects."""
    chosen = chosen.sort_values("subject_id", kind="stable")
    who = chosen["subject_id"].to_numpy(dtype=np.int64)
    labels: dict[str, Texts] = {name: texts(chosen[name]) for name in ("rank", "role") if name in chosen}
    if kind == "unit":
        labels.pop("rank", None)
    if "area_id" in chosen:
        areas = ids(chosen["area_id"]).tolist()
        labels["borough"] = np.array(
            [tables.areas.get(a, f"unit {a}") if a >= 0 else None for a in areas], dtype=object
        )
    protected: dict[str, Texts] = {}
    if kind == "officer" and tables.people is not None:
        protected = characteristics(tables.people, who)
        if "joined_on" in tables.people:
            labels["service"] = service_bands(_years(tables.people, who, as_of))
    teams = ids(chosen["team_id"]) if kind == "officer" and "team_id" in chosen else None
    return Present(kind, as_of, who, teams, labels, protected)


def _years(people: pd.DataFrame, who: Ids, as_of: date) -> npt.NDArray[np.float64]:
    known = pd.Series(days(people["joined_on"]), index=people["officer_id"].to_numpy(dtype=np.int64))
    joined = known[~known.index.duplicated()].reindex(who).to_numpy().astype("datetime64[D]")
    served = (np.datetime64(as_of, "D") - joined).astype("timedelta64[D]")
    return np.where(np.isnat(joined), np.nan, served.astype(np.float64) / _YEAR)


def rates(
    flags: Table,
    *,
    subjects: Table,
    scores: Table | None = None,
    evidence: Table | None = None,
    truth: Truth | None = None,
    people: Table | None = None,
    units: Table | None = None,
    options: Options = Options(),  # noqa: B008 - a frozen value
) -> pd.DataFrame:
    """Return every rate of some flags as one tidy table: a row for each value, with its interval, size and status.

    All tables may be Arrow or pandas, and need the columns of the files of the same name in a run folder: `flags`
    (subject_kind, subject_id, as_of, concern, family, detectors, and flag_id where evidence is given), `subjects`
    (subject_kind, as_of, subject_id, and role, rank, team_id, area_id where known), `scores` and `evidence`. `people`
    has officer_id with any of the protected characteristics and joined_on; `units` has unit_id and name. Without
    `truth` only what needs none is there: how often flags fall on whom, and no error rates.

    The columns of the result are described in `docs/reference/rates.md`. It has a fixed order, and depends on nothing
    but the tables.

    Raises:
        UsageError: a table lacks a column.
    """
    tables = Tables.of(flags, subjects=subjects, scores=scores, people=people, units=units)
    direct = direct_rows(evidence) if evidence is not None and truth is not None else None
    blocks: list[pd.DataFrame] = []
    for kind, as_of in occasions(tables):
        here = tables.at(kind, as_of)
        base = base_groups(here, truth, options)
        for concern in tables.concerns(kind, as_of, truth):
            chosen = selections(tables, here, concern, options)
            told = judged(truth, here, concern, options)
            blocks.append(measured(here, concern, base, chosen, told, options))
            if told is not None and direct is not None and truth is not None:
                blocks.append(evidence_rates(tables.flags, direct, truth, here, concern, told, options))
    return pd.concat(blocks, ignore_index=True) if blocks else pd.DataFrame({c: [] for c in COLUMNS})


def judged(truth: Truth | None, here: Present, concern: str, options: Options) -> Judged | None:
    """Return what the truth says of the subjects; None without truth."""
    if truth is None:
        return None
    return judge(
        truth,
        kind=here.kind,
        concern=concern,
        as_of=here.as_of,
        ids=here.ids,
        teams=here.teams,
        rule=options.positive,
    )


def occasions(tables: Tables) -> list[tuple[str, date]]:
    """Return the kinds of subject and as-of dates there are, by date."""
    kinds = tables.subjects["subject_kind"].unique().tolist()
    dates = as_dates(np.unique(tables.subjects["as_of"].to_numpy().astype("datetime64[D]")))
    return [(k, d) for d in dates for k in ("officer", "unit") if k in kinds]


def base_groups(here: Present, truth: Truth | None, options: Options) -> Groups:
    """Return the groups of the subjects that do not depend on the concern."""
    n = len(here.ids)
    groups = everybody(n)
    for by, labels in (*here.protected.items(), *here.labels.items()):
        groups = groups + partition(by, labels)
    if options.intersections:
        crossed = intersections(here.protected)
        groups = groups if crossed is None else groups + crossed
    if truth is not None and here.kind == "officer":
        who = archetypes_of(truth, as_of=here.as_of, ids=here.ids, rule=options.positive)
        groups = groups + overlapping("archetype", who, n=n, rest="no archetype")
    return groups


def selections(tables: Tables, here: Present, concern: str, options: Options) -> Selections:
    """Return what was flagged for a concern, and what each detector and baseline selects at the same workload."""
    flags = tables.about(tables.flags, here, concern)
    scores = tables.about(tables.scores, here, concern)
    own = scores[scores["family"].to_numpy() != BASELINE] if options.silent else scores.iloc[:0]
    families = sorted({str(f) for f in flags["family"]} | {str(f) for f in own["family"].unique()})
    detectors = sorted({str(d) for row in flags["detectors"] for d in row} | {str(d) for d in own["detector"].unique()})
    chosen = flagged(flags, ids=here.ids, families=families, detectors=detectors)
    places = float(chosen.weight[:, 0].sum())
    if options.workload is not None:
        places = float(round(options.workload * len(here.ids) / 1000))
    alike = equal_workload(scores, ids=here.ids, places=places)
    return chosen if alike is None else chosen + alike


def measured(
    here: Present, concern: str, base: Groups, chosen: Selections, told: Judged | None, options: Options
) -> pd.DataFrame:
    """Return every measure of some selections of the subjects, for the base groups and those of the concern."""
    groups = base
    if told is not None:
        groups = groups + partition("standing", np.array(STANDINGS, dtype=object)[told.standing])
        groups = groups + overlapping("typology", told.typologies, n=len(here.ids))
    counted = Counted.of(groups, chosen, None if told is None else told.positive)
    return measures.table(counted, groups, chosen, kind=here.kind, as_of=here.as_of, concern=concern, options=options)
