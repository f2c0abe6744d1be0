"""A run that was killed is gone on with to the same bytes, and what it left behind is named."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

import pipeline.run as run_module
from pipeline.loaded_stage import KEPT
from pipeline.run import run
from pipeline.run_folder import RunFolder
from pipeline.seal import STAGE
from pipeline.settings import load
from tests.folders import content_of
from tests.small_force import AS_OF


class Killed(BaseException):
    """Stands for a kill: nothing is cleared away."""


@pytest.fixture(scope="module")
def left(force: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a run leaves that is killed once its records are loaded, in `early`, and while it is sealed, in `late`."""
    place = tmp_path_factory.mktemp("left")
    out = place / "out" / "run"
    analyse = run_module.analyse

    def left_as(name: str, half: str, text: str) -> None:
        (unfinished,) = out.parent.glob(".run.unfinished-*")
        shutil.copytree(unfinished, place / name)
        (place / name / half).write_text(text)

    def copy_and_go_on(*arguments: Any, **options: Any) -> Any:
        left_as("early", "features.parquet", "half")
        return analyse(*arguments, **options)

    def stop(*_: object, **__: object) -> None:
        left_as("late", "manifest.json", "{}")
        raise Killed

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run_module, "analyse", copy_and_go_on)
        patch.setattr(run_module, "seal", stop)
        with pytest.raises(Killed):
            run(force, out=out, settings=load(), as_of=[AS_OF])
    return place


@pytest.fixture
def killed(left: Path, tmp_path: Path) -> Path:
    """The unfinished folder of a run that was killed while it was being sealed."""
    return Path(shutil.copytree(left / "late", tmp_path / "out" / ".run.unfinished-1"))


@pytest.fixture
def killed_early(left: Path, tmp_path: Path) -> Path:
    """The unfinished folder of a run that was killed once its records were loaded."""
    return Path(shutil.copytree(left / "early", tmp_path / "out" / ".run.unfinished-1"))


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


def test_loaded_records_are_taken_up_and_the_rest_is_made_anew_to_the_same_bytes(
    killed_early: Path, finished: RunFolder, force: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_module, "load_records", refuse_to_load)
    out = killed_early.with_name("run")
    run(force, out=out, settings=load(), as_of=[AS_OF], resume=True)
    assert content_of(out) == content_of(finished.path)
    assert [path.name for path in out.parent.iterdir()] == ["run"]


@pytest.mark.parametrize("changed", ["a table", "what was noted", "the validation", "a setting", "a record file"])
def test_loaded_records_of_anything_else_are_not_taken_up(
    changed: str, killed_early: Path, force: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = Path(shutil.copytree(force, tmp_path / "records"))
    settings = load()
    if changed == "a table":
        (killed_early / KEPT / "shift.parquet").write_bytes(b"PAR1")
    elif changed == "what was noted":
        (killed_early / KEPT / "stage.json").write_text('{"origin": ')
    elif changed == "the validation":
        (killed_early / "validation" / "index.html").unlink()
    elif changed == "a setting":
        settings = load(seed=99)
    else:
        (records / "more.csv").write_text("")
    monkeypatch.setattr(run_module, "load_records", refuse_to_load)
    with pytest.raises(AssertionError, match="loaded again"):
        run(records, out=killed_early.with_name("run"), settings=settings, as_of=[AS_OF], resume=True)
