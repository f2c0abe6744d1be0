"""Every foreseen failure becomes a sentence with an exit code, wherever on its way it was wrapped."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from data.errors import InputRejected, MachineFault, OpencseError, UsageError, VerificationFailed
from data.store import StatementFailed
from opencse.failures import check_arguments, failure_of, is_interruption, is_reader_gone
from opencse.terminal import ReaderGone

REFUSALS = ("ENOSPC", "EROFS", "EACCES", "ENOTDIR", "ENAMETOOLONG", "EFBIG", "EDQUOT", "EMFILE", "EISDIR", "ENOENT")


def code_of(error: BaseException) -> int | None:
    failure = failure_of(error)
    return None if failure is None else failure.exit_code


@pytest.mark.parametrize("name", REFUSALS)
def test_what_the_operating_system_refuses_names_the_path_and_what_to_do(name: str) -> None:
    failure = failure_of(OSError(getattr(errno, name), "in its own words", "records/shift.csv"))
    assert isinstance(failure, MachineFault)
    assert failure.exit_code == 5
    assert failure.where == "records/shift.csv"
    assert failure.found
    assert failure.hint


def test_a_path_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    failure = failure_of(OSError(errno.ENOENT, "", b"caf\xe9"))
    assert failure is not None
    assert failure.where == "caf\udce9"


def test_used_up_memory_is_a_fault_of_the_machine() -> None:
    assert code_of(MemoryError()) == 5
    assert code_of(RuntimeError("can't start new thread")) == 5


def test_a_fault_of_the_machine_is_found_behind_what_wrapped_it() -> None:
    wrapped = StatementFailed("The database refused the step.")
    wrapped.__cause__ = OSError(errno.ENOSPC, "", "spill.tmp")
    failure = failure_of(wrapped)
    assert failure is not None
    assert (failure.exit_code, failure.where) == (5, "spill.tmp")


@pytest.mark.parametrize(("kind", "code"), [(UsageError, 2), (InputRejected, 3), (VerificationFailed, 4)])
def test_an_error_that_says_more_than_its_cause_keeps_its_own_code(kind: type[OpencseError], code: int) -> None:
    explained = kind("The file is not there.")
    explained.__cause__ = FileNotFoundError(errno.ENOENT, "", "shift.csv")
    assert failure_of(explained) is explained
    assert explained.exit_code == code


def test_a_mistake_of_ours_is_not_explained_away() -> None:
    assert failure_of(ZeroDivisionError()) is None
    assert failure_of(KeyError("column")) is None
    assert failure_of(RuntimeError("something else")) is None


def test_a_closed_pipe_is_a_reader_that_is_gone_and_a_full_disk_is_not() -> None:
    assert is_reader_gone(BrokenPipeError())
    assert is_reader_gone(ReaderGone())
    assert not is_reader_gone(OSError(errno.ENOSPC, ""))


def test_a_name_that_is_not_utf8_is_refused_before_anything_is_done() -> None:
    check_arguments(["run", "--out", "München"])
    with pytest.raises(UsageError, match="not UTF-8"):
        check_arguments(["run", "--out", "M\udcfcnchen"])
    failure = failure_of(UnicodeEncodeError("utf-8", "M\udcfcnchen.csv", 1, 2, "surrogates not allowed"))
    assert failure is not None
    assert (failure.exit_code, failure.found) == (5, "M\\xfcnchen.csv")


def test_an_interruption_is_one_whatever_wrapped_it() -> None:
    wrapped = StatementFailed("The table could not be checked.")
    wrapped.__cause__ = RuntimeError("Query interrupted")
    assert is_interruption(wrapped)
    assert not is_interruption(RuntimeError("interrupted by somebody who came in"))
