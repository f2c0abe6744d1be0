"""Outcomes are counted from the as-of date on, by decile and top, and kept apart from truth."""

from __future__ import annotations

import csv
import gzip
from collections import defaultdict
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from audit.rates.later_rows import later_of, uncomputed
from audit.rates.not_computed import rankless
from audit.rates.recorded_later import NOT_TRUTH, months_after, outcomes
from data.errors import UsageError
from data.sample_records import complete_rows, load_rows
from data.store import Store
from opencse.cli import app
from pipeline.loading import load_records
from pipeline.run_folder import RunFolder
from tests.audit.little_audits import AS_OF, little_audit
from tests.audit.sample_audit import RECORDS, write_manifest

UNTIL = date(2028, 1, 1)

CASES = [
    # received: case, officer, day
    ("complaint", {"officer_id": 1, "complaint_id": 10, "received_on": "2026-01-01"}),
    ("complaint", {"officer_id": 1, "complaint_id": 11, "received_on": "2026-06-01"}),
    ("complaint", {"officer_id": 1, "complaint_id": 12, "received_on": "2027-12-31"}),
    # the day before, and the day after
    ("complaint", {"officer_id": 2, "complaint_id": 13, "received_on": "2025-12-31"}),
    ("complaint", {"officer_id": 2, "complaint_id": 14, "received_on": "2026-06-01"}),
    ("complaint", {"officer_id": 2, "complaint_id": 15, "received_on": "2028-01-01"}),
    # three allegations of two cases
    ("complaint", {"officer_id": 3, "complaint_id": 16, "received_on": "2026-06-01"}),
    ("complaint", {"officer_id": 3, "complaint_id": 16, "received_on": "2026-06-01"}),
    ("complaint", {"officer_id": 3, "complaint_id": 17, "received_on": "2026-06-01"}),
    # a finding on an old complaint, and a complaint closed without one
    (
        "complaint",
        {"officer_id": 4, "received_on": "2025-06-01", "finalised_on": "2026-02-01", "outcome": "case_to_answer"},
    ),
    ("complaint", {"officer_id": 5, "received_on": "2025-06-01", "finalised_on": "2026-02-01", "outcome": "no_action"}),
    ("conduct_case", {"officer_id": 6, "opened_on": "2026-01-01", "closed_on": "2026-05-01", "outcome": "no_case"}),
    ("conduct_case", {"officer_id": 7, "opened_on": "2025-01-01", "closed_on": "2026-05-01", "outcome": "dismissed"}),
    ("conduct_case", {"officer_id": 8, "opened_on": "2025-01-01", "closed_on": "2028-05-01", "outcome": "dismissed"}),
]


def test_outcomes_are_those_of_the_months_from_the_as_of_date_on() -> None:
    rows: dict[str, list[dict[str, object]]] = {"officer": [], "complaint": [], "conduct_case": []}
    rows["officer"] = [
        {"officer_id": n, "joined_on": "2010-01-01", "left_on": {9: "2026-01-01", 10: "2025-12-31"}.get(n)}
        for n in range(1, 11)
    ]
    for table, row in CASES:
        rows[table].append(row)
    with Store(threads=1) as store:
        load_rows(store, complete_rows(rows))
        found = later_of(store, as_of=AS_OF, until=UNTIL, present=set(rows))
        bare = later_of(store, as_of=AS_OF, until=UNTIL, present={"officer"})
    assert {name: ids.tolist() for name, ids in found.items()} == {
        "complaint_cases": [1],
        "conduct_case": [6],
        "misconduct_finding": [4, 7],
        "left": [9],
    }
    assert list(bare) == ["left"]


