"""A flag cites the rows that its values count, over the days that the records of each value cover."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

from data.sample_records import complete_rows, load_rows
from data.store import Store
from features.engine import compute
from features.gaps.sources import Sources
from features.indicators import indicators
from pipeline.evidence import Part, cite
from pipeline.flag import Flag
from pipeline.settings import load

DAY = date(2026, 1, 1)
MONTHS = (5, 6, 8, 12)


def flag(concern: str, indicator: str) -> Flag:
    return Flag(
        subject_kind="officer",
        subject_id=1,
        as_of=DAY,
        concern=concern,
        standard=None,
        detectors=("peer_rate",),
        family="statistical",
        promise="comparison",
        score=9.0,
        p_value=1e-9,
        q_value=1e-6,
        threshold=1e-3,
        audience="",
        policy="",
        policy_version=1,
        explanation="",
        status="open",
        carried=((indicator, 365),),
    )


def cited(rows: dict[str, list[dict[str, Any]]], **began: int) -> dict[tuple[str, Part], dict[str, list[int]]]:
    """Return the rows that a flag for assaults suffered cites: by indicator and part, the row ids of each table."""
    sources = Sources(reach={(DAY, table): DAY - timedelta(days=days) for table, days in began.items()})
    settings = load()
    chosen = [indicators()[name] for name in ("assaults_suffered", "shifts_worked")]
    with Store(threads=1) as store:
        load_rows(store, complete_rows({"officer": [{"officer_id": 1, "joined_on": "2010-01-01"}]} | rows))
        table = compute(store, chosen, kind="officer", as_of=DAY, sources=sources)
        (one,) = cite(store, [flag("welfare", "assaults_suffered")], {(DAY, "officer"): table}, settings, sources)
    by_part: dict[tuple[str, Part], dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for (name, row, indicator), part in sorted(one.parts.items()):
        by_part[indicator, part][name].append(row)
    return by_part


def rows() -> dict[str, list[dict[str, Any]]]:
    tours = [
        {"officer_id": 1, "starts_at": f"2025-{month:02}-10T08:00:00", "ends_at": f"2025-{month:02}-10T16:00:00"}
        for month in MONTHS
    ]
    assaults = [{"officer_id": 1, "occurred_at": f"2025-{month:02}-10T12:00:00"} for month in MONTHS]
    posting = [{"officer_id": 1, "started_on": "2010-01-01"}]
    return {"shift": tours, "assault": assaults, "posting": posting}


def test_rows_from_before_their_opportunity_was_recorded_are_not_cited_as_counted() -> None:
    everything = cited(rows())
    assert len(everything["assaults_suffered", "direct"]["assault"]) == len(MONTHS)
    late = cited(rows(), shift=150, assault=2000)
    assert late["assaults_suffered", "direct"]["assault"] == everything["assaults_suffered", "direct"]["assault"][2:]


def test_opportunity_from_before_anything_could_be_counted_is_not_cited() -> None:
    everything = cited(rows())
    late = cited(rows(), shift=2000, assault=150)
    whole, part = (of["shifts_worked", "exposure"]["shift"] for of in (everything, late))
    assert (len(whole), part) == (len(MONTHS), whole[2:])
