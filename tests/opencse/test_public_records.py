"""Public layouts by mappings: the commands of the how-to page, from a folder to an explained and replayed flag."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from data.store import Store
from pipeline.loading import load_records
from pipeline.run_folder import open_run
from tests.command_line import ROOT, call, json_of, output_of

PAGE = ROOT / "docs/how-to/public-records.md"
TEMPLATES = ROOT / "data/mapping/templates"
LAYOUTS = {"board_by_month": "complaint_board", "allegations_per_case": "allegations_per_case"}
STANDS_OUT = {"board_by_month": 3007, "allegations_per_case": 8011}


def commands(layout: str) -> list[str]:
    """The commands of the page that are about a layout, as it shows them."""
    (block,) = [
        b for b in re.findall(r"(?s)```\n(.*?)```", PAGE.read_text(encoding="utf-8")) if f"forces/{layout}" in b
    ]
    return block.strip().splitlines()


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_page_leads_from_a_folder_to_an_explained_flag(layout: str, tmp_path: Path) -> None:
    text = (TEMPLATES / f"{LAYOUTS[layout]}.toml").read_text(encoding="utf-8")
    assert len(text.splitlines()) < 25
    run = tmp_path / re.findall(r"build/(\w+)", commands(layout)[1])[0]
    for command in commands(layout):
        flag = json_of("flags", run)[0]["flag_id"] if "FLAG_ID" in command else ""
        words = command.replace("build/", f"{tmp_path}/").replace("FLAG_ID", flag).split()
        output_of(*(ROOT / w if w.startswith(("tests/", "data/")) else w for w in words[1:]))
    folder = open_run(run)
    assert (folder.path / "mapping.toml").read_text(encoding="utf-8") == text
    # Somebody with five allegations in each of a few cases is not flagged for them.
    assert {row["subject_id"] for row in folder.table("flags").to_pylist()} == {STANDS_OUT[layout]}
    assert all(count["quarantined"] == 0 for count in folder.manifest["counts"])
    assert [gap for gap in folder.manifest["source_gaps"] if gap["table"] == "complaint"] == []


def test_the_page_leads_from_an_unknown_layout_to_a_run(tmp_path: Path) -> None:
    for command in commands("force_only"):
        words = command.replace("build/", f"{tmp_path}/").split()[1:]
        output_of(*(ROOT / w if w.startswith("tests/") else w for w in words))
    folder = open_run(tmp_path / "force")
    assert all(count["quarantined"] == 0 for count in folder.manifest["counts"])
    # How often force is used says something without tours: for days served.
    values = folder.table("features").to_pylist()
    assert any(v["indicator"] == "force_by_days_served" and v["status"] == "ok" and v["value"] for v in values)
    near = json_of("flags", folder.path, "--strongest", 1)
    assert all(str(row["subject"]).startswith("E") for row in near if row["subject_kind"] == "officer")
    template = json_of("check", ROOT / "tests/data/forces/force_only", "--mapping", TEMPLATES / "use_of_force.toml")
    assert sum(table["quarantined"] for table in template["tables"]) == 0


def test_rows_without_an_officer_and_findings_without_a_date_are_kept_and_counted() -> None:
    check = json_of(
        "check",
        ROOT / "tests/data/forces/allegations_per_case",
        "--mapping",
        TEMPLATES / "allegations_per_case.toml",
    )
    lines = (ROOT / "tests/data/forces/allegations_per_case/allegations.csv").read_text().splitlines()[1:]
    unnamed = sum(line.split(",")[1] == "" for line in lines)
    assert check["shape"]["complaints_without_an_officer"] == unnamed > 50
    assert check["shape"]["findings_without_a_date"] > 50
    assert {t["table"]: t["loaded"] for t in check["tables"]}["complaint"] == len(lines)


def test_months_are_months() -> None:
    with Store(threads=1) as store:
        report = load_records(
            ROOT / "tests/data/forces/board_by_month",
            source=str(TEMPLATES / "complaint_board.toml"),
            store=store,
            check="constraints",
        )
        ethnicities = store.rows("SELECT DISTINCT ethnicity FROM loaded.protected_characteristic ORDER BY 1")
    assert report.coarse["complaint", "received_on"] == "month"
    assert ("hispanic",) in ethnicities


@pytest.mark.parametrize("layout", LAYOUTS)
def test_excerpts_at_hand_are_read_without_loss(layout: str) -> None:
    forces = os.environ.get("OPENCSE_FORCES")
    if not forces:
        pytest.skip("OPENCSE_FORCES does not name a folder of excerpts")
    result = call("check", Path(forces) / layout, "--mapping", TEMPLATES / f"{LAYOUTS[layout]}.toml", "--json")
    assert result.exit_code == 0
    check = json_of("check", Path(forces) / layout, "--mapping", TEMPLATES / f"{LAYOUTS[layout]}.toml")
    assert check["faults"] == []
    assert sum(table["quarantined"] for table in check["tables"]) == 0
