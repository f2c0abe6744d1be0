"""The command `ledger`, as an installation, its readers and its witness call it."""

from __future__ import annotations

import base64
import json
import shutil
import stat
from pathlib import Path

import pytest

from ledger.merkle import is_included, leaf_hash
from pipeline.run_folder import RunFolder
from tests.command_line import json_of, output_of, refusal_of


@pytest.fixture
def run(finished: RunFolder, tmp_path: Path) -> Path:
    return Path(shutil.copytree(finished.path, tmp_path / "run"))


@pytest.fixture
def log(tmp_path: Path) -> tuple[Path, str]:
    """A new ledger, and its public key."""
    made = json_of("ledger", "init", tmp_path / "log", "--origin", "example.org/force")
    return tmp_path / "log", made["public_key"]


def test_a_ledger_is_made_with_a_key_beside_it_that_its_owner_alone_may_read(log: tuple[Path, str]) -> None:
    key = log[0].with_name("log.key")
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert log[1].startswith("example.org/force+")
    assert not [path for path in log[0].rglob("*") if b"PRIVATE" in path.read_bytes()]
    assert "exists already" in str(refusal_of("ledger", "init", log[0], "--origin", "example.org/force"))


def test_a_key_is_not_put_where_others_get_it_and_not_used_where_they_could_read_it(
    log: tuple[Path, str], run: Path
) -> None:
    error = refusal_of("ledger", "init", run / "key", "--origin", "a", "--only-key")
    assert "handed to others" in str(error)
    key = log[0].with_name("log.key")
    key.chmod(0o644)
    assert "Others than its owner" in str(refusal_of("ledger", "checkpoint", log[0], "--key", key))
    assert "no name" in str(refusal_of("ledger", "init", log[0].with_name("b"), "--origin", "two words"))


def test_a_run_is_appended_once_signed_proved_and_shown_to_have_only_grown(
    log: tuple[Path, str], run: Path, tmp_path: Path
) -> None:
    folder, key = log[0], log[0].with_name("log.key")
    appended = json_of("ledger", "append", folder, run)
    assert appended["appended"] == appended["size"] > 2
    assert json_of("ledger", "append", folder, run) == {"appended": 0, "size": appended["size"]}
    kept = tmp_path / "kept"
    kept.write_text(json_of("ledger", "checkpoint", folder, "--key", key)["checkpoint"])
    flag = json_of("flags", run)[0]["flag_id"]
    proof = json_of("ledger", "prove", folder, flag[:12])
    root = proof["checkpoint"].split("\n")[2]
    hashed = leaf_hash(proof["leaf"].encode())
    steps = [bytes.fromhex(step) for step in proof["proof"]]
    assert root == kept.read_text().split("\n")[2]
    assert is_included(
        hashed, index=proof["index"], size=proof["size"], proof=steps, root=base64.b64decode(root, validate=True)
    )
    output_of("review", run, flag, "--outcome", "no_concern", "--reason", "Seen to.")
    assert json_of("ledger", "append", folder, run)["appended"] == 1
    grown = json_of("ledger", "consistency", folder, "--old", kept)
    assert (grown["old_size"], grown["size"]) == (appended["size"], appended["size"] + 1)


def test_a_flag_dropped_from_a_ledger_is_found_by_whoever_kept_a_checkpoint(
    log: tuple[Path, str], run: Path, tmp_path: Path
) -> None:
    folder = log[0]
    output_of("ledger", "append", folder, run)
    kept = tmp_path / "kept"
    kept.write_bytes((folder / "checkpoint").read_bytes())
    lines = (folder / "leaves.jsonl").read_bytes().splitlines(keepends=True)
    (folder / "leaves.jsonl").write_bytes(b"".join(lines[1:]))
    error = refusal_of("ledger", "consistency", folder, "--old", kept)
    assert (error.exit_code, "own checkpoint" in str(error)) == (4, True)
    shutil.rmtree(folder)
    output_of("ledger", "init", folder, "--origin", "example.org/force", "--key", tmp_path / "other.key")
    assert "leaves are missing" in str(refusal_of("ledger", "consistency", folder, "--old", kept))


def test_a_witness_cosigns_growth_and_refuses_another_past(log: tuple[Path, str], run: Path, tmp_path: Path) -> None:
    folder, public = log
    key, seen, new = folder.with_name("log.key"), tmp_path / "seen", tmp_path / "new"
    own = json_of("ledger", "init", tmp_path / "w.key", "--origin", "example.org/witness", "--witness")["private_key"]
    output_of("ledger", "append", folder, run)
    new.write_text(json_of("ledger", "checkpoint", folder, "--key", key)["checkpoint"])
    options = ("--key", own, "--log-key", public, "--seen", seen)
    assert "example.org/witness" in json_of("ledger", "witness", new, *options)["checkpoint"]
    flag = json_of("flags", run)[0]["flag_id"]
    output_of("review", run, flag, "--outcome", "other", "--reason", "Asked for a second reader.")
    output_of("ledger", "append", folder, run)
    new.write_text(json_of("ledger", "checkpoint", folder, "--key", key)["checkpoint"])
    assert "not what it holds there now" in str(refusal_of("ledger", "witness", new, *options))  # no proof was given
    proof = tmp_path / "proof.json"
    proof.write_text(json.dumps(json_of("ledger", "consistency", folder, "--old", seen)))
    assert new.read_text() in json_of("ledger", "witness", new, *options, "--proof", proof)["checkpoint"]
    assert seen.read_text().startswith(new.read_text())
    new.write_text(new.read_text().partition("\n\n")[0] + "\n")
    assert "not signed" in str(refusal_of("ledger", "witness", new, *options))


def test_what_is_no_ledger_and_what_is_no_flag_are_refused(log: tuple[Path, str], run: Path, tmp_path: Path) -> None:
    assert "no ledger" in str(refusal_of("ledger", "checkpoint", tmp_path))
    assert "fits no leaves" in str(refusal_of("ledger", "prove", run, "zzz"))
    assert "holds the run already" in str(refusal_of("ledger", "append", run, run))
    output_of("ledger", "prove", run, json_of("flags", run)[0]["flag_id"])