FORCE = [
    *({"officer_id": 1, "incident_id": 5, "used_at": "2026-03-01 10:00", "tactic": "baton"} for _ in range(4)),
    *({"officer_id": 2, "incident_id": None, "used_at": "2026-03-01 10:00", "tactic": None} for _ in range(2)),
    *({"officer_id": 3, "incident_id": n, "used_at": "2026-03-01 10:00", "tactic": "baton"} for n in (6, 7)),
    {"officer_id": 3, "incident_id": 8, "used_at": "2027-12-31 23:59", "tactic": "taser"},
    {"officer_id": 4, "incident_id": 9, "used_at": "2028-01-01 00:00", "tactic": "taser"},
    *(
        {"officer_id": 5, "incident_id": n, "used_at": "2026-03-01 10:00", "tactic": "compliant_handcuffs"}
        for n in (11, 12, 13)
    ),
]


def test_force_counts_by_incident_and_how_many_are_enough_is_asked_for() -> None:
    rows = {"use_of_force": FORCE, "complaint": [{"officer_id": None, "received_on": "2026-03-01"} for _ in range(9)]}
    with Store(threads=1) as store:
        load_rows(store, complete_rows(rows))
        found = {k: later_of(store, as_of=AS_OF, until=UNTIL, present=set(rows), at_least=k) for k in (1, 2, 3)}
    assert {k: own["force_incidents"].tolist() for k, own in found.items()} == {1: [1, 2, 3], 2: [2, 3], 3: [3]}
    assert found[1]["complaint_cases"].tolist() == []  # complaints that name nobody tell of nobody


def test_what_no_dated_row_tells_is_not_computed() -> None:
    rows = {
        "officer": [{"officer_id": 1, "left_on": None}],
        "complaint": [
            {"officer_id": 1, "received_on": "2025-03-01", "finalised_on": None, "outcome": "case_to_answer"}
        ],
    }
    with Store(threads=1) as store:
        load_rows(store, complete_rows(rows))
        found = later_of(store, as_of=AS_OF, until=UNTIL, present=set(rows))
        why = list(uncomputed(store, as_of=AS_OF, present=set(rows)))
    assert found == {}
    assert "left as of 2026-01-01 is not computed, because no row of officer has a left_on." in why
    assert any(w.startswith("complaint_cases") and "the last is 2025-03-01" in w for w in why)
    assert any(w.startswith("force_incidents") and "there is no table use_of_force" in w for w in why)
    assert any(w.startswith("misconduct_finding") and "no row of complaint has a finalised_on" in w for w in why)


def test_a_ranking_that_ranks_nobody_has_no_top() -> None:
    audit = little_audit(30, people=100)
    constant = audit.scores.assign(score=1.0, p_value=None)
    later = {AS_OF: {"left": np.array(sorted(audit.subjects["subject_id"]))[:10]}}
    table = outcomes(audit.flags, subjects=audit.subjects, scores=constant, later=later, until={AS_OF: UNTIL})
    assert set(table["by"]) == {"flagged"}
    assert rankless(np.array([-np.inf])) == "it scores nobody"


