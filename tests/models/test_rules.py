"""Every rule answers its worked cases."""

from __future__ import annotations

import pytest

from data.samples import complete, load_rows
from data.store import Store
from models.catalogue import rules
from models.contradiction import citation_query, count_query, judged_query
from models.rule import Rule, RuleCase

CASES = [pytest.param(r, c, id=f"{r.name}: {c.says}") for r in rules().values() for c in r.cases]


@pytest.mark.parametrize(("rule", "case"), CASES)
def test_a_rule_contradicts_exactly_the_expected_claims(rule: Rule, case: RuleCase) -> None:
    with Store(threads=1) as store:
        load_rows(store, complete(case.rows))
        judged = [row for row in store.rows(judged_query(rule, case.as_of)) if row[0] == 1]
        counted = {row[0]: row[1:] for row in store.rows(count_query(rule, case.as_of))}
        cited = store.rows(citation_query(rule, case.as_of, [1]))
    contradicted = tuple(claim for _, claim, _, matched, witness in judged if matched is None and witness is not None)
    unsaid = tuple(claim for _, claim, _, matched, witness in judged if matched is None and witness is None)
    assert contradicted == case.expected
    assert unsaid == case.cannot_say
    hits, _, cannot_say = counted.get(1, (0, 0, 0))
    assert (hits, cannot_say) == (len(case.expected), len(case.cannot_say))
    assert tuple(row for _, table, row, part in cited if part == "direct") == case.expected


def test_every_rule_has_three_to_six_worked_cases() -> None:
    assert {r.name: len(r.cases) for r in rules().values() if not 3 <= len(r.cases) <= 6} == {}
