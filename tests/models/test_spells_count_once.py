"""A spell of absence that is wrong contradicts every tour inside it: that is one cause, and counts on its first day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from data.errors import DeclarationFaulty
from data.sample_records import SampleRow, complete_rows, load_rows
from data.store import Store
from models.rules import rules
from models.selection.fdr import select_by_fdr
from pipeline.rule_counts import MonthlyCounts, count_contradictions
from pipeline.rule_selection import rule_evidence
from tests.models.force_counts import AS_OF, officers_alike

RULE = rules()["shift_inside_leave"]


def counted(shifts: Sequence[SampleRow], absences: Sequence[SampleRow]) -> MonthlyCounts:
    with Store(threads=1) as store:
        load_rows(store, complete_rows({"shift": list(shifts), "absence": list(absences)}))
        (monthly,) = count_contradictions(store, [RULE], AS_OF)
    return monthly


def tour(officer: int, on: date) -> SampleRow:
    return {"officer_id": officer, "starts_at": f"{on} 09:00", "ends_at": f"{on} 15:00"}


def leave(officer: int, first: date, last: date) -> SampleRow:
    return {"officer_id": officer, "kind": "annual_leave", "started_on": str(first), "ended_on": str(last)}


def test_tours_inside_one_spell_count_once_in_the_month_in_which_they_begin() -> None:
    days = [date(2026, 3, 29), date(2026, 3, 31), date(2026, 4, 2), date(2026, 4, 5)]
    monthly = counted([tour(1, on) for on in days], [leave(1, date(2026, 3, 25), date(2026, 4, 9))])
    assert monthly.hits.tolist() == [2, 2]
    assert monthly.judged_days.tolist() == [2, 2]
    assert monthly.hit_days.tolist() == [1, 0]


def test_each_spell_counts_and_only_for_whose_it_is() -> None:
    spells = [(date(2026, 2, 1), date(2026, 2, 12)), (date(2026, 4, 1), date(2026, 4, 12))]
    inside = [date(2026, 2, 4), date(2026, 2, 5), date(2026, 4, 6)]
    shifts = [tour(officer, on) for officer in (1, 2) for on in inside]
    people = counted(shifts, [leave(1, *spell) for spell in spells] + [leave(2, *spells[1])]).by_person()
    assert people.hits.tolist() == [3, 1]
    assert people.hit_days.tolist() == [2, 1]


def test_nobody_is_flagged_where_one_spell_in_many_was_recorded_wrongly() -> None:
    """One person in thirty gave a spell of leave back and worked three to five tours in it; records do not say so."""
    rng = np.random.default_rng(4)
    shifts: list[SampleRow] = []
    absences: list[SampleRow] = []
    for officer in range(1, 601):
        first = AS_OF - timedelta(days=int(rng.integers(60, 300)))
        absences.append(leave(officer, first, first + timedelta(days=13)))
        inside = rng.choice(np.arange(1, 13), size=int(rng.integers(3, 6)), replace=False) if officer % 30 == 0 else []
        outside = [*range(1, 39, 2), *rng.choice(np.arange(315, 364), size=30, replace=False).tolist()]
        shifts += [tour(officer, first + timedelta(days=int(n))) for n in inside]
        shifts += [tour(officer, AS_OF - timedelta(days=int(n))) for n in outside]
    counts = counted(shifts, absences).by_person()
    assert np.sum(counts.hits >= 3) == 20
    (evidence,) = rule_evidence([counts], officers_alike(np.arange(1, 601)))
    assert not select_by_fdr(evidence.p_value, q=0.1).chosen.any()


def test_only_what_contradicts_can_count_once() -> None:
    assert RULE.contradicted_by is not None
    with pytest.raises(DeclarationFaulty, match="only what contradicts a claim counts `once`"):
        replace(RULE, contradicted_by=None, borne_out_by=(RULE.contradicted_by,))
