"""A pair of claims under the limit is one coincidence: ordinary people who have one are not flagged for two days."""

from __future__ import annotations

from datetime import timedelta

import numpy as np

from data.sample_records import SampleRow, complete_rows, load_rows
from data.store import Store
from models.rules import rules
from models.selection.fdr import select_by_fdr
from pipeline.rule_counts import count_contradictions
from pipeline.rule_selection import rule_evidence
from tests.models.force_counts import AS_OF, officers_alike

PEOPLE = 900
RULE = rules()["split_expense"]


def chances(rng: np.random.Generator, *, padding: int) -> tuple[np.ndarray, np.ndarray]:
    """Whose chances under the rule are what, where everybody makes such a claim now and then; the first few every week.

    People differ little, so that nothing but chance brings two such claims within weeks.
    """
    claims: list[SampleRow] = []
    for person in range(1, PEOPLE + 1):
        usual = rng.poisson(0.4 * rng.lognormal(-0.125, 0.5))
        near = range(0, 364, 14) if person <= padding else rng.integers(0, 364, usual).tolist()
        claims += [_claim(person, day, 2400) for day in near] + [_claim(person, int(rng.integers(0, 364)), 700)]
    with Store(threads=1) as store:
        load_rows(store, complete_rows({"expense": claims}))
        (monthly,) = count_contradictions(store, [RULE], AS_OF)
    ids = np.arange(1, PEOPLE + 1)
    (evidence,) = rule_evidence([monthly.by_person()], officers_alike(ids))
    return evidence.counts.ids, evidence.p_value


def _claim(person: int, day: int, pence: int) -> SampleRow:
    on = AS_OF - timedelta(days=1 + day)
    return {"officer_id": person, "incurred_on": str(on), "amount_pence": pence, "receipt": False}


def test_nobody_is_flagged_where_only_chance_brings_two_claims_together() -> None:
    for seed in range(3):
        _, p_value = chances(np.random.default_rng(seed), padding=0)
        assert np.sum(~np.isnan(p_value)) > 20
        assert not select_by_fdr(p_value, q=0.1).chosen.any()


def test_somebody_who_pads_every_other_week_is_flagged_next_to_them() -> None:
    ids, p_value = chances(np.random.default_rng(5), padding=3)
    assert set(ids[np.argsort(p_value)[:3]].tolist()) == {1, 2, 3}
    assert set(ids[select_by_fdr(p_value, q=0.1).chosen].tolist()) >= {1, 2, 3}
