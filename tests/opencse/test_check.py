"""The command `check`, as its users call it."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from data.store import Store
from features.engine import compute
from features.indicators import indicators
from pipeline.check import record_check
from pipeline.loading import load_records
from tests.command_line import ending_of, json_of, refusal_of

OFFICERS = "officer_id,workforce,joined_on\n" + "".join(f"{n},officer,2015-03-0{n % 9 + 1}\n" for n in range(1, 41))
COMPLAINTS = "allegation_id,complaint_id,officer_id,category,source,received_on,known_on,outcome\n"


def records(folder: Path) -> Path:
    """Forty officers and four allegations, two of which cannot be loaded."""
    (folder / "officer.csv").write_text(OFFICERS, encoding="utf-8")
    rows = [
        "1,1,1,powers,public,2020-01-02,2020-01-02,no_action",
        "2,1,2,powers,public,2020-01-02,2020-01-02,",
        "3,2,3,yacht,public,2020-02-02,2020-02-02,",
        "4,3,3,yacht,public,2020-02-03,2020-02-03,",
    ]
    (folder / "complaint.csv").write_text(COMPLAINTS + "\n".join(rows) + "\n", encoding="utf-8")
    return folder


def checked(code: int, *arguments: object) -> Any:
    """What a check says as JSON; it ends with a code."""
    ending, output, _ = ending_of("check", *arguments, "--json")
    assert ending == code
    return json.loads(output)


def test_everything_is_said_before_anything_runs(tmp_path: Path) -> None:
    check = checked(7, records(tmp_path), "--as-of", "2020-01-03")
    (reason,) = check["reasons"]
    assert (reason["table"], reason["column"], reason["rows"]) == ("complaint", "category", 2)
    assert "'yacht'" in reason["commonest"][0][0]
    assert reason["commonest"][0][1] == 2
    states = {(c["table"], c["column"]): c["state"] for c in check["columns"]}
    assert states["officer", "workforce"] == "constant"
    assert states["officer", "left_on"] == "empty"
    assert states["officer", "joined_on"] == "varied"
    assert check["shape"]["cases_with_two_officers"] == 1
    assert check["shape"]["findings_without_a_date"] == 1
    complaints = next(p for p in check["parts"] if p["name"] == "complaints")
    assert (complaints["ready"], complaints["people"]) == (True, 2)
    assert check["unlocks"][0]["parts"] >= check["unlocks"][-1]["parts"] > 0
    assert check["as_of"] == "2020-01-03"


def test_a_file_that_cannot_be_used_hides_no_other(tmp_path: Path) -> None:
    records(tmp_path)
    (tmp_path / "posting.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    check = checked(3, tmp_path)
    assert [fault["where"] for fault in check["faults"]] == ["posting.csv"]
    assert {table["table"] for table in check["tables"]} == {"officer", "complaint"}


def test_the_page_loads_nothing_and_shows_no_markup_of_the_records(tmp_path: Path) -> None:
    records(tmp_path)
    file = tmp_path / "complaint.csv"
    file.write_text(file.read_text(encoding="utf-8").replace("yacht", "<script>x</script>"), encoding="utf-8")
    page = tmp_path / "check.html"
    assert refusal_of("check", tmp_path, "--out", page).exit_code == 7  # it is written all the same
    text = page.read_text(encoding="utf-8")
    assert "&lt;script&gt;" in text
    assert "<script" not in text
    assert "http" not in text
    assert refusal_of("check", tmp_path, "--out", page).exit_code == 2


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_of_a_large_table_a_part_is_looked_at_and_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.setattr(record_check, "MOST_ROWS", 10)
    officers = records(tmp_path) / "officer.csv"
    if form == "parquet":
        with Store(threads=1) as store:
            store.run(f"COPY (FROM read_csv('{officers}')) TO '{tmp_path / 'officer.parquet'}'")
        officers.unlink()
    check = checked(7, tmp_path)
    (table,) = [table for table in check["tables"] if table["table"] == "officer"]
    assert (table["rows_in"], table["rows_in_file"]) == ((8, 41) if form == "csv" else (10, 40))
    # Officers who were left out are no parents that are missing.
    assert [reason["column"] for reason in check["reasons"]] == ["category"]


def test_what_names_nobody_or_has_no_date_is_counted_and_never_a_persons(tmp_path: Path) -> None:
    records(tmp_path)
    rows = [f"{n},{n},,powers,public,2020-01-02,2020-01-02,no_action" for n in range(1, 31)]
    (tmp_path / "complaint.csv").write_text(COMPLAINTS + "\n".join(rows) + "\n", encoding="utf-8")
    header = "case_id,officer_id,standard,severity,opened_on,closed_on,known_on,outcome\n"
    case = "1,1,use_of_force,misconduct,2020-01-02,,2020-01-02,dismissed\n"
    undated = "2,1,use_of_force,misconduct,,,2020-01-02,dismissed\n"  # no day at all but that of the release
    (tmp_path / "conduct_case.csv").write_text(header + case + undated, encoding="utf-8")
    check = checked(0, tmp_path, "--as-of", "2023-01-03")
    assert {t["table"]: (t["loaded"], t["quarantined"]) for t in check["tables"]} == {
        "officer": (40, 0),
        "complaint": (30, 0),
        "conduct_case": (2, 0),
    }
    assert check["shape"]["complaints_without_an_officer"] == 30
    assert check["shape"]["findings_without_a_date"] == 30
    assert check["shape"]["discipline_without_a_date"] == 2
    parts = {part["name"]: part for part in check["parts"] if part["kind"] == "indicator"}
    assert (parts["complaints"]["people"], parts["complaints"]["ready"]) == (0, False)
    assert check["notes"][0].startswith("complaint: the last row became known on 2020-01-02, 3.0 years before")
    with Store(threads=1) as store:
        load_records(tmp_path, store=store, check="constraints")
        declared = [indicators()[name] for name in ("complaints", "days_served")]
        for day in (date(2020, 2, 1), date(2023, 1, 3)):
            cells = compute(store, declared, kind="officer", as_of=day).cells
            assert {value for key, cell in cells.items() if key[0] == "complaints" for value in cell.value} == {0.0}


def test_the_code_is_that_with_which_a_run_would_end(tmp_path: Path) -> None:
    records(tmp_path)
    complaints = tmp_path / "complaint.csv"
    text = complaints.read_text(encoding="utf-8")
    error = refusal_of("check", tmp_path)
    assert (error.exit_code, error.summary[:31]) == (7, "Warning: complaint lost 2 of it")
    assert checked(7, tmp_path)["warnings"][0].startswith("complaint lost 2 of its 4 rows")
    (tmp_path / "posting.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    error = refusal_of("check", tmp_path)
    assert (error.exit_code, error.where) == (3, "posting.csv")
    (tmp_path / "posting.csv").unlink()
    # One row of many is counted, and no reason to stop.
    good = "".join(f"{n},{n},1,powers,public,2020-01-02,2020-01-02,\n" for n in range(10, 60))
    complaints.write_text(text.replace("2,3,yacht", "2,3,powers") + good, encoding="utf-8")
    check = checked(0, tmp_path)
    assert (sum(table["quarantined"] for table in check["tables"]), check["warnings"]) == (1, [])
    complaints.write_text(text.replace("yacht", "powers"), encoding="utf-8")
    assert json_of("check", tmp_path)["reasons"] == []


def test_a_run_shows_the_check_of_what_it_loads_and_every_file_at_fault(tmp_path: Path) -> None:
    records(tmp_path)
    for name in ("posting", "unit"):
        (tmp_path / f"{name}.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    code, output, errors = ending_of("run", "--records", tmp_path, "--out", tmp_path / "run")
    assert code == 3
    assert "Why rows would not be loaded" in output
    assert all(f"The file {name}.csv does not have the columns" in output for name in ("posting", "unit"))
    assert errors.count("Error:") == 1
    assert not (tmp_path / "run").exists()


def test_what_cannot_be_checked_is_refused(tmp_path: Path) -> None:
    assert refusal_of("check", tmp_path).exit_code == 3
    assert refusal_of("check", tmp_path / "nowhere").exit_code == 3
    assert refusal_of("check", records(tmp_path), "--as-of", "soon").exit_code == 2
    assert refusal_of("check", tmp_path, "--mapping", "x.csv").exit_code == 2
