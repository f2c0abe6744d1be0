"""A run folder of somebody else names code: nothing of it runs, and who reads the folder is told."""

from __future__ import annotations

import contextlib
import shutil
import sys
from hashlib import sha256
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from audit.flag.explanation import explain
from audit.flag.replay import replay
from audit.flag.verify import verify
from data.errors import UsageError
from data.writing import write_json
from pipeline.run_folder import RunFolder

MARK = "hostile_estimator_of_a_run_folder"


@pytest.fixture
def hostile(finished: RunFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunFolder:
    """A run whose settings name an estimator that can be imported and would leave a mark, all hashes rewritten."""
    (tmp_path / f"{MARK}.py").write_text("raise SystemExit('this must not run')", encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    folder = RunFolder(Path(shutil.copytree(finished.path, tmp_path / "run")))
    config = folder.path / "config.toml"
    text = config.read_text(encoding="utf-8").replace("estimators = []\n", "")
    config.write_text(
        f'{text}\n[[models.estimators]]\nname = "theirs"\nestimator = "{MARK}.Forest"\n', encoding="utf-8"
    )
    digest = sha256(config.read_bytes()).hexdigest()
    manifest = folder.manifest
    before = sha256((finished.path / "config.toml").read_bytes()).hexdigest()
    write_json(_replaced(manifest, before, digest), folder.path / "manifest.json")
    return RunFolder(folder.path)


def _replaced(content: object, before: str, after: str) -> object:
    if isinstance(content, dict):
        return {key: _replaced(value, before, after) for key, value in content.items()}
    if isinstance(content, list):
        return [_replaced(value, before, after) for value in content]
    return after if content == before else content


def test_verifying_a_hostile_run_runs_nothing_of_it(hostile: RunFolder) -> None:
    with contextlib.suppress(UsageError):
        verify(hostile)
    assert MARK not in sys.modules


@pytest.mark.parametrize("read", [replay, explain])
def test_replaying_or_explaining_a_flag_of_a_hostile_run_is_refused_politely(hostile: RunFolder, read: object) -> None:
    flag = pq.read_table(hostile.path / "flags.parquet")["flag_id"][0].as_py()
    with pytest.raises(UsageError, match=MARK):
        list(read(hostile, flag))  # type: ignore[operator]
    assert MARK not in sys.modules
