"""A run that was killed is gone on with to the same bytes, and what it left behind is named."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import pipeline.run as run_module
from pipeline.run import run
from pipeline.run_folder import RunFolder
from pipeline.seal import STAGE
from pipeline.settings import load
from tests.small_force import AS_OF


class Killed(BaseException):
    """Stands for a kill: nothing is cleared away."""


def content_of(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.fixture
def killed(force: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The unfinished folder of a run that was killed while it was being sealed."""
    out = tmp_path / "out" / "run"

    def seal_half(folder: Path, **_: object) -> None:
        (folder / "manifest.json").write_text("{}")
        shutil.copytree(folder, out.with_name(".run.unfinished-1"))
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(run_module, "seal", seal_half)
        with pytest.raises(Killed):
            run(force, out=out, settings=load(), as_of=[AS_OF])
    return out.with_name(".run.unfinished-1")


def refuse_to_load(*_: object, **__: object) -> None:
    raise AssertionError("the records were loaded again")


def test_a_whole_stage_is_gone_on_with_to_the_same_bytes(
    killed: Path, finished: RunFolder, force: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_module, "load_records", refuse_to_load)
    out = killed.with_name("run")
    result = run(force, out=out, settings=load(), as_of=[AS_OF], resume=True)
    assert content_of(out) == content_of(finished.path)
    assert result.flags == len(finished.table("flags"))
    assert [path.name for path in out.parent.iterdir()] == ["run"]


@pytest.mark.parametrize("changed", ["a file of the stage", "the stage itself", "a setting", "a record file"])
def test_a_stage_of_anything_else_is_not_used(
    changed: str, killed: Path, force: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = Path(shutil.copytree(force, tmp_path / "records"))
    settings = load()
    if changed == "a file of the stage":
        (killed / "flags.parquet").write_bytes(b"")
    elif changed == "the stage itself":
        (killed / STAGE).write_text("{}")
    elif changed == "a setting":
        settings = load(seed=99)
    else:
        (records / "unit.parquet").write_bytes((records / "unit.parquet").read_bytes() + b"x")
    monkeypatch.setattr(run_module, "load_records", refuse_to_load)
    with pytest.raises(AssertionError, match="loaded again"):
        run(records, out=killed.with_name("run"), settings=settings, as_of=[AS_OF], resume=True)