def test_months_are_calendar_months() -> None:
    assert months_after(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert months_after(date(2009, 1, 1), 24) == date(2011, 1, 1)


def one(table: pd.DataFrame, **wanted: str) -> pd.Series:
    chosen = table[np.logical_and.reduce([table[k] == v for k, v in wanted.items()])]
    assert len(chosen) == 1
    return chosen.iloc[0]


def test_deciles_and_top_are_counted_by_hand() -> None:
    """100 people score 1 to 100; the ten highest and every tenth have the outcome."""
    audit = little_audit(30, people=100)
    ids = np.array(sorted(audit.subjects["subject_id"]))
    scores = audit.scores[(audit.scores["detector"] == "count") & (audit.scores["concern"] == "standards")]
    scores = scores.assign(score=np.arange(1.0, 101.0), subject_id=ids)
    had = np.unique(np.concatenate([ids[90:], ids[::10]]))
    table = outcomes(
        audit.flags, subjects=audit.subjects, scores=scores, later={AS_OF: {"left": had}}, until={AS_OF: UNTIL}
    )
    of = {"name": "count", "concern": "standards"}
    first = one(table, by="decile", group="01", **of)
    assert (first["count"], first["n"], first["base"]) == (10, 10, 0.19)
    assert first["ratio_to_others"] == pytest.approx(1.0 / (9 / 90))
    assert one(table, by="decile", group="02", **of)["value"] == 0.1
    top = one(table, by="top", **of)
    assert (top["count"], top["n"]) == (5, 5)
    flagged = one(table, by="flagged", concern="standards", scope="all")
    listed = set(audit.flags.loc[audit.flags["concern"] == "standards", "subject_id"])
    assert (flagged["count"], flagged["n"]) == (len(listed & set(had.tolist())), len(listed))


def test_deciles_add_up_to_everybody_scored_even_with_ties() -> None:
    audit = little_audit(31, people=57)
    had = np.array(sorted(audit.subjects["subject_id"]))[::3]
    table = outcomes(
        audit.flags, subjects=audit.subjects, scores=audit.scores, later={AS_OF: {"left": had}}, until={AS_OF: UNTIL}
    )
    tenths = table[(table["by"] == "decile") & (table["name"] == "count")].groupby("concern")
    assert tenths["n"].sum().to_numpy() == pytest.approx([57.0, 57.0])
    assert tenths["count"].sum().to_numpy() == pytest.approx([19.0, 19.0])
    assert tenths["n"].min().to_numpy() == pytest.approx([5.7, 5.7])


def test_records_that_end_before_the_as_of_date_are_refused(sample_run: RunFolder) -> None:
    outcome = CliRunner().invoke(
        app, ["outcomes", str(sample_run.path), "--records", str(RECORDS), "--source", "folder"]
    )
    assert isinstance(outcome.exception, UsageError)
    assert "nothing from after" in str(outcome.exception)


def test_the_command_says_first_that_outcomes_are_not_truth(tmp_path: Path) -> None:
    from data.writing import write_table
    from pipeline.settings import over_defaults
    from pipeline.trial import try_records

    few = {"features": {"indicators": ["complaints", "unlinked_lookups"]}, "models": {"detectors": ["peer_rate"]}}
    trial = try_records(RECORDS, settings=over_defaults(few, where="a test"), as_of=[date(2024, 12, 1)])
    for name in ("flags", "subjects", "scores"):
        write_table(getattr(trial, name), tmp_path / "run" / f"{name}.parquet")
    write_manifest(tmp_path / "run")
    asked = ["outcomes", str(tmp_path / "run"), "--records", str(RECORDS), "--source", "folder", "--months", "6"]
    shown = CliRunner().invoke(app, [*asked, "--out", str(tmp_path / "out")], catch_exceptions=False)
    flowing = " ".join(shown.stdout.split())
    assert NOT_TRUTH[:60] in flowing
    assert flowing.index("not the truth") < flowing.index("conduct case opened")
    assert "what came after is not counted" in flowing
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["notes.txt", "outcomes.csv", "outcomes.parquet"]


@pytest.mark.chicago
def test_outcomes_of_real_records_are_those_of_a_plain_reading_of_the_release(chicago: Path) -> None:
    """Three cases or more received in 2009 and 2010, counted from the release's own files with the csv module."""
    names = ("officer", "complaint")
    with Store() as store:
        present = load_records(chicago, source="chicago", store=store, check="constraints", tables=names).present
        found = later_of(store, as_of=date(2009, 1, 1), until=date(2011, 1, 1), present=present)
    received = {r["cr_id"]: r["complaint_date"] for r in lines(chicago / "complaints" / "complaints-complaints.csv.gz")}
    cases: dict[int, set[str]] = defaultdict(set)
    for row in lines(chicago / "complaints" / "complaints-accused.csv.gz"):
        if "2009-01-01" <= received.get(row["cr_id"], "") < "2011-01-01":
            cases[int(row["UID"])].add(row["cr_id"])
    expected = sorted(officer for officer, of in cases.items() if len(of) >= 3)
    assert len(expected) > 500
    assert found["complaint_cases"].tolist() == expected


def lines(path: Path) -> list[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return list(csv.DictReader(file))
