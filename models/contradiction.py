"""Rules as SQL: the claims, which of them another source bears out, and which rows say so."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from data.store import literal
from features.expression import Expression, substitute
from features.sql import expression_sql, loaded
from models.policy import Period
from models.rule import OTHER, POLICY, Rule

CLAIM = "r"


def judged_query(rule: Rule, as_of: date) -> str:
    """Return the query that judges every claim.

    The result has subject_id, claim_id, day, matched_id (the other source's row that bears the claim out, if any) and
    witness_id (a row that shows the other source was alive, if any). A claim with neither is one about which nothing
    can be said; one with a witness but no match is contradicted.
    """
    claims = "\nUNION ALL\n".join(_claims(rule, period, number, as_of) for number, period in enumerate(_periods(rule)))
    matches = "\nUNION ALL\n".join(_matches(rule, period, number) for number, period in enumerate(_periods(rule)))
    key = rule.other_source.key
    if rule.guard == "day":
        assert rule.guard_day is not None
        witness_day = expression_sql(rule.guard_day, row=OTHER)
        witness = f'SELECT {witness_day} AS day, min({key}) AS witness_id FROM others AS "{OTHER}" GROUP BY 1'
        join = "LEFT JOIN witnesses AS w ON w.day = c.day"
    else:
        witness = f"SELECT min({key}) AS witness_id FROM others"
        join = "CROSS JOIN witnesses AS w"
    return (
        f"WITH claims AS MATERIALIZED (\n{claims}\n),\n"
        f"others AS (SELECT * FROM {loaded(rule.other_source, as_of)}),\n"
        f"matches AS (SELECT claim_id, min(matched_id) AS matched_id FROM (\n{matches}\n) GROUP BY claim_id),\n"
        f"witnesses AS ({witness})\n"
        "SELECT c.officer_id AS subject_id, c.claim_id, c.day, m.matched_id, w.witness_id\n"
        f"FROM claims AS c LEFT JOIN matches AS m ON m.claim_id = c.claim_id {join}\n"
        "ORDER BY subject_id, claim_id"
    )


def count_query(rule: Rule, as_of: date) -> str:
    """Return the query that counts, for each officer with a claim: hits, judged (matched or hit) and cannot_say."""
    return (
        "SELECT subject_id,\n"
        "  count(*) FILTER (WHERE matched_id IS NULL AND witness_id IS NOT NULL) AS hits,\n"
        "  count(*) FILTER (WHERE matched_id IS NOT NULL OR witness_id IS NOT NULL) AS judged,\n"
        "  count(*) FILTER (WHERE matched_id IS NULL AND witness_id IS NULL) AS cannot_say\n"
        f"FROM (\n{judged_query(rule, as_of)}\n) GROUP BY subject_id ORDER BY subject_id"
    )


def citation_query(rule: Rule, as_of: date, subjects: Sequence[int]) -> str:
    """Return the query for the rows behind officers' counts: subject_id, table_name, row_id, part.

    Contradicted claims are `direct`; the rows that show the other source was alive are `comparison`; the other claims
    and what bears them out are `exposure`.
    """
    chosen = ", ".join(str(int(s)) for s in subjects)
    hit = "matched_id IS NULL AND witness_id IS NOT NULL"
    claim, other = literal(rule.table), literal(rule.other)
    return (
        f"WITH judged AS MATERIALIZED (SELECT * FROM (\n{judged_query(rule, as_of)}\n)"
        f" WHERE subject_id IN ({chosen}))\n"
        f"SELECT subject_id, {claim} AS table_name, claim_id AS row_id,"
        f" CASE WHEN {hit} THEN 'direct' ELSE 'exposure' END AS part FROM judged\n"
        f"UNION SELECT subject_id, {other}, matched_id, 'exposure' FROM judged WHERE matched_id IS NOT NULL\n"
        f"UNION SELECT subject_id, {other}, witness_id, 'comparison' FROM judged WHERE {hit}\n"
        "ORDER BY subject_id, table_name, row_id, part"
    )


def _periods(rule: Rule) -> list[Period]:
    return rule.dated.period


def _constants(period: Period) -> Mapping[tuple[str, ...], Any]:
    return {(POLICY, "since"): period.since} | {(POLICY, n): v for n, v in period.parameters.items()}


def _dated(expression: Expression, period: Period, *, row: str = CLAIM) -> str:
    return expression_sql(substitute(expression, _constants(period)), row=row)


def _claims(rule: Rule, period: Period, number: int, as_of: date) -> str:
    day = f"CAST({_dated(rule.day, period)} AS DATE)"
    conditions = [
        _dated(rule.where, period),
        f"{day} >= DATE '{period.since}'",
        f"{day} >= DATE '{as_of}' - {rule.window}",
        f"{day} < DATE '{as_of}'",
    ]
    if period.until is not None:
        conditions.append(f"{day} < DATE '{period.until}'")
    for column, values in sorted(period.applies_to.items()):
        conditions.append(f'"{CLAIM}".{rule.source.column[column].name} IN ({", ".join(map(literal, values))})')
    return (
        f'SELECT *, "{CLAIM}".{rule.source.key} AS claim_id, {day} AS day, {number} AS period'
        f' FROM {loaded(rule.source, as_of)} AS "{CLAIM}" WHERE {" AND ".join(conditions)}'
    )


def _matches(rule: Rule, period: Period, number: int) -> str:
    conditions = [f'"{OTHER}".officer_id = "{CLAIM}".officer_id']
    conditions += [f"{_dated(c, period)} = {_dated(o, period, row=OTHER)}" for c, o in rule.pairs]
    if rule.match is not None:
        conditions.append(_dated(rule.match, period))
    return (
        f'SELECT "{CLAIM}".claim_id, "{OTHER}".{rule.other_source.key} AS matched_id FROM claims AS "{CLAIM}"'
        f' JOIN others AS "{OTHER}" ON {" AND ".join(conditions)} WHERE "{CLAIM}".period = {number}'
    )
