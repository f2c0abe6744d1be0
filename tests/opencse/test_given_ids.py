"""Ids that were texts in the records are given back to whoever has the list that lies beside a run."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import opencse
from audit.flag.cited_rows import EvidenceRow
from audit.flag.explanation import explain
from audit.flag.given_explanation import given_facts, given_peers
from audit.flag.peer_list import peer_lists
from audit.flag.prov import prov_document
from audit.flag.removal import Removal
from audit.rates.inputs import read_background
from data.contract import CONTRACT
from data.errors import UsageError
from dossier.run_page import run_page
from pipeline.given_ids import given_ids
from pipeline.private_ids import crosswalk_path, crosswalk_text
from pipeline.run_folder import RunFolder, open_run
from tests.command_line import json_of, output_of, refusal_of


@pytest.fixture
def lettered(finished: RunFolder, tmp_path: Path) -> RunFolder:
    """A run as it would be if its officers' and units' ids had been texts, with the list of them beside it."""
    run = tmp_path / "run"
    shutil.copytree(finished.path, run)
    most = max(finished.table("subjects")["subject_id"].to_pylist())
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


def test_what_a_program_reads_has_the_texts_beside_the_numbers(lettered: RunFolder, tmp_path: Path) -> None:
    flag = officer_flag(lettered)
    name = f"O-{flag['subject_id']:05}"
    run = opencse.open_run(lettered.path)
    subjects = dict(zip(run.flags["subject_id"], run.flags["subject"], strict=True))
    assert subjects[flag["subject_id"]] == name
    people = run.features.dropna(subset="officer_id")
    assert {f"O-{int(n):05}" for n in people["officer_id"]} == set(people["officer"])
    numbered = run.evidence[~run.evidence["table_name"].isin(["officer", "unit"])]  # other keys were numbers here
    assert set(numbered["row"]) == set(numbered["row_id"].astype(str))
    cited = run.evidence[run.evidence["table_name"] == "officer"]
    assert set(cited["row"]) == {f"O-{n:05}" for n in cited["row_id"]}
    assert not run.table("flags")["explanation"].str.contains(r"team \d").any()
    explained = opencse.explain(run, flag["flag_id"])
    assert explained.flag["subject"] == name
    document = prov_document(lettered, flag["flag_id"])
    said = next(e for key, e in document["entity"].items() if key.startswith("run:flag/"))
    assert said["opencse:subject"] == name
    crosswalk_path(lettered.path).unlink()
    assert "subject" not in opencse.open_run(lettered.path).flags
    assert not any("opencse:subject" in e for e in prov_document(lettered, flag["flag_id"])["entity"].values())


def test_peers_and_removed_rows_have_the_texts_in_json(lettered: RunFolder) -> None:
    flag = next(row for row in lettered.table("flags").to_pylist() if row["family"] == "peer")
    ids = given_ids(lettered)
    letter = "O" if flag["subject_kind"] == "officer" else "U"
    for one in peer_lists(lettered, flag["flag_id"]):
        facts = given_peers(one, ids, flag["subject_kind"])
        assert {m["id"] for m in facts["members"]} == {f"{letter}-{m['subject_id']:05}" for m in facts["members"]}
        assert "team 1" not in str(facts["peer_group"])
    row = EvidenceRow(flag["flag_id"], "officer", 3, "", "officer.parquet", 1, "x", "direct")
    removed = replace(
        explain(lettered, flag["flag_id"], rows=0), removal=Removal((row,), 9, smallest=True, flags_besides=0)
    )
    assert given_facts(removed, ids)["removal"]["ids"] == ["O-00003"]


def test_the_page_of_the_run_itself_says_that_it_has_numbers(lettered: RunFolder) -> None:
    page = run_page(lettered.path, lettered.manifest).decode()
    assert "This page has the numbers that the run knows them by" in page
    plain = {name: fact for name, fact in lettered.manifest.items() if name != "crosswalk"}
    assert "The ids of the records were texts" not in run_page(lettered.path, plain).decode()


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
