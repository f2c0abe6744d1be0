"""Ids that were texts in the records are given back to whoever has the list that lies beside a run."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from audit.rates.inputs import read_background
from data.contract import CONTRACT
from data.errors import UsageError
from pipeline.private_ids import crosswalk_path, crosswalk_text
from pipeline.run_folder import RunFolder, open_run
from tests.command_line import json_of, output_of, refusal_of


@pytest.fixture
def lettered(finished: RunFolder, tmp_path: Path) -> RunFolder:
    """A run as it would be if its officers' and units' ids had been texts, with the list of them beside it."""
    run = tmp_path / "run"
    shutil.copytree(finished.path, run)
    flags = finished.table("flags").to_pylist()
    most = max(row["subject_id"] for row in flags)
    texts = {domain: tuple(f"{domain[0].upper()}-{n:05}" for n in range(1, most + 1)) for domain in ("officer", "unit")}
    text = crosswalk_text(texts)
    crosswalk_path(run).write_text(text, encoding="utf-8")
    manifest = json.loads((run / "manifest.json").read_text(encoding="utf-8"))
    manifest["crosswalk"] = {
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
        "ids": {domain: len(ids) for domain, ids in texts.items()},
    }
    (run / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return open_run(run)


def officer_flag(folder: RunFolder) -> dict[str, Any]:
    return next(row for row in folder.table("flags").to_pylist() if row["subject_kind"] == "officer")


def test_flags_are_listed_and_asked_for_by_the_texts(lettered: RunFolder) -> None:
    flag = officer_flag(lettered)
    name = f"O-{flag['subject_id']:05}"
    assert f"officer {name}" in output_of("flags", lettered.path)
    rows = json_of("flags", lettered.path, "--subject", name)
    assert {(row["subject"], row["subject_id"]) for row in rows} == {(name, flag["subject_id"])}
    assert json_of("flags", lettered.path, "--subject", flag["subject_id"]) != []
    assert refusal_of("flags", lettered.path, "--subject", "O-none").exit_code == 2


def test_an_explanation_and_a_dossier_name_who_the_records_name(lettered: RunFolder, tmp_path: Path) -> None:
    flag = officer_flag(lettered)
    name = f"O-{flag['subject_id']:05}"
    assert f"officer {name}, as of" in output_of("explain", lettered.path, flag["flag_id"], "--no-removal")
    explanation = json_of("explain", lettered.path, flag["flag_id"], "--no-removal")
    assert explanation["flag"]["subject"] == name
    named = {row["officer_id"] for rows in explanation["rows"].values() for row in rows if row.get("officer_id")}
    assert named
    assert all(str(text).startswith("O-") for text in named)
    output_of("dossier", lettered.path, "--out", tmp_path / "dossier.html")
    assert name in (tmp_path / "dossier.html").read_text(encoding="utf-8")


def test_without_the_list_or_with_that_of_another_run_there_are_numbers(lettered: RunFolder) -> None:
    path = crosswalk_path(lettered.path)
    path.write_text(path.read_text(encoding="utf-8").replace("O-00001", "X"), encoding="utf-8")
    number = officer_flag(lettered)["subject_id"]
    assert f"officer {number}" in output_of("flags", lettered.path)
    path.unlink()
    assert f"officer {number}" in output_of("flags", lettered.path)
    assert "subject" not in json_of("flags", lettered.path)[0]


def test_an_audit_knows_people_of_records_by_the_numbers_of_the_run(lettered: RunFolder, tmp_path: Path) -> None:
    columns = CONTRACT["protected_characteristic"].names
    people = {"O-00009": "female", "O-00003": "male", "O-99999": "male"}
    lines = [",".join({"officer_id": n, "sex": sex}.get(column, "") for column in columns) for n, sex in people.items()]
    folder = tmp_path / "records"
    folder.mkdir()
    (folder / "protected_characteristic.csv").write_text("\n".join([",".join(columns), *lines]), encoding="utf-8")
    known = read_background(folder, run=lettered).people
    assert known is not None
    # Numbered anew they would be 1, 2 and 3; the third is not in the run.
    assert dict(zip(known["officer_id"], known["sex"], strict=True)) == {3: "male", 9: "female"}
    crosswalk_path(lettered.path).unlink()
    with pytest.raises(UsageError, match="cannot be told to be the run's"):
        read_background(folder, run=lettered)
