"""The command `review`, as the people who look at flags call it."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from audit.log.reviews import Review, record_reviews
from data.errors import UsageError
from ledger.checkpoints import Checkpoint
from ledger.merkle import MerkleTree
from pipeline import verify_script
from pipeline.run_folder import RunFolder, open_run
from tests.command_line import json_of, output_of, refusal_of


@pytest.fixture
def run(finished: RunFolder, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished.path, tmp_path / "run"))


def test_a_review_is_appended_and_the_run_still_verifies_against_the_checkpoint_kept_before(
    run: Path, tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    shutil.copy(run / "ledger" / "checkpoint", kept)
    first = json_of("flags", run)[0]["flag_id"]
    options = ("--outcome", "support", "--reason", "A hard year.", "--reviewer", "R1", "--seconds", 90, "--opened", 4)
    recorded = json_of("review", run, first[:12], *options)
    assert recorded["recorded"] == 1
    assert (run / "ledger" / "checkpoint").read_text() == recorded["checkpoint"]
    assert verify_script.check(run, kept).faults == []
    leaf = (run / "ledger" / "leaves.jsonl").read_bytes().splitlines()[-1]
    assert first.encode() in leaf
    assert b'"reviewer":"R1"' in leaf


@pytest.mark.parametrize(
    ("options", "what"),
    [
        (("--outcome", "support", "--reason", " "), "without a reason"),
        (("--outcome", "promoted", "--reason", "x"), "no outcome 'promoted'"),
        (("--outcome", "support"), "needs a flag, an outcome and a reason"),
    ],
)
def test_no_outcome_without_a_reason_and_none_that_does_not_exist(
    run: Path, options: tuple[str, ...], what: str
) -> None:
    before = (run / "ledger" / "leaves.jsonl").read_bytes()
    error = refusal_of("review", run, json_of("flags", run)[0]["flag_id"], *options)
    assert (error.exit_code, what in str(error)) == (2, True)
    assert (run / "ledger" / "leaves.jsonl").read_bytes() == before


def test_a_file_of_reviews_is_recorded_whole_or_not_at_all(run: Path, tmp_path: Path) -> None:
    ids = [flag["flag_id"] for flag in json_of("flags", run)][:2]
    file = tmp_path / "reviews.csv"
    file.write_text(f"flag_id,outcome,reason,seconds\n{ids[0]},no_concern,Seen to.,30\n{ids[1]},referred,,5\n")
    error = refusal_of("review", run, "--batch", file)
    assert (error.exit_code, "line 3: no outcome stands without a reason" in str(error)) == (3, True)
    file.write_text(f"flag_id,outcome,reason,seconds\n{ids[0]},no_concern,Seen to.,30\n{ids[1]},referred,Yes.,\n")
    assert json_of("review", run, "--batch", file)["recorded"] == 2
    file.write_text("flag_id,outcome,why\n")
    assert "no column reason" in str(refusal_of("review", run, "--batch", file))
    file.write_text(f"flag_id,outcome,reason\n{ids[0]},no_concern\n")
    assert "line 2" in str(refusal_of("review", run, "--batch", file))
    assert "in place of one" in str(refusal_of("review", run, ids[0], "--batch", file))


def test_a_review_taken_out_of_the_ledger_is_found(run: Path, tmp_path: Path) -> None:
    output_of("review", run, json_of("flags", run)[0]["flag_id"], "--outcome", "other", "--reason", "x")
    kept = tmp_path / "kept"
    shutil.copy(run / "ledger" / "checkpoint", kept)
    lines = (run / "ledger" / "leaves.jsonl").read_bytes().splitlines(keepends=True)
    (run / "ledger" / "leaves.jsonl").write_bytes(b"".join(lines[:-1]))
    assert any("now holds" in fault for fault in verify_script.check(run, kept).faults)
    error = refusal_of("review", run, json_of("flags", run)[0]["flag_id"], "--outcome", "other", "--reason", "x")
    assert error.exit_code == 4


def test_the_same_review_is_recorded_once_and_a_second_one_like_it_is_found(run: Path) -> None:
    flag = json_of("flags", run)[0]["flag_id"]
    review = Review(flag_id=flag, outcome="other", reason="x", at="2026-01-01T00:00:00Z")
    record_reviews(open_run(run), [review])
    before = (run / "ledger" / "leaves.jsonl").read_bytes()
    for reviews in ([review], [replace(review, reason="y"), replace(review, reason="y")]):
        with pytest.raises(UsageError, match="recorded already"):
            record_reviews(open_run(run), reviews)
    assert (run / "ledger" / "leaves.jsonl").read_bytes() == before
    lines = before.splitlines()
    twice = [*lines, lines[-1]]
    (run / "ledger" / "leaves.jsonl").write_bytes(b"".join(line + b"\n" for line in twice))
    origin = (run / "ledger" / "checkpoint").read_text().split("\n")[0]
    (run / "ledger" / "checkpoint").write_text(Checkpoint(origin, len(twice), MerkleTree(twice).root()).text())
    assert verify_script.check(run).faults == ["ledger/leaves.jsonl: 1 leaves stand there a second time"]
