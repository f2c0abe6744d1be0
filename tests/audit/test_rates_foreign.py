"""Another tool's list: measured exactly as a run's own flags, and refused in the user's words where it is malformed."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from audit.rates import RateOptions
from audit.rates.audit_inputs import AuditInputs
from audit.rates.inputs import read_background, read_truth
from audit.rates.other_tools import list_report, read_list
from audit.rates.rates_report import RatesReport, reported_rates
from data.errors import InputRejected, UsageError
from opencse.cli import app
from pipeline.run_folder import RunFolder
from tests.audit.sample_audit import RECORDS, TRUTH

HEADER = "subject,concern,date"


def told(tmp_path: Path, text: str | bytes) -> str:
    """What is said of a malformed list."""
    path = tmp_path / "tool.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InputRejected) as caught:
        read_list(path)
    assert "tool.csv" in str(caught.value)
    return str(caught.value)


MALFORMED = {
    "nothing in it": ("", "empty"),
    "only a header": (f"{HEADER}\n", "no line after the header"),
    "no concern": ("subject,date\n1,2026-01-01\n", "no column concern"),
    "semicolons": ("subject;concern;date\n1;welfare;2026-01-01\n", "Separate the columns by commas"),
    "a column of its own": (f"{HEADER},risk\n1,welfare,2026-01-01,9\n", "a column 'risk' that means nothing here"),
    "a column twice": (f"{HEADER},date\n1,welfare,2026-01-01,2026-01-01\n", "the column date 2 times"),
    "a name for a number": (f"{HEADER}\nPC Smith,welfare,2026-01-01\n", "line 2: the subject is 'PC Smith'"),
    "a number with a point": (f"{HEADER}\n1.0,welfare,2026-01-01\n", "line 2: the subject is '1.0'"),
    "another concern": (f"{HEADER}\n1,fraud,2026-01-01\n", "not one of standards, welfare, culture"),
    "a day the other way round": (f"{HEADER}\n1,welfare,01/02/2026\n", "not a day as YYYY-MM-DD"),
    "a day that never was": (f"{HEADER}\n1,welfare,2026-02-30\n", "the date is '2026-02-30'"),
    "another kind": (f"{HEADER},kind\n1,welfare,2026-01-01,dog\n", "the kind is 'dog', not one of officer, unit"),
    "a word for a score": (f"{HEADER},score\n1,welfare,2026-01-01,high\n", "the score is 'high', not a number"),
    "an endless score": (f"{HEADER},score\n1,welfare,2026-01-01,inf\n", "the score is 'inf'"),
    "an unknown table": (f"{HEADER},cited\n1,welfare,2026-01-01,emails:4\n", "'emails:4' cites no row"),
    "a table without a row": (f"{HEADER},cited\n1,welfare,2026-01-01,complaint\n", "'complaint' cites no row"),
    "too many values": (f"{HEADER}\n1,welfare,2026-01-01,7\n", "line 2 has 4 values where the header has 3"),
    "too few values": (f"{HEADER}\n1,welfare\n", "line 2 has 2 values where the header has 3"),
    "a repeat": (f"{HEADER}\n1,welfare,2026-01-01\n\n1,welfare,2026-01-01\n", "line 4 repeats line 2"),
    "an open quote": (f'{HEADER}\n"1,welfare,2026-01-01\n', "not CSV"),
    "another encoding": (f"{HEADER}\n1,welfare,2026-01-01".encode("utf-16"), "not text"),
    "a workbook": (b"PK\x03\x04\x14\x00\x06\x00\xff\xfe", "not text"),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_a_malformed_list_is_refused_in_the_users_words(tmp_path: Path, case: str) -> None:
    text, said = MALFORMED[case]
    assert said in told(tmp_path, text)


def test_all_faults_of_a_list_are_told_at_once(tmp_path: Path) -> None:
    said = told(tmp_path, f"{HEADER}\nx,welfare,2026-01-01\n2,fraud,2026-01-01\n3,welfare,today\n")
    assert "3 faults" in said
    assert all(f"line {n}" in said for n in (2, 3, 4))
    many = "".join(f"x{n},welfare,2026-01-01\n" for n in range(40))
    assert "and 30 more" in told(tmp_path, f"{HEADER}\n{many}")


def test_a_list_with_a_date_for_every_day_is_refused(tmp_path: Path) -> None:
    days = "".join(f"{n},welfare,2026-01-{n:02d}\n" for n in range(1, 31))
    assert "30 dates" in told(tmp_path, f"{HEADER}\n{days}")


def test_a_list_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(InputRejected, match="nothing there"):
        read_list(tmp_path / "none.csv")


def test_a_list_is_read_whatever_the_order_of_its_columns(tmp_path: Path) -> None:
    path = tmp_path / "tool.csv"
    path.write_text(
        "\ufeffdate, cited ,concern,subject,score\n"
        "2026-01-01,complaint:5; shift:6,welfare,7,0.5\n2026-01-01,,culture,8,\n",
        encoding="utf-8",
    )
    found = read_list(path)
    assert found.flags["subject_id"].to_pylist() == [7, 8]
    assert found.flags["subject_kind"].to_pylist() == ["officer", "officer"]
    assert found.flags["detectors"].to_pylist() == [["tool"], ["tool"]]
    assert found.dates == (date(2026, 1, 1),)
    assert found.evidence.select(["table_name", "row_id"]).to_pylist() == [
        {"table_name": "complaint", "row_id": 5},
        {"table_name": "shift", "row_id": 6},
    ]
    assert found.scores is not None
    assert found.scores["score"].to_pylist() == [0.5, None]


def export(folder: RunFolder, path: Path) -> Path:
    """Write a run's flags of officers as another tool would hand them in: one line each, with what they cite."""
    flags = folder.table("flags").to_pandas()
    flags = flags[flags["subject_kind"] == "officer"].drop_duplicates(["subject_id", "concern"])
    evidence = folder.table("evidence").to_pandas()
    evidence = evidence[evidence["part"] == "direct"]
    cited = {
        flag: ";".join(f"{t}:{r}" for t, r in zip(rows["table_name"], rows["row_id"], strict=True))
        for flag, rows in evidence.groupby("flag_id")
    }
    lines = pd.DataFrame(
        {
            "subject": flags["subject_id"],
            "concern": flags["concern"],
            "date": flags["as_of"],
            "score": flags["score"],
            "cited": flags["flag_id"].map(cited),
        }
    )
    lines.to_csv(path, index=False)
    return path


