"""The command `publish`, as its users call it, and what its folder holds and does not hold."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import shutil
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.errors import UsageError
from dossier.publication.aggregates import aggregates
from dossier.publication.annexes import equality_annex, evaluation_card, protection_annex
from dossier.publication.dropped_tables import dropped_tables, published_losses
from dossier.publication.transparency import NOT_STATED, STATED
from pipeline.run_folder import RunFolder
from tests.command_line import json_of, output_of, refusal_of
from tests.dossier.dossiers import crowded_copy

BAND = re.compile(r"(\d+) to (\d+)")


@pytest.fixture(scope="module")
def published(finished: RunFolder, force: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("published")
    (place / "statements.toml").write_text('owner = "Standards"\nappeals = "By letter"\n', encoding="utf-8")
    arguments = ("--out", place / "out", "--statements", place / "statements.toml", "--records", force)
    assert "by which rule" in output_of("publish", finished.path, *arguments)
    return place / "out"


def test_every_count_is_published_in_fives_and_small_ones_look_like_none(published: Path, finished: RunFolder) -> None:
    with (published / "counts.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    flags = finished.table("flags").to_pylist()
    for concern in {flag["concern"] for flag in flags}:
        people = {f["subject_id"] for f in flags if f["concern"] == concern and f["subject_kind"] == "officer"}
        (row,) = [r for r in rows if (r["concern"], r["subject"], r["table"]) == (concern, "officer", "all")]
        low, high = map(int, BAND.fullmatch(row["flagged"]).groups())  # type: ignore[union-attr]
        assert low <= len(people) <= high
        assert (low % 5, high - low) == (0, 4)
    assert {row["table"] for row in rows} == {"all", "evidence"}  # these records hold no characteristics
    assert all(BAND.fullmatch(row["flagged"]) for row in rows)


def test_nothing_that_is_published_names_a_flag_a_person_or_an_exact_number_of_flags(
    finished: RunFolder, tmp_path: Path
) -> None:
    run = crowded_copy(finished, tmp_path / "run", flags=1234).folder
    output_of("publish", run.path, "--out", tmp_path / "out")
    text = "".join(path.read_text(encoding="utf-8") for path in sorted((tmp_path / "out").iterdir()))
    flags = run.table("flags").to_pylist()
    assert not [flag["flag_id"] for flag in flags if flag["flag_id"] in text or flag["explanation"] in text]
    assert "1230 to 1234" in text
    assert not re.search(r"\b1,?234\b", BAND.sub("", text))


def test_groups_of_people_are_published_with_how_many_they_are_and_rare_ones_are_not(finished: RunFolder) -> None:
    officers = sorted(
        {s["subject_id"] for s in finished.table("subjects").to_pylist() if s["subject_kind"] == "officer"}
    )
    sex = ["female" if officer % 3 == 0 else "male" for officer in officers]
    religion = ["rare" if at < 3 else "none" for at in range(len(officers))]
    people = pd.DataFrame({"officer_id": officers, "sex": sex, "religion": religion})
    counts = [of for of in aggregates(finished, people) if (of.concern, of.subject_kind) == ("standards", "officer")]
    (published,) = (of.published for of in counts)
    flagged = {f["subject_id"] for f in finished.table("flags").to_pylist() if f["concern"] == "standards"}
    for group, (band, base) in published.tables["sex"].items():
        of_group = [officer for officer, value in zip(officers, sex, strict=True) if value == group]
        assert base is not None
        assert base.low <= len(of_group) <= base.high
        assert band.low <= len(flagged & set(of_group)) <= band.high
    assert published.withheld == ("religion",)
    annex = equality_annex(counts)
    assert {group["characteristic"] for group in annex["groups"]} == {"sex"}
    assert annex["withheld"] == ["standards: religion"]


def test_a_run_in_which_few_were_flagged_is_published_like_one_in_which_nobody_was(
    finished: RunFolder, force: Path, tmp_path: Path
) -> None:
    for out, number in (("few", 4), ("none", 0)):
        run = Path(shutil.copytree(finished.path, tmp_path / f"run of {out}"))
        pq.write_table(finished.table("flags").slice(0, number), run / "flags.parquet")
        output_of("publish", run, "--records", force, "--out", tmp_path / out)
    for name in ("counts.csv", "equality_annex.json", "protection_annex.json"):
        assert (tmp_path / "few" / name).read_bytes() == (tmp_path / "none" / name).read_bytes(), name


def test_the_record_says_what_was_stated_and_what_was_not(published: Path) -> None:
    record = json.loads((published / "transparency_record.json").read_text(encoding="utf-8"))
    detail = record["tier_2"]
    assert len(detail) == 5
    assert detail["owner_and_responsibility"]["owner"] == "Standards"
    assert detail["decision_making_process"]["appeals"] == "By letter"
    assert record["tier_1"]["contact"] == NOT_STATED
    assert set(record["missing"]) == set(STATED) - {"owner", "appeals"}
    assert "owner: Standards" in (published / "transparency_record.txt").read_text(encoding="utf-8")


def test_fields_stand_by_sensitivity_with_health_first(published: Path) -> None:
    annex = json.loads((published / "protection_annex.json").read_text(encoding="utf-8"))
    assert annex["fields"][0]["category"] == "health"
    assert "standards" not in annex["fields"][0]["concerns"]
    assert any(isinstance(field["flags"], dict) for field in annex["fields"])


def test_the_card_says_what_was_not_measured_and_the_commitment_binds_to_the_run(
    published: Path, finished: RunFolder
) -> None:
    card = json.loads((published / "evaluation_card.json").read_text(encoding="utf-8"))
    assert len(card["measure_1_1_not_measured"]) > 3
    commitment = json.loads((published / "commitment.json").read_text(encoding="utf-8"))
    checkpoint = (finished.path / "ledger" / "checkpoint").read_bytes()
    assert commitment["ledger_checkpoint_sha256"] == hashlib.sha256(checkpoint).hexdigest()


def test_the_same_run_is_published_in_the_same_bytes(finished: RunFolder, tmp_path: Path) -> None:
    for name in ("one", "two"):
        output_of("publish", finished.path, "--out", tmp_path / name)
    one, two = ({p.name: p.read_bytes() for p in (tmp_path / name).iterdir()} for name in ("one", "two"))
    assert one == two


def test_programs_get_the_counts_and_what_is_missing(finished: RunFolder, tmp_path: Path) -> None:
    content = json_of("publish", finished.path, "--out", tmp_path / "out")
    assert content["missing"] == list(STATED)
    assert {row["table"] for row in content["counts"]} == {"all", "evidence"}


def test_statements_without_a_place_in_the_record_are_refused_and_nothing_is_written(
    finished: RunFolder, tmp_path: Path
) -> None:
    (tmp_path / "statements.toml").write_text('motto = "Trust us"\n', encoding="utf-8")
    arguments = ("--out", tmp_path / "out", "--statements", tmp_path / "statements.toml")
    error = refusal_of("publish", finished.path, *arguments)
    assert (error.exit_code, error.found) == (2, "motto")
    assert not (tmp_path / "out").exists()


def test_what_is_lost_without_each_table_is_measured_where_that_is_asked_for(
    finished: RunFolder, force: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[dict[str, object]] = finished.table("flags").to_pylist()
    other = kept[0] | {"subject_id": 999_999}

    def trial(place: Path, **_: object) -> SimpleNamespace:
        tables = {path.stem for path in place.iterdir()}
        rows = [flag for flag in kept if "complaint" in tables or flag["concern"] != "standards"]
        return SimpleNamespace(flags=pa.Table.from_pylist([*rows, other], schema=finished.table("flags").schema))

    monkeypatch.setattr("dossier.publication.dropped_tables.try_records", trial)
    lost = dropped_tables(finished, force, ["complaint", "shift", "posting", "not_a_table"])
    assert set(lost) == {"complaint", "shift"}  # nobody can be compared without postings
    assert lost["shift"]["flagged only without it"] == "0 to 4"
    annex = protection_annex(finished, lost)
    assert next(entry["without"] for entry in annex["fields"] if entry["table"] == "shift") == lost["shift"]
    assert "Not measured" in protection_annex(finished)["without"]
    with pytest.raises(UsageError, match="on the records that the run read"):
        dropped_tables(finished, finished.path / "lineage", ["shift"])


def test_those_who_are_flagged_without_a_table_are_counted_in_fives_and_withheld_where_they_tell_too_much() -> None:
    flagged = {("officer", number, "standards") for number in range(43)}
    without = {"shift": {person for person in flagged if person[1] < 20} | {("officer", 99, "welfare")}}
    lost = published_losses(flagged, without)["shift"]
    assert lost == {"still flagged": "20 to 24", "no longer flagged": "20 to 24", "flagged only without it": "0 to 4"}
    few = {person for person in flagged if person[1] < 6}
    two = published_losses(few, {"shift": {p for p in few if p[1] < 3}, "complaint": {p for p in few if p[1] < 4}})
    assert two["shift"]["of those flagged"] == "withheld"


@pytest.mark.nightly
def test_a_run_without_a_table_is_really_tried(finished: RunFolder, force: Path) -> None:
    lost = dropped_tables(finished, force, ["complaint", "site_entry"])
    assert all(BAND.fullmatch(text) or text == "withheld" for row in lost.values() for text in row.values())


def test_the_evaluation_card_has_error_rates_where_there_is_a_truth(finished: RunFolder) -> None:
    row = {"as_of": pd.Timestamp("2026-01-01"), "subject_kind": "officer", "basis": "flagged", "scope": "all"}
    row |= {"by": "all", "concern": "standards", "measure": "precision", "value": 0.25, "low": 0.1, "high": 0.5}
    rates = pd.DataFrame([row | {"count": 3.0, "n": 12.0}, row | {"measure": "prevalence", "count": 1.0, "n": 9.0}])
    (error,) = evaluation_card(finished, rates)["measure_2_3_error_rates"]
    assert (error["value"], error["interval"], error["of"]) == ("0.25", "0.1 to 0.5", "3 of 12")
    assert "Not measured" in evaluation_card(finished)["measure_2_3_error_rates"]
