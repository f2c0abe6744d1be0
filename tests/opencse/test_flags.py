"""The command `flags`, as its users call it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pyarrow.compute as pc
import pytest

from audit.flag.certainty import most_certain_first
from data.writing import write_table
from pipeline.run_folder import RunFolder
from tests.command_line import json_of, output_of, refusal_of
from tests.dossier.dossiers import crowded_copy


def test_flags_can_be_listed_filtered_and_read_by_a_program(finished: RunFolder) -> None:
    everything = json_of("flags", finished.path)
    assert len(everything) == finished.table("flags").num_rows
    standards = json_of("flags", finished.path, "--concern", "standards")
    assert {flag["concern"] for flag in standards} == {"standards"}
    assert 0 < len(standards) < len(everything)
    of_one = json_of("flags", finished.path, "--subject", 7)
    assert of_one
    assert {flag["subject_id"] for flag in of_one} == {7}
    assert everything[0]["flag_id"][:12] in output_of("flags", finished.path)


def test_of_an_unknown_person_nothing_is_listed(finished: RunFolder) -> None:
    assert json_of("flags", finished.path, "--subject", -(2**63)) == []
    assert "0 flags" in output_of("flags", finished.path, "--subject", 2**63 - 1)


def test_an_id_that_no_record_can_have_is_refused(finished: RunFolder) -> None:
    for text in (2**63, "somebody"):
        error = refusal_of("flags", finished.path, "--subject", text)
        assert (error.exit_code, error.where) == (2, "--subject")


def test_an_unknown_concern_is_refused_with_those_there_are(finished: RunFolder) -> None:
    error = refusal_of("flags", finished.path, "--concern", "fashion")
    assert error.exit_code == 2
    assert (error.expected, error.found, error.where) == ("standards, welfare, culture", "fashion", "--concern")


def test_where_nobody_passes_who_comes_nearest_is_listed(finished: RunFolder, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(finished.path, tmp_path / "run"))
    write_table(finished.table("flags").slice(0, 0), folder / "flags.parquet")
    nearest = json_of("flags", folder, "--strongest", 2, "--concern", "standards")
    assert len(nearest) >= 2
    assert {row["concern"] for row in nearest} == {"standards"}
    officers = [row["p_value"] for row in nearest if row["subject_kind"] == "officer"]
    scores = finished.table("scores").to_pylist()
    least = min(
        s["p_value"]
        for s in scores
        if s["p_value"] is not None and (s["concern"], s["subject_kind"]) == ("standards", "officer")
    )
    assert officers == sorted(officers)
    assert officers[0] == least
    text = output_of("flags", folder, "--strongest", 2)
    assert "nobody passed" in text
    assert json_of("flags", folder) == []


def test_who_comes_nearest_is_listed_for_a_concern_nobody_passed_in_though_others_were_flagged(
    finished: RunFolder, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(finished.path, tmp_path / "run"))
    flags = finished.table("flags")
    others = flags.filter(pc.not_equal(flags["concern"], "standards"))
    write_table(others, folder / "flags.parquet")
    rows = json_of("flags", folder, "--strongest", 2)
    near = [row for row in rows if row["flag_id"] is None]
    passed = {(row["concern"], row["subject_kind"]) for row in others.to_pylist()}
    assert passed
    assert ("standards", "officer") in {(row["concern"], row["subject_kind"]) for row in near}
    assert not passed & {(row["concern"], row["subject_kind"]) for row in near}
    selection = next(s for s in finished.manifest["selections"] if s["concern"] == "standards")
    assert {row["needed"] for row in near if row["concern"] == "standards"} == {0.1 / selection["compared"]}
    assert "Nearest to a flag" in output_of("flags", folder, "--strongest", 2)


def test_a_terminal_gets_the_most_certain_flags_a_line_each_and_a_pipe_gets_all_of_them_whole(
    finished: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = crowded_copy(finished, tmp_path / "run", flags=30).folder
    certain = [flag["flag_id"][:12] for flag in most_certain_first(run.table("flags").to_pylist())]
    piped = output_of("flags", run.path)
    assert all(flag in piped for flag in certain)
    assert "…" not in piped.partition("can be false")[0].partition("most certain")[0]
    monkeypatch.setattr("opencse.commands.flags.screen", lambda: os.terminal_size((120, 18)))
    shown = output_of("flags", run.path)
    assert [flag for flag in certain if flag in shown] == certain[:8]
    assert "The 8 most certain of 30" in shown
    assert len([line for line in shown.splitlines() if line.startswith("│")]) == 8
    assert all(flag in output_of("flags", run.path, "--all") for flag in certain)
    limited = output_of("flags", run.path, "--limit", 2)
    assert [flag for flag in certain if flag in limited] == certain[:2]


def test_all_flags_go_through_a_pager_on_a_terminal_whole_and_as_wide_as_it(
    finished: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = crowded_copy(finished, tmp_path / "run", flags=30).folder
    pages: list[str] = []
    monkeypatch.setattr("pydoc.pager", pages.append)
    output_of("flags", run.path, "--all")
    assert pages == []  # nobody turns the pages of a pipe
    monkeypatch.setattr("opencse.terminal.screen", lambda: os.terminal_size((110, 18)))
    assert "30 flags" not in output_of("flags", run.path, "--all")
    (page,) = pages
    assert all(flag["flag_id"][:12] in page for flag in run.table("flags").to_pylist())
    assert "…" not in page.partition("can be false")[0]
    assert max(len(line) for line in page.splitlines() if line.startswith("│")) <= 110
