"""The command `mapping`: a first mapping of files that nobody has seen before, and templates to begin with."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from data.mapping.draft.words import looks_like
from data.mapping.mapping_file import open_points, read_mapping
from data.mapping.templates import summaries
from data.store import Store
from pipeline.loading import load_records
from tests.command_line import ROOT, ending_of, json_of, output_of, refusal_of

FORCES = ROOT / "tests/data/forces"


def write(path: Path, rows: list[dict[str, object]], *, delimiter: str = ",") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(rows)


@pytest.mark.parametrize("layout", ["board_by_month", "allegations_per_case"])
def test_a_draft_of_a_public_layout_is_checked_without_a_row_lost(layout: str, tmp_path: Path) -> None:
    draft = tmp_path / "mapping.toml"
    printed = output_of("mapping", "draft", FORCES / layout, "--out", draft)
    assert f"--mapping {draft}" in printed.replace("\n", "")
    check = json_of("check", FORCES / layout, "--mapping", draft)
    assert sum(table["quarantined"] for table in check["tables"]) == 0
    assert {t["table"] for t in check["tables"]} >= {"officer", "protected_characteristic", "posting", "complaint"}
    # What is open in the mapping is said by the check, with its line.
    points = open_points(draft.read_text(encoding="utf-8"))
    assert points
    assert [n for n in check["notes"] if "is open" in n] == [
        f"mapping.toml, line {line}, is open: {says}" for line, says in points
    ]


def test_a_draft_says_of_a_layout_what_its_template_says() -> None:
    text = json_of("mapping", "draft", FORCES / "board_by_month")["mapping"]
    template = (ROOT / "data/mapping/templates/complaint_board.toml").read_text(encoding="utf-8")
    for line in ("stints = ", "unit_id = ", "received_on = ", "finalised_on = ", "ethnicity = "):
        assert [x for x in text.splitlines() if x.startswith(line)] == [
            x for x in template.splitlines() if x.startswith(line)
        ]
    assert '"Date Received" = "month"' in text


def force_release(folder: Path, *, days: str = "{month}/{day}/2019") -> None:
    """Reports of force with day and time apart, officers by text ids, beside a file of people and one of no use."""
    reports: list[dict[str, object]] = [
        {
            "UOF Number": f"U-{n}",
            "Officer ID": f"P{n % 9:03}",
            "Officer Name": "withheld",
            "Incident Date": days.format(month=n % 12 + 1, day=n % 28 + 1),
            "Incident Time": f"{n % 24:02}:30",
            "Type of Force": ("Taser Display", "OC Spray", "Hands", "Vascular restraint")[n % 4],
            "Subject Race": "white",
            "Citizen Injured": ("Yes", "No")[n % 2],
        }
        for n in range(60)
    ]
    write(folder / "uof" / "reports 2019.csv", reports, delimiter=";")
    people: list[dict[str, object]] = [
        {"Officer ID": f"P{n:03}", "Gender": "FM"[n % 2], "Race": ("W", "Black", "Klingon")[n % 3], "Hire Date": ""}
        for n in range(9)
    ]
    people[0]["Hire Date"] = "2001-05-04"
    write(folder / "people.csv", people)
    (folder / "notes.csv").write_text("a,b\n1,2\n", encoding="utf-8")


def test_a_layout_nobody_has_seen_is_drafted_and_loads(tmp_path: Path) -> None:
    force_release(tmp_path / "release")
    draft = tmp_path / "mapping.toml"
    output_of("mapping", "draft", tmp_path / "release", "--out", draft)
    mapping = read_mapping(draft)
    assert set(mapping.tables) == {"officer", "protected_characteristic", "use_of_force"}
    tactic = mapping.tables["use_of_force"].columns["tactic"]
    assert dict(tactic.values) == {"Taser Display": "taser", "OC Spray": "spray", "Hands": "unarmed"}
    assert tactic.otherwise == "other"
    assert mapping.tables["protected_characteristic"].columns["ethnicity"].otherwise == "other"
    says = " ".join(text for _, text in open_points(mapping.text))
    assert '"Vascular restraint" (15)' in says
    assert '"Klingon" (3)' in says
    assert '# not read: "notes.csv"' in mapping.text
    with Store(threads=1) as store:
        report = load_records(tmp_path / "release", source=str(draft), store=store, check="constraints")
        (first,) = store.rows("SELECT used_at, subject_injured, tactic FROM loaded.use_of_force WHERE force_id = 1")
    assert sum(count.quarantined for count in report.counts) == 0
    assert (str(first[0]), first[1:]) == ("2019-01-01 00:30:00", (True, "taser"))
    assert report.crosswalk["officer"][:2] == ("P000", "P001")


def test_days_that_fit_two_orders_are_open(tmp_path: Path) -> None:
    force_release(tmp_path / "release", days="0{day}/0{month}/2019".replace("{day}", "1").replace("{month}", "2"))
    points = json_of("mapping", "draft", tmp_path / "release")["open"]
    assert any('its days fit "m/d/y" and "d/m/y"' in point["open"] for point in points)


def test_headers_and_values_cannot_leave_their_quotes(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [
        {
            'complaint id "[x]': n,
            "officer\u007f id": n % 5,
            "date received": "2019-01-13",
            "category": ('a"\n[files]', "b\\", "force")[n % 3],
        }
        for n in range(40)
    ]
    write(tmp_path / "complaints.csv", rows)
    draft = tmp_path / "m.toml"
    output_of("mapping", "draft", tmp_path, "--out", draft)
    assert set(read_mapping(draft).tables) == {"complaint"}
    assert json_of("check", tmp_path, "--mapping", draft)["faults"] == []


def test_a_header_about_somebody_else_is_not_the_officers() -> None:
    assert looks_like("Complainant Gender", "protected_characteristic", "sex") is None
    assert looks_like("Officer Rank", "officer", "officer_id") is None
    assert looks_like("district_occurrence", "posting", "unit_id") is None


def test_what_cannot_be_drafted_is_refused(tmp_path: Path) -> None:
    assert refusal_of("mapping", "draft", tmp_path).exit_code == 3
    (tmp_path / "x.csv").write_text("colour,size\nred,1\n", encoding="utf-8")
    error = refusal_of("mapping", "draft", tmp_path)
    assert error.exit_code == 3
    assert '"colour"' in str(error)
    (tmp_path / "m.toml").write_text("", encoding="utf-8")
    assert refusal_of("mapping", "draft", tmp_path, "--out", tmp_path / "m.toml").exit_code == 2
    assert refusal_of("mapping", "draft", tmp_path, "--out", tmp_path / "m.csv").exit_code == 2


def test_an_unreadable_file_is_named_and_hides_no_other(tmp_path: Path) -> None:
    force_release(tmp_path)
    (tmp_path / "bad.csv").write_bytes(b"a,b\n\xff\xfe,1\n")
    text = json_of("mapping", "draft", tmp_path)["mapping"]
    assert "# open: The file bad.csv cannot be read as text." in text


def test_templates_are_listed_and_given(tmp_path: Path) -> None:
    assert set(json_of("mapping", "template")) == set(summaries())
    for name, summary in summaries().items():
        assert summary.endswith(".")
        output_of("mapping", "template", name, "--out", tmp_path / f"{name}.toml")
        assert read_mapping(tmp_path / f"{name}.toml").tables
    assert refusal_of("mapping", "template", "nowhere").exit_code == 2
    code, output, _ = ending_of("mapping", "template", "complaint_board", "--json")
    assert code == 0
    assert json.loads(output)["open"] == []
