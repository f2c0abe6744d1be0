"""Practice findings: where a rule is contradicted for many, in words, with its rows, and whose claims it covers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
import pyarrow as pa

from data.arrays import Bools, Ids, Positions
from data.store import literal
from features.table import FeatureTable
from models.contradictions.claim_query import CONTRADICTED, judgement_query
from models.contradictions.practice import UNUSUAL, Claims, PracticeScope, find_practices
from models.contradictions.rule import Rule
from pipeline.rule_counts import MonthlyCounts
from pipeline.rule_selection import RuleEvidence
from pipeline.wording import practice_sentence

SCHEMA: Final = pa.schema(
    [
        ("as_of", pa.date32()),
        ("rule", pa.string()),
        ("concern", pa.string()),
        ("scope", pa.string()),
        ("scope_id", pa.int64()),
        ("since", pa.date32()),
        ("until", pa.date32()),
        ("claims", pa.int64()),
        ("contradicted", pa.int64()),
        ("people", pa.int64()),
        ("people_contradicted", pa.int64()),
        ("share", pa.float64()),
        ("q_value", pa.float64()),
        ("sentence", pa.string()),
    ]
)
"""The columns of `practices.parquet`; claims are days with a claim that could be judged."""


@dataclass(frozen=True)
class Practice:
    """One practice finding of a rule on an as-of date."""

    rule: Rule
    as_of: date
    found: PracticeScope

    @property
    def since(self) -> date:
        """The first day of its months."""
        return _first_day(self.found.since)

    @property
    def until(self) -> date:
        """The last day of its months."""
        return _first_day(self.found.until + 1) - timedelta(days=1)

    @property
    def file(self) -> str:
        """The name of the file that holds the query for its rows."""
        place = "" if self.found.scope_id is None else f"-{self.found.scope_id}"
        return f"{self.as_of}-{self.rule.name}-{self.found.scope}{place}-{self.since}.sql"

    def row(self) -> dict[str, Any]:
        """Return it as a row of `practices.parquet`."""
        counted = ("claims", "contradicted", "people", "people_contradicted", "q_value")
        return {
            "as_of": self.as_of,
            "rule": self.rule.name,
            "concern": self.rule.concern,
            "scope": self.found.scope,
            "scope_id": self.found.scope_id,
            "since": self.since,
            "until": self.until,
            "share": self.found.contradicted / self.found.claims,
            "sentence": practice_sentence(self.rule, self.found, since=self.since, until=self.until),
        } | {name: getattr(self.found, name) for name in counted}

    def rows_query(self, officers: FeatureTable) -> str:
        """Return the query for its contradicted claims: subject_id, claim_id and day."""
        conditions = [
            f"judgement = {literal(CONTRADICTED)}",
            f"day BETWEEN DATE '{self.since}' AND DATE '{self.until}'",
        ]
        if self.found.scope in ("area", "team"):
            place = _places(officers.ids, officers, f"{self.found.scope}_id")
            there = officers.ids[place == self.found.scope_id].tolist()
            conditions.append(f"subject_id IN ({', '.join(map(str, there))})")
        query = judgement_query(self.rule, self.as_of)
        return f"SELECT subject_id, claim_id, day FROM (\n{query}\n) WHERE {' AND '.join(conditions)} ORDER BY 1, 2"


def practices(
    monthly: Sequence[MonthlyCounts], evidence: Sequence[RuleEvidence], officers: FeatureTable
) -> list[Practice]:
    """Return the practices of all rules, from what they count of everybody and how unusual that is."""
    claims = [_claims(m, officers, _often(m, e, officers)) for m, e in zip(monthly, evidence, strict=True)]
    return [
        Practice(m.rule, m.as_of, found)
        for m, scopes in zip(monthly, find_practices(claims), strict=True)
        for found in scopes
    ]


def set_aside(counts: MonthlyCounts, of: Iterable[Practice], officers: FeatureTable) -> Bools | None:
    """Return which months of whom belong to a practice of a part of the force or the time; None where none does."""
    parts = [p.found for p in of if p.rule.name == counts.rule.name and p.as_of == counts.as_of and p.found.is_part]
    if not parts:
        return None
    claims = _claims(counts, officers, np.zeros(len(counts.subject), dtype=np.bool_))
    return np.asarray(np.any([found.covers(claims) for found in parts], axis=0))


def practices_table(every: Iterable[Practice]) -> pa.Table:
    """Return practices as rows of `practices.parquet`, by date, rule, scope and place."""
    table = pa.Table.from_pylist([one.row() for one in every], schema=SCHEMA)
    return table.sort_by([(key, "ascending") for key in ("as_of", "rule", "scope", "scope_id", "since")])


def written_practices(table: pa.Table, rules: dict[str, Rule]) -> list[Practice]:
    """Return the practices that a run wrote down."""
    return [
        Practice(
            rules[row["rule"]],
            row["as_of"],
            PracticeScope(
                scope=row["scope"],
                scope_id=row["scope_id"],
                since=np.datetime64(row["since"], "M"),
                until=np.datetime64(row["until"], "M"),
                **{n: row[n] for n in ("claims", "contradicted", "people", "people_contradicted", "q_value")},
            ),
        )
        for row in table.to_pylist()
    ]


def _often(monthly: MonthlyCounts, evidence: RuleEvidence, officers: FeatureTable) -> Bools:
    """Return for each person and month whether the person is contradicted often: next to everybody in the same role.

    Areas are left out of what is expected here, or a practice of an area would be what is expected there.
    """
    counts, fitted = evidence.counts, evidence.fitted
    if fitted is None:
        return np.zeros(len(monthly.subject), dtype=np.bool_)
    often = np.zeros(len(counts.ids), dtype=np.bool_)
    some = counts.judged_days > 0
    hits, trials = counts.hit_days[some].astype(np.float64), counts.judged_days[some].astype(np.float64)
    often[some] = (fitted.null.upper_tail(hits, trials, evidence.role_offset[some]) <= UNUSUAL) & (hits > 0)
    return np.asarray(often[np.searchsorted(counts.ids, monthly.subject)])


def _claims(counts: MonthlyCounts, officers: FeatureTable, often: Bools) -> Claims:
    hit_days, judged_days = counts.hit_days.astype(np.float64), counts.judged_days.astype(np.float64)
    area, team = (_places(counts.subject, officers, name) for name in ("area_id", "team_id"))
    return Claims(counts.subject, counts.month, hit_days, judged_days, area, team, often)


def _places(ids: Ids, officers: FeatureTable, name: str) -> Positions:
    """Return where each of some officers works, -1 where that is not known."""
    everybody = officers.ids
    if not len(everybody):
        return np.full(len(ids), -1, dtype=np.intp)
    own = np.asarray(officers.subjects[name].fill_null(-1).to_numpy(), dtype=np.intp)
    at = np.clip(np.searchsorted(everybody, ids), 0, len(everybody) - 1)
    return np.where(everybody[at] == ids, own[at], -1)


def _first_day(month: np.datetime64) -> date:
    day: date = month.astype("datetime64[D]").astype(date)
    return day
