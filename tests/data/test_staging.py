"""What is written appears whole or not at all, and nothing that somebody else put there is ever lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from data import staging
from data.errors import UsageError
from data.staging import check_new, locked, remove_unfinished, staged_file, staged_folder, unfinished_beside

ROOT = Path(__file__).parents[2]


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def test_a_folder_appears_with_all_that_was_written_into_it(tmp_path: Path) -> None:
    with staged_folder(tmp_path / "a" / "out") as folder:
        (folder / "part").mkdir()
        (folder / "part" / "file").write_text("content")
        assert not (tmp_path / "a" / "out").exists()
    assert names(tmp_path) == {"a", "a/out", "a/out/part", "a/out/part/file"}


def test_a_failure_leaves_nothing_behind(tmp_path: Path) -> None:
    def fail() -> None:
        with staged_folder(tmp_path / "out") as folder:
            (folder / "file").write_text("half")
            raise MemoryError

    with pytest.raises(MemoryError):
        fail()
    assert names(tmp_path) == set()


def test_what_stands_there_is_refused_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with pytest.raises(UsageError, match="exists already"), staged_folder(tmp_path / "out"):
        pytest.fail("work began")


def test_a_link_that_leads_nowhere_stands_there_too(tmp_path: Path) -> None:
    (tmp_path / "out").symlink_to(tmp_path / "nowhere")
    with pytest.raises(UsageError, match="exists already"), staged_folder(tmp_path / "out"):
        pytest.fail("work began")


@pytest.mark.parametrize("content", ["", "file"], ids=["empty", "with a file"])
@pytest.mark.parametrize("supported", [True, False], ids=["in one step", "where the system has no such step"])
def test_a_folder_that_came_to_exist_meanwhile_stays_as_it_is(
    tmp_path: Path, content: str, supported: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not supported:
        monkeypatch.setattr(staging, "_rename", lambda *_: False)

    def be_overtaken() -> None:
        with staged_folder(tmp_path / "out") as folder:
            (folder / "ours").write_text("")
            (tmp_path / "out").mkdir()
            if content:
                (tmp_path / "out" / content).write_text("theirs")

    with pytest.raises(UsageError, match="exists already"):
        be_overtaken()
    assert names(tmp_path) == ({"out", f"out/{content}"} if content else {"out"})


@pytest.mark.parametrize("supported", [True, False], ids=["in one step", "where the system has no such step"])
def test_a_folder_that_may_be_replaced_gives_way_whole(
    tmp_path: Path, supported: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not supported:
        monkeypatch.setattr(staging, "_rename", lambda *_: False)
    (tmp_path / "out" / "old").mkdir(parents=True)
    with staged_folder(tmp_path / "out", replaceable=lambda out: (out / "old").exists()) as folder:
        (folder / "new").write_text("")
        assert names(tmp_path / "out") == {"old"}
    assert names(tmp_path) == {"out", "out/new"}


def test_a_failure_while_replacing_leaves_the_old_folder(tmp_path: Path) -> None:
    (tmp_path / "out" / "old").mkdir(parents=True)
    with pytest.raises(OSError, match="full"), staged_folder(tmp_path / "out", replaceable=lambda _: True):
        raise OSError("disk full")
    assert names(tmp_path) == {"out", "out/old"}


def test_of_two_commands_with_one_place_the_second_is_refused(tmp_path: Path) -> None:
    with staged_folder(tmp_path / "out") as folder:
        (folder / "first").write_text("")
        with pytest.raises(UsageError, match="Another command is writing there"), staged_folder(tmp_path / "out"):
            pytest.fail("work began")
    assert names(tmp_path) == {"out", "out/first"}


def test_places_beside_each_other_do_not_hinder_each_other(tmp_path: Path) -> None:
    with staged_folder(tmp_path / "a"), staged_folder(tmp_path / "b"):
        pass
    assert names(tmp_path) == {"a", "b"}


def test_what_a_killed_command_left_is_put_back_or_removed(tmp_path: Path) -> None:
    (tmp_path / ".out.unfinished-1" / "part").mkdir(parents=True)
    (tmp_path / ".out.replaced-1" / "old").mkdir(parents=True)
    (tmp_path / ".other.unfinished-1").mkdir()
    with pytest.raises(UsageError, match="exists already"), staged_folder(tmp_path / "out"):
        pytest.fail("work began")
    assert names(tmp_path) == {"out", "out/old", ".other.unfinished-1"}


KILLED = """
import sys, time
from pathlib import Path
from data.staging import staged_folder
out = Path(sys.argv[1])
while True:
    with staged_folder(out, replaceable=lambda _: True) as folder:
        for number in range(20):
            (folder / str(number)).write_text("x")
    print("written", flush=True)