def test_a_list_is_measured_exactly_as_the_flags_of_a_run(sample_run: RunFolder, tmp_path: Path) -> None:
    """The run's own flags, handed in as another tool's list, come out with the run's own rates to the last digit."""
    path = export(sample_run, tmp_path / "tool.csv")
    truth, about = read_truth(TRUTH, records=RECORDS), read_background(RECORDS)
    listed = set(pd.read_csv(path)["subject"])
    assert len(listed) >= 4
    options = RateOptions(silent=False)
    theirs = list_report(path, records=RECORDS, truth=truth, about=about, options=options, sweeps=False).rates
    tables = {n: sample_run.table(n) for n in ("flags", "subjects", "scores", "evidence")}
    flags = tables["flags"].to_pandas()
    officers = flags[flags["subject_kind"] == "officer"].drop_duplicates(["subject_id", "concern"])
    ours = reported_rates(AuditInputs(**{**tables, "flags": officers}, truth=truth, about=about), RateOptions())
    keys = ["subject_kind", "concern", "measure", "by", "group"]
    both = [t[(t["basis"] == "flagged") & (t["scope"] == "all")].set_index(keys).sort_index() for t in (ours, theirs)]
    assert len(both[0]) > 200
    columns = ["value", "low", "high", "count", "n", "status"]
    pd.testing.assert_frame_equal(both[0][columns], both[1].loc[both[0].index, columns], check_exact=True)
    alike = [t[(t["basis"] == "equal_workload") & (t["name"] == "peer_rate")].set_index(keys) for t in (ours, theirs)]
    assert len(alike[0]) > 200
    np.testing.assert_array_equal(alike[0]["value"], alike[1].loc[alike[0].index, "value"])


def test_flags_about_nobody_in_service_are_counted_and_named(tmp_path: Path) -> None:
    path = tmp_path / "tool.csv"
    path.write_text(f"{HEADER}\n100001,standards,2025-02-01\n424242,standards,2025-02-01\n")
    made = list_report(path, records=RECORDS, options=RateOptions(silent=False), sweeps=False)
    assert any("1 of 2 flags" in note and "officer 424242" in note for note in made.facts["notes"])


