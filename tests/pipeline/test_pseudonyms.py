"""A run whose people and units are known by pseudonyms: none of their ids is anywhere in it, and it holds together."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from audit.flag.replay import replay
from audit.flag.verify import verify
from audit.rates.provenance import world_notes
from audit.rates.recorded_later import outcomes_of_run
from data.errors import UsageError
from data.source import Bending
from pipeline.pseudonyms import Pseudonyms, read_key, without_ids
from pipeline.run import run
from pipeline.run_folder import RunFolder
from pipeline.settings import load
from tests import small_force
from tests.small_force import AS_OF

KEY = hashlib.sha256(b"a key for tests").digest()

SHIFT = 700_000_000_000
"""Added to ids of people and units, so that they can be told from every other number."""


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory, force_rows: dict[str, list[dict[str, Any]]]) -> Path:
    """The small force with ids that nothing else looks like, and a person too many in the complaints."""
    named = re.compile(
        r"(officer|unit|parent_unit|supervisor|editor|approver|raised_by|about_officer|complainant|subject)_id"
    )
    rows = {
        table: [{k: v + SHIFT if named.fullmatch(k) and v is not None else v for k, v in row.items()} for row in of]
        for table, of in force_rows.items()
    }
    rows["complaint"][0]["officer_id"] = SHIFT + 999  # of nobody: the row goes into quarantine
    return small_force.write(tmp_path_factory.mktemp("force") / "records", rows)


@pytest.fixture(scope="module")
def pseudonymised(records: Path, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    out = tmp_path_factory.mktemp("runs") / "run"
    return run(records, out=out, settings=load(), as_of=[AS_OF], pseudonyms=Pseudonyms(KEY)).folder


def test_no_id_and_no_key_is_anywhere_in_the_run(pseudonymised: RunFolder) -> None:
    ids = re.compile(rb"7000000\d{5}\b")
    for path in (p for p in pseudonymised.path.rglob("*") if p.is_file()):
        content = path.read_bytes()
        assert KEY not in content
        assert KEY.hex().encode() not in content
        if path.suffix == ".parquet":
            content = json.dumps(pq.read_table(path).to_pylist(), default=str).encode()
        assert not ids.search(content), path


def test_the_same_people_are_flagged_under_their_pseudonyms(pseudonymised: RunFolder, finished: RunFolder) -> None:
    """What is found does not depend on what people are called."""

    def pseudonym(kind: str, number: int) -> int:
        digest = hmac.new(KEY, f"{kind}:{number + SHIFT}".encode(), hashlib.sha256).digest()
        return int.from_bytes(digest[:8], "big") >> 11

    plain = {
        (f["subject_kind"], pseudonym(f["subject_kind"], f["subject_id"]), f["concern"], f["family"])
        for f in finished.table("flags").to_pylist()
    }
    keys = ("subject_kind", "subject_id", "concern", "family")
    assert {tuple(f[k] for k in keys) for f in pseudonymised.table("flags").to_pylist()} == plain


def test_the_run_verifies_replays_and_says_how_it_was_made(pseudonymised: RunFolder, records: Path) -> None:
    assert all(result.agrees for result in replay(pseudonymised))
    checks = verify(pseudonymised, records=records)
    assert [fault for check in checks for fault in check.faults] == []
    assert any("pseudonymised" in check.unchecked for check in checks)
    facts = pseudonymised.manifest["pseudonyms"]
    assert facts["of"] == ["officer", "unit", "complainant", "subject"]
    with pytest.raises(UsageError, match="not the one"):
        verify(pseudonymised, records=records, pseudonyms=Pseudonyms(KEY[::-1]))


def test_with_the_key_it_is_made_again_to_the_byte(pseudonymised: RunFolder, records: Path) -> None:
    checks = verify(pseudonymised, records=records, pseudonyms=Pseudonyms(KEY))
    assert [fault for check in checks for fault in check.faults] == []
    assert all(not check.unchecked for check in checks)


def test_what_needs_the_ids_of_other_records_says_so(pseudonymised: RunFolder, records: Path) -> None:
    with pytest.raises(UsageError, match="was pseudonymised"):
        outcomes_of_run(pseudonymised, records=records)
    with pytest.raises(UsageError, match="was pseudonymised"):
        world_notes(pseudonymised, truth=records)


def test_a_key_is_a_file_of_its_own_and_long_enough(tmp_path: Path) -> None:
    path = tmp_path / "run" / "key"
    path.parent.mkdir()
    path.write_bytes(KEY)
    assert read_key(path) == Pseudonyms(KEY)
    assert KEY.hex() not in repr(read_key(path))
    with pytest.raises(UsageError, match="would lie in the run folder"):
        read_key(path, apart_from=path.parent)
    path.write_bytes(b"short")
    with pytest.raises(UsageError, match="too short"):
        read_key(path)
    with pytest.raises(UsageError, match="cannot be read"):
        read_key(tmp_path / "none")


def test_how_an_id_is_written_is_told_without_an_example() -> None:
    bent = Bending("officer", "officer_id", "UID", "as whole numbers with a point", 2, "7.0", "7")
    assert "7" not in without_ids(bent).sentence().replace("2 cells", "")
    other = Bending("shift", "starts_at", "start", "at midnight", 2, "2025-01-01", "2025-01-01 00:00:00")
    assert without_ids(other) == other
