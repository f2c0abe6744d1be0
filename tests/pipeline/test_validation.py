"""The validation folder says what was checked and set aside, the same each time, and Great Expectations stays quiet."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from data.constraints import constraints_of
from data.contract import CONTRACT
from data.store import Store
from pipeline.load_report import LoadReport
from pipeline.loading import load_records
from pipeline.validation.validation_report import write_validation
from tests.record_rows import row, write_csv

Written = tuple[LoadReport, Path]
SCRIPT = "<script>alert('x')</script>"


def faulty(folder: Path) -> Path:
    folder.mkdir(parents=True)
    write_csv(folder / "officer.csv", [row("officer", 1), row("officer", 2, workforce=SCRIPT), row("officer", 2)])
    absences = [
        row("absence", 1),
        row("absence", 2, officer_id=2),
        row("absence", 3, ended_on="2001-01-01"),
        row("absence", "x", kind="flu", known_on=None),
    ]
    write_csv(folder / "absence.csv", absences)
    return folder


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    base = tmp_path_factory.mktemp("validation")
    with Store(threads=1) as store:
        loaded = load_records(faulty(base / "records"), store=store)
        write_validation(loaded, base / "validation", store)
    return loaded, base / "validation"


def test_the_quarantine_has_a_row_per_rejected_row_in_order(written: Written) -> None:
    table = pq.read_table(written[1] / "quarantine.parquet")
    assert table.column_names == ["table_name", "source_file", "source_row", "row_id", "constraint_name", "reason"]
    assert [
        (r["table_name"], r["source_file"], r["source_row"], r["row_id"], r["constraint_name"])
        for r in table.to_pylist()
    ] == [
        ("absence", "absence.csv", 2, 2, "reference(officer_id)"),
        ("absence", "absence.csv", 3, 3, "order(started_on, ended_on)"),
        ("absence", "absence.csv", 4, None, "unread"),
        ("officer", "officer.csv", 2, 2, "values(workforce)"),
        ("officer", "officer.csv", 3, 2, "unique(officer_id)"),
    ]


def test_a_reason_tells_every_constraint_that_the_row_violates_and_each_fault_once(
    written: Written,
) -> None:
    reasons = pq.read_table(written[1] / "quarantine.parquet").column("reason").to_pylist()
    assert reasons[2].startswith(
        "absence_id: expected a whole number, found 'x'; known_on: expected a value, found nothing"
    )
    assert "kind: expected one of sickness" in reasons[2]
    assert reasons[2].count("absence_id") == 1


def test_the_results_name_every_constraint_with_great_expectations_own_verdict(
    written: Written,
) -> None:
    results = json.loads((written[1] / "results.json").read_text())
    assert [(t["table"], t["rows_in"], t["loaded"], t["quarantined"]) for t in results["tables"]] == [
        ("officer", 3, 1, 2),
        ("absence", 4, 1, 3),
    ]
    for told in results["tables"]:
        ours = {c.name: c for c in constraints_of(CONTRACT[told["table"]])}
        checks = {c["constraint"]: c for c in told["constraints"] if c["constraint"] != "shape"}
        assert checks.keys() == ours.keys()
        for name, check in checks.items():
            verdict = check["great_expectations"]
            assert verdict["expectation"] == ours[name].expectation.type
            assert verdict["success"] == (check["violations"] == 0)
            counted = verdict["result"].get("unexpected_count", verdict["result"].get("observed_value", 0))
            assert counted == check["violations"]


def test_no_personal_value_no_time_and_no_path_stand_in_the_results(written: Written) -> None:
    text = (written[1] / "results.json").read_text()
    assert SCRIPT not in text
    assert "flu" not in text
    assert str(written[1].parent) not in text
    for word in ("run_id", "run_time", "batch_id", "meta"):
        assert f'"{word}"' not in text


def test_the_page_needs_nothing_from_anywhere_and_escapes_what_it_shows(written: Written) -> None:
    page = (written[1] / "index.html").read_text()
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert re.search(r"""(src|href)\s*=|@import|url\(|https?://""", page) is None
    assert str(written[1].parent) not in page
    for words in ("absence", "officer.csv", "order(started_on, ended_on)", "Absent tables: protected_characteristic"):
        assert words in page


def test_the_same_records_give_the_same_bytes_wherever_they_lie(written: Written, tmp_path: Path) -> None:
    with Store(threads=2) as store:
        loaded = load_records(faulty(tmp_path / "another place" / "records"), store=store)
        write_validation(loaded, tmp_path / "again", store)
    for name in ("quarantine.parquet", "results.json", "index.html"):
        assert (tmp_path / "again" / name).read_bytes() == (written[1] / name).read_bytes()


def test_records_without_fault_leave_an_empty_quarantine(tmp_path: Path) -> None:
    write_csv(tmp_path / "officer.csv", [row("officer", 1)])
    with Store(threads=1) as store:
        write_validation(load_records(tmp_path, store=store), tmp_path / "validation", store)
    assert pq.read_table(tmp_path / "validation" / "quarantine.parquet").num_rows == 0
    assert "<p>None.</p>" in (tmp_path / "validation" / "index.html").read_text()


ALONE = """
import socket, sys
from pathlib import Path

opened = []
for name in ("connect", "connect_ex", "sendto"):
    setattr(socket.socket, name, lambda self, *a, _n=name: opened.append((_n, a)))
original = socket.getaddrinfo
socket.getaddrinfo = lambda *a, **k: opened.append(("getaddrinfo", a)) or original("localhost", 80)

from data.store import Store
from pipeline.loading import load_records
from pipeline.validation.validation_report import write_validation

with Store() as store:
    write_validation(load_records(Path(sys.argv[1]), store=store), Path(sys.argv[2]), store)
assert "great_expectations" in sys.modules
assert not any(name.split(".")[0] == "posthog" for name in sys.modules), "the analytics client was imported"
assert opened == [], opened
"""


def test_great_expectations_reaches_for_nothing_writes_nothing_and_says_nothing(tmp_path: Path) -> None:
    """In a process of its own: no socket, no file in the home or working folder, not a word on the terminal."""
    home, work = tmp_path / "home", tmp_path / "work"
    home.mkdir()
    work.mkdir()
    environment: dict[str, Any] = {k: v for k, v in os.environ.items() if k != "GX_ANALYTICS_ENABLED"}
    environment |= {"HOME": str(home), "PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", ALONE, str(faulty(tmp_path / "records")), str(tmp_path / "validation")],
        cwd=work,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert list(home.rglob("*")) == []
    assert list(work.rglob("*")) == []
    assert (tmp_path / "validation" / "index.html").is_file()