"""


@pytest.mark.parametrize("rounds", [0, 1, 3])
def test_a_kill_leaves_the_old_folder_or_the_new_one_whole(tmp_path: Path, rounds: int) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "-c", KILLED, str(out)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for _ in range(rounds):
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)
    assert not out.exists() or names(out) == {str(number) for number in range(20)}
    assert out.exists() or rounds == 0
    with staged_folder(out, replaceable=lambda _: True) as folder:
        (folder / "next").write_text("")
    assert names(tmp_path) == {"out", "out/next"}


def test_a_file_takes_its_place_whole(tmp_path: Path) -> None:
    path = tmp_path / "a" / "file"
    for content in ("first", "second"):
        with staged_file(path) as temporary:
            temporary.write_text(content)
        assert path.read_text() == content
    assert names(tmp_path) == {"a", "a/file"}


def test_a_file_that_fails_leaves_the_old_one(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("old")

    def fail() -> None:
        with staged_file(tmp_path / "file") as temporary:
            temporary.write_text("half")
            raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        fail()
    assert (tmp_path / "file").read_text() == "old"
    assert names(tmp_path) == {"file"}


def test_what_is_written_reaches_the_disk_before_it_takes_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[tuple[str, bool]] = []
    out = tmp_path / "out"

    def record(path: Path) -> None:
        flushed.append((path.name, out.exists()))

    monkeypatch.setattr(staging, "_flush_entry", record)
    with staged_folder(out) as folder:
        (folder / "file").write_text("content")
    assert flushed == [("file", False), (f".out.unfinished-{os.getpid()}", False), (tmp_path.name, True)]


def test_a_lock_is_let_go_when_its_holder_is_killed(tmp_path: Path) -> None:
    script = "import sys, time; from pathlib import Path; from data.staging import locked\n"
    script += "with locked(Path(sys.argv[1])):\n    print('held', flush=True)\n    time.sleep(600)\n"
    command = [sys.executable, "-c", script, str(tmp_path / "out")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        with pytest.raises(UsageError, match="Another command"), locked(tmp_path / "out"):
            pytest.fail("both held it")
        process.send_signal(signal.SIGKILL)
    with locked(tmp_path / "out"):
        pass
    assert names(tmp_path) == set()


def test_a_place_is_looked_at_before_any_work(tmp_path: Path) -> None:
    check_new(tmp_path / "new")
    (tmp_path / "old").mkdir()
    with pytest.raises(UsageError, match="exists already"):
        check_new(tmp_path / "old")
    check_new(tmp_path / "old", lambda path: path.name == "old")


def test_what_killed_commands_left_is_named_and_removed_unless_somebody_is_at_work_there(tmp_path: Path) -> None:
    for name in (".one.unfinished-7", ".two.unfinished-8", ".unfinished-9", "run"):
        (tmp_path / name).mkdir()
    with locked(tmp_path / "two"):
        left = unfinished_beside(tmp_path / "other")
        assert [path.name for path in left] == [".one.unfinished-7"]
        remove_unfinished([*left, tmp_path / ".two.unfinished-8", tmp_path / "run"])
    assert sorted(path.name for path in tmp_path.iterdir()) == [".two.unfinished-8", ".unfinished-9", "run"]


def test_with_resume_the_folder_given_is_the_one_that_was_left(tmp_path: Path) -> None:
    left = tmp_path / ".out.unfinished-1"
    left.mkdir()
    (left / "file").write_text("kept")
    with staged_folder(tmp_path / "out", resume=True) as folder:
        assert (folder / "file").read_text() == "kept"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_folder_that_may_not_be_written_to_is_refused_before_any_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_new(tmp_path / "not" / "there" / "out")
    monkeypatch.setattr("data.staging.os.access", lambda folder, _: folder != tmp_path)
    with pytest.raises(PermissionError) as refusal:
        check_new(tmp_path / "not" / "there" / "out")
    assert refusal.value.filename == str(tmp_path / "not" / "there" / "out")
    assert [*tmp_path.iterdir()] == []