def test_the_command_measures_a_list_beside_what_runs_on_the_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Measured once, and shown to people and to programs."""
    reports: list[RatesReport] = []

    def measured_once(*arguments: Any, **options: Any) -> RatesReport:
        reports.extend([] if reports else [list_report(*arguments, **options)])
        return reports[0]

    monkeypatch.setattr("audit.rates.other_tools.list_report", measured_once)
    path = tmp_path / "acme.csv"
    path.write_text(f"{HEADER}\n100001,standards,2025-02-01\n100002,welfare,2025-02-01\n")
    asked = ["rates", "--flags", str(path), "--records", str(RECORDS), "--truth", str(TRUTH)]
    shown = CliRunner().invoke(app, asked)
    assert shown.exit_code == 0, shown.output
    assert "acme" in shown.output
    assert "peer_rate" in shown.output
    machine = CliRunner().invoke(app, [*asked, "--json"])
    rows = json.loads(machine.stdout)["rates"]
    assert {"acme", "peer_rate"} <= {r["name"] for r in rows}


def test_a_list_without_records_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "tool.csv"
    path.write_text(f"{HEADER}\n1,standards,2025-02-01\n")
    outcome = CliRunner().invoke(app, ["rates", "--flags", str(path)])
    assert isinstance(outcome.exception, UsageError)
    neither = CliRunner().invoke(app, ["rates"])
    assert isinstance(neither.exception, UsageError)


@pytest.mark.parametrize("name", ["peer_rate", "random_order", "all"])
def test_a_list_named_like_what_stands_in_the_tables_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / f"{name}.csv"
    path.write_text(f"{HEADER}\n1,welfare,2026-01-01\n", encoding="utf-8")
    with pytest.raises(InputRejected, match=f"named like the detector, rule or baseline '{name}'"):
        read_list(path)


@pytest.mark.parametrize("subject", [2**63 - 1, -(2**63), 10**18])
def test_an_id_of_64_bits_is_taken_as_records_take_it(tmp_path: Path, subject: int) -> None:
    path = tmp_path / "tool.csv"
    path.write_text(f"{HEADER},cited\n{subject},welfare,2026-01-01,complaint:{subject}\n", encoding="utf-8")
    listed = read_list(path)
    assert listed.flags["subject_id"].to_pylist() == [subject]
    assert listed.evidence["row_id"].to_pylist() == [subject]


@pytest.mark.parametrize("subject", [2**63, -(2**63) - 1, 10**30])
def test_an_id_beyond_64_bits_is_refused_by_its_line(tmp_path: Path, subject: int) -> None:
    assert "line 2: the subject" in told(tmp_path, f"{HEADER}\n{subject},welfare,2026-01-01\n")
    assert "line 2: 'complaint:" in told(tmp_path, f"{HEADER},cited\n1,welfare,2026-01-01,complaint:{subject}\n")


def test_a_list_of_a_day_on_which_nobody_serves_says_so_and_nothing_of_truth(tmp_path: Path) -> None:
    path = tmp_path / "tool.csv"
    path.write_text(f"{HEADER}\n1,welfare,1950-01-01\n", encoding="utf-8")
    with pytest.raises(InputRejected, match="Nobody in the records is in service") as caught:
        list_report(path, records=RECORDS, options=RateOptions(silent=False), sweeps=False)
    assert "1950-01-01" in str(caught.value)


def lettered_records(folder: Path) -> Path:
    """Records of thirty people whose ids are texts; only the last five have a protected characteristic recorded."""
    folder.mkdir()
    people = [f"P-{n:02}" for n in range(1, 31)]
    (folder / "officer.csv").write_text(
        "officer_id,workforce,joined_on\n" + "".join(f"{p},officer,2010-01-01\n" for p in people)
    )
    header = "allegation_id,complaint_id,officer_id,category,source,received_on,known_on\n"
    days = [f"2024-{m:02}-07" for m in range(1, 13)]
    rows = [f"A{n},{n},{people[n % 30]},powers,public,{day},{day}\n" for n, day in enumerate(days * 4)]
    (folder / "complaint.csv").write_text(header + "".join(rows))
    sexes = "".join(f"{p},{'female' if n % 2 else 'male'}\n" for n, p in enumerate(reversed(people[-5:])))
    (folder / "protected_characteristic.csv").write_text("officer_id,sex\n" + sexes)
    return folder


def test_a_list_names_people_by_the_texts_of_the_records(tmp_path: Path) -> None:
    records = lettered_records(tmp_path / "records")
    path = tmp_path / "tool.csv"
    path.write_text(f"{HEADER},cited\nP-27,standards,2025-01-01,complaint:A3\nP-29,standards,2025-01-01,\n")
    made = list_report(
        path,
        records=records,
        about=read_background(records),
        options=RateOptions(silent=False),
        sweeps=False,
    ).rates
    whole = made[(made["basis"] == "flagged") & (made["scope"] == "all") & (made["measure"] == "flags_per_1000")]
    counts = {(by, group): count for by, group, count in whole[["by", "group", "count"]].itertuples(index=False)}
    # P-27 and P-29 are women, in whatever order anybody is numbered.
    assert (counts["all", "all"], counts["sex", "female"], counts["sex", "male"]) == (2, 2, 0)
    path.write_text(f"{HEADER}\nP-27,standards,2025-01-01\nP-99,standards,2025-01-01\n17,standards,2025-01-01\n")
    with pytest.raises(InputRejected, match="has 2 faults") as refused:
        list_report(path, records=records, options=RateOptions(silent=False), sweeps=False)
    assert "line 3: the subject is 'P-99', not an id of the records" in str(refused.value)
    path.write_text(f"{HEADER}\nP-27,standards,2025-01-01\n")
    with pytest.raises(UsageError, match="cannot be told to be of these records"):
        list_report(path, records=records, truth=read_truth(TRUTH), options=RateOptions(silent=False), sweeps=False)
