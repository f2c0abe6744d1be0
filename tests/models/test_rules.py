"""Every rule answers its worked cases, keeps to its policy's dates, and cites what its judgement rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from data.contract import CONTRACT
from data.sample_records import SampleRow, complete_rows, load_rows
from data.store import Store
from features.expression import fields
from models.contradictions.claim_query import citation_query, judgement_query
from models.contradictions.count_query import count_query
from models.contradictions.policy import policies_with
from models.contradictions.rule import POLICY, Rule, RuleCase
from models.rules import rules
from pipeline.rule_counts import RuleCounts, count_contradictions
from pipeline.rule_selection import rule_evidence
from tests.models.force_counts import COUNTED, officers_alike

CASES = [pytest.param(r, c, id=f"{r.name}: {c.says}") for r in rules().values() for c in r.cases]
EACH = pytest.mark.parametrize("rule", rules().values(), ids=lambda rule: rule.name)


SHARED = Store(threads=1)
"""To open a database takes longer than to judge a case."""


def loaded_rows(rows: Mapping[str, Sequence[SampleRow]]) -> Store:
    """A store with these complete rows and no others."""
    SHARED.run("DROP SCHEMA IF EXISTS loaded CASCADE")
    load_rows(SHARED, rows)
    return SHARED


def loaded_case(rule: Rule, rows: Any) -> Store:
    """A store with the rows of a case; a table that the case does not name is there and empty."""
    return loaded_rows(complete_rows(dict.fromkeys(rule.tables, ()) | dict(rows)))


def judged(store: Store, rule: Rule, as_of: date) -> dict[int, dict[str, Any]]:
    """What the rule says of each claim of officer 1, by claim."""
    table = store.arrow(judgement_query(rule, as_of)).to_pylist()
    return {row["claim_id"]: row for row in table if row["subject_id"] == 1}


@pytest.mark.parametrize(("rule", "case"), CASES)
def test_a_rule_contradicts_exactly_the_expected_claims(rule: Rule, case: RuleCase) -> None:
    store = loaded_case(rule, case.rows)
    judgements = judged(store, rule, case.as_of)
    cited = store.rows(citation_query(rule, case.as_of, [1]))
    (monthly,) = count_contradictions(store, [rule], case.as_of)
    contradicted = tuple(c for c, row in judgements.items() if row["judgement"] == "contradicted")
    assert contradicted == case.expected
    assert tuple(c for c, row in judgements.items() if row["judgement"] == "cannot_say") == case.cannot_say
    counts = monthly.by_person()
    own = counts.ids == 1
    assert (counts.hits[own].sum(), counts.cannot_say[own].sum()) == (len(case.expected), len(case.cannot_say))
    assert counts.judged[own].sum() == len(judgements) - len(case.cannot_say)
    days = {row["day"] for claim, row in judgements.items() if claim in case.expected}
    assert counts.hit_days[own].sum() == len(set(case.against) if rule.counts_rows_once else days)
    direct = {(table, row) for _, table, row, part in cited if part == "direct"}
    assert {row for table, row in direct if table == rule.table} >= set(case.expected)
    if rule.contradicted_by is None:
        assert not case.against
        assert {row for table, row in direct if table == rule.table} == set(case.expected)
    else:
        against = tuple(judgements[c][f"matched_{len(rule.counterparts) - 1}"] for c in contradicted)
        assert against == case.against
        assert {(rule.contradicted_by.table, row) for row in against} <= direct
    if case.shows == "look_alike" and own.any():
        assert not (_where_all_have_as_many(counts) <= 0.5).any()


def _where_all_have_as_many(counts: RuleCounts) -> np.ndarray[Any, Any]:
    """The chances under the rule in a force of sixty of whom each has the counts of officer 1."""
    alike = {name: np.repeat(getattr(counts, name)[counts.ids == 1], 60) for name in COUNTED}
    ids = np.arange(1, 61)
    (evidence,) = rule_evidence([RuleCounts(counts.rule, counts.as_of, ids, **alike)], officers_alike(ids))
    return np.nan_to_num(evidence.p_value, nan=1.0)


@pytest.mark.parametrize(("rule", "case"), CASES)
def test_the_cited_rows_alone_give_the_same_judgement(rule: Rule, case: RuleCase) -> None:
    whole = complete_rows(dict.fromkeys(rule.tables, ()) | dict(case.rows))
    store = loaded_case(rule, case.rows)
    counted = [row for row in store.rows(count_query(rule, case.as_of)) if row[0] == 1]
    cited = {(table, row) for _, table, row, _ in store.rows(citation_query(rule, case.as_of, [1]))}
    keys = {name: str(CONTRACT[name].key) for name in whole}
    rest = {name: [r for r in rows if (name, r[keys[name]]) in cited] for name, rows in whole.items()}
    alone = loaded_rows(rest).rows(count_query(rule, case.as_of))
    assert [row for row in alone if row[0] == 1] == counted


def shapes(rule: Rule) -> set[str]:
    """Which of the cases that every rule must show stand among its worked cases."""
    first = min(period.since for period in rule.dated.period)
    citations = set()
    for case in rule.cases:
        citations |= {"contradicted"} if case.expected else set()
        citations |= {"cannot say"} if case.cannot_say else set()
        citations |= {"look-alike"} if case.shows == "look_alike" else set()
        citations |= {"before the policy"} if "efore the policy" in case.says and not case.expected else set()
        borne_out = not case.expected and not case.cannot_say and case.as_of > first
        citations |= {"borne out"} if borne_out and "efore the policy" not in case.says else set()
    return citations


@EACH
def test_every_rule_shows_the_cases_that_matter(rule: Rule) -> None:
    assert shapes(rule) == {"contradicted", "borne out", "cannot say", "before the policy", "look-alike"}
    assert 5 <= len(rule.cases) <= 8


@EACH
def test_no_policy_applies_before_its_first_day_or_after_its_last(rule: Rule) -> None:
    """Whatever a worked case contradicts is no claim once the policy begins a day later or ends on that very day."""
    one = timedelta(days=1)
    for case in [case for case in rule.cases if case.expected]:
        store = loaded_case(rule, case.rows)
        judgements = judged(store, rule, case.as_of)
        first, last = min(r["day"] for r in judgements.values()), max(r["day"] for r in judgements.values())
        for since, until in ((last + one, None), (first - one, first)):
            moved = _put_in_force(rule, since=since, until=until)
            days = [row["day"] for row in judged(store, moved, case.as_of).values()]
            # A claim that falls due so long after the policy began may move with it, but never before it.
            assert all(day >= since and (until is None or day < until) for day in days)
            assert not days or (POLICY, "since") in fields(rule.day)
        always = _put_in_force(rule, since=first - 400 * one, until=None)
        assert set(judged(store, always, case.as_of)) >= set(case.expected)


def _put_in_force(rule: Rule, *, since: date, until: date | None) -> Rule:
    periods = [p.model_copy(update={"since": since, "until": until}) for p in rule.dated.period]
    moved = rule.dated.model_copy(update={"period": periods})
    with policies_with({rule.policy: moved}):
        return replace(rule)


def test_there_are_at_least_ten_rules_that_take_part_by_default() -> None:
    assert sum(not rule.opt_in for rule in rules().values()) >= 10


@EACH
def test_a_rule_that_reads_health_for_standards_takes_part_only_when_named(rule: Rule) -> None:
    assert rule.opt_in or not ("health" in rule.categories and rule.concern == "standards")
