"""What went wrong, as a sentence and an exit code: failures of the machine and wrong use, as errors of OpenCSE."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Sequence
from typing import Any, Final

from data.errors import MEMORY_HINT, MachineFault, OpencseError, UsageError
from opencse.terminal import ReaderGone, escaped

INTERRUPTED: Final = 130
"""The exit code after Ctrl-C, as shells count it, and after the signal to terminate."""

_INTERRUPTED_QUERY: Final = "Query interrupted"
"""All that DuckDB says of an interruption while it computes."""

_HINTS: Final = {
    errno.ENOSPC: "Make room on that disk, and give the command again.",
    errno.EDQUOT: "Your quota on that disk is used up: make room, and give the command again.",
    errno.EFBIG: "A file may not grow so large here (ulimit -f, or the file system): choose another folder.",
    errno.EROFS: "That file system is read-only: choose another folder.",
    errno.EACCES: "You have no permission there: choose another folder or file, or have it changed.",
    errno.EPERM: "You have no permission there: choose another folder or file, or have it changed.",
    errno.ENOTDIR: "A part of the path is a file and not a folder: correct the path.",
    errno.EISDIR: "The path is a folder and not a file: correct the path.",
    errno.ENOENT: "Check the path; the folder you work in may be gone.",
    errno.EEXIST: "Something of that name is there already: choose another name.",
    errno.ENAMETOOLONG: "Choose a shorter name.",
    errno.EILSEQ: "The file system cannot hold such a name: choose another.",
    errno.EINVAL: "The file system cannot hold such a name: choose another.",
    errno.EMFILE: "Too many files are open at the same time: raise the limit (ulimit -n).",
    errno.ENOMEM: "Give the command more memory, fewer people or fewer threads.",
    errno.EAGAIN: "The machine allows no more processes or threads: use fewer workers or threads.",
}


def failure_of(error: BaseException) -> OpencseError | None:
    """Return a failure that can be said in a sentence as an error of OpenCSE, and null for one that cannot.

    A fault of the machine may have been wrapped on its way, so the causes of an error are looked through as well.

    Example:
        >>> failure = failure_of(PermissionError(13, "Permission denied", "/records/shift.csv"))
        >>> failure.exit_code, failure.where
        (5, '/records/shift.csv')
        >>> failure_of(ZeroDivisionError()) is None
        True
    """
    if isinstance(error, OpencseError) and type(error) is not OpencseError and error.exit_code != 1:
        return error
    if hasattr(error, "format_message"):  # Typer's errors of use, whose classes are private
        return _wrong_use(error)
    for cause in _chain(error):
        fault = _machine_fault(cause)
        if fault is not None:
            return fault
    return error if isinstance(error, OpencseError) else None


def check_arguments(arguments: Sequence[str]) -> None:
    r"""Check that the words of a command are text.

    Raises:
        UsageError: one is no UTF-8. The libraries that read and write tables take no such name for a file.

    Example:
        >>> check_arguments(["generate", "demo", "--out", "caf\udce9"])
        Traceback (most recent call last):
        ...
        data.errors.UsageError: A word of the command is not UTF-8.
          expected: names of files and folders in UTF-8
          found: caf\xe9
          do: Rename the file or folder.
    """
    for argument in arguments:
        if _is_undecodable(argument):
            raise UsageError(
                "A word of the command is not UTF-8.",
                expected="names of files and folders in UTF-8",
                found=escaped(argument),
                hint="Rename the file or folder.",
            )


def _is_undecodable(text: str) -> bool:
    return any("\ud800" <= character <= "\udfff" for character in text)


def is_reader_gone(error: BaseException) -> bool:
    """Say whether an error means that whoever reads standard output has closed it."""
    return any(isinstance(cause, ReaderGone | BrokenPipeError) for cause in _chain(error))


def is_interruption(error: BaseException) -> bool:
    """Say whether an error comes from an interruption, which libraries may have put into words of their own.

    Example:
        >>> is_interruption(KeyboardInterrupt()), is_interruption(RuntimeError("Query interrupted"))
        (True, True)
    """
    return any(isinstance(cause, KeyboardInterrupt) or str(cause) == _INTERRUPTED_QUERY for cause in _chain(error))


def _wrong_use(error: Any) -> UsageError:
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "opencse"
    summary = str(error.format_message()).strip()
    return UsageError(summary if summary.endswith(".") else f"{summary}.", hint=f"See {path} --help")


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error, then what it came from, each once."""
    reached: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in reached:
        reached.add(id(link))
        yield link
        link = link.__cause__ or link.__context__


def _machine_fault(error: BaseException) -> MachineFault | None:
    if isinstance(error, MachineFault):
        return error
    if isinstance(error, MemoryError):
        return MachineFault("The memory is used up.", found=str(error) or None, hint=MEMORY_HINT)
    if isinstance(error, OSError):
        return _refusal(error)
    if isinstance(error, UnicodeEncodeError) and _is_undecodable(error.object):
        return MachineFault(
            "The name of a file or folder is not UTF-8.", found=escaped(error.object), hint="Rename it."
        )
    return _native_fault(error)


def _refusal(error: OSError) -> MachineFault:
    """Return an error for what the operating system refused, with the path if it said which."""
    paths = [
        os.fsdecode(path) for path in (error.filename, error.filename2) if isinstance(path, str | bytes | os.PathLike)
    ]
    reason = os.strerror(error.errno) if error.errno else str(error) or type(error).__name__
    return MachineFault(
        "The machine refused to read or write.",
        found=reason,
        where=" -> ".join(paths) or None,
        hint=_HINTS.get(error.errno or 0),
    )


# DuckDB and the standard library report some refusals by the words of a message alone.
_MESSAGES: Final = (
    ("OutOfMemoryException", "", "The memory is used up."),
    ("IOException", "", "The machine refused to read or write."),
    ("RuntimeError", "can't start new thread", "The machine allows no more threads."),
    ("TerminatedWorkerError", "", "A worker process was ended from outside, as happens when the memory is used up."),
    ("BrokenProcessPool", "", "A worker process was ended from outside, as happens when the memory is used up."),
)


def _native_fault(error: BaseException) -> MachineFault | None:
    for kind, words, summary in _MESSAGES:
        if type(error).__name__ == kind and words in str(error):
            first = (str(error).splitlines() or [""])[0]
            return MachineFault(summary, found=first or None, hint=MEMORY_HINT)
    return None
