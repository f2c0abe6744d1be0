"""Staging: folders and files that appear whole or not at all.

Whatever is written goes under a name of its own beside its place, reaches the disk, and only then takes its place in
one step. A power cut, a full disk or a kill at any moment leaves what was there before, or the whole of what is new.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from data.errors import UsageError

_UNFINISHED: Final = re.compile(r"\.(.+)\.(?:unfinished-[0-9]+|database-[a-z0-9_]+)")
_NO_REPLACE: Final = 1
_EXCHANGE: Final = 2
_WORKING_FOLDER: Final = -100
_UNSUPPORTED: Final = (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP)


@contextmanager
def staged_folder(
    out: Path, *, replaceable: Callable[[Path], bool] | None = None, resume: bool = False
) -> Iterator[Path]:
    """Give a folder to write into; it becomes `out` when the block ends well, and is removed when it does not.

    What a killed command left unfinished at `out` is removed first; with `resume` the folder given is what it left.

    A folder that stands at `out`, from the start or since, is replaced only if `replaceable` says so of it, and then in
    one step: there is always the old one or the new one, whole.

    Raises:
        UsageError: something that may not be replaced stands at `out`, or another command is writing there.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as place:
        ...     with staged_folder(Path(place) / "out") as folder:
        ...         _ = (folder / "file.txt").write_text("content")
        ...     [path.name for path in Path(place).rglob("*")]
        ['out', 'file.txt']
    """
    check_new(out, replaceable)
    out.parent.mkdir(parents=True, exist_ok=True)
    with locked(out):
        temporary = out.with_name(f".{out.name}.unfinished-{os.getpid()}")
        left = _beside(out, "unfinished") if resume else []
        if left and left[-1] != temporary:
            left[-1].rename(temporary)
        _clear_leftovers(out, but=temporary if left else None)
        check_new(out, replaceable)
        temporary.mkdir(exist_ok=bool(left))
        try:
            yield temporary
            _flush(temporary)
            check_new(out, replaceable)
            _take_place(temporary, out)
            _flush_entry(out.parent)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


@contextmanager
def staged_file(path: Path) -> Iterator[Path]:
    """Give a file name to write to; the file takes the place of `path` in one step when the block ends well.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as place:
        ...     with staged_file(Path(place) / "file.txt") as file:
        ...         _ = file.write_text("content")
        ...     [path.name for path in Path(place).iterdir()]
        ['file.txt']
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.unfinished-{os.getpid()}")
    try:
        yield temporary
        _flush_entry(temporary)
        temporary.replace(path)
        _flush_entry(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a place for one command at a time, whether anything stands there or not.

    The system lets go of the lock when its holder ends, however it ends.

    Raises:
        UsageError: another command holds it.
    """
    lock = path.with_name(f".{path.name}.lock")
    while True:
        descriptor = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise UsageError(
                "Another command is writing there.",
                where=str(path),
                hint="Wait until it has ended, or choose another folder.",
            ) from None
        # An earlier holder may have removed the file between our opening and our locking it: then it locks nothing.
        if _is_at(lock, descriptor):
            break
        os.close(descriptor)
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)
        os.close(descriptor)


def unfinished_beside(out: Path) -> list[Path]:
    """Return what killed commands left unfinished in the folder in which `out` lies, for whatever name, by name.

    What a command is still at work on is not among it: that command holds the lock of the place.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as place:
        ...     (Path(place) / ".run.unfinished-7").mkdir()
        ...     [path.name for path in unfinished_beside(Path(place) / "other")]
        ['.run.unfinished-7']
    """
    if not out.parent.is_dir():
        return []
    return [path for path in sorted(out.parent.iterdir()) if (place := _place_of(path)) and not _is_held(place)]


def remove_unfinished(paths: Iterable[Path]) -> None:
    """Remove what killed commands left unfinished, each unless a command has begun to write to its place since."""
    for path in paths:
        place = _place_of(path)
        if place is not None:
            with suppress(UsageError), locked(place):
                shutil.rmtree(path, ignore_errors=True)


def _place_of(path: Path) -> Path | None:
    """Return the place that an unfinished folder was to take, None for any other path."""
    match = _UNFINISHED.fullmatch(path.name)
    return path.with_name(match[1]) if match and path.is_dir() and not path.is_symlink() else None


def _is_held(place: Path) -> bool:
    lock = place.with_name(f".{place.name}.lock")
    try:
        descriptor = os.open(lock, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _clear_leftovers(out: Path, *, but: Path | None = None) -> None:
    """Put back, or remove, what a command that was killed left behind. Whoever still works there holds the lock."""
    for aside in _beside(out, "replaced"):
        if os.path.lexists(out):
            shutil.rmtree(aside, ignore_errors=True)
        else:
            aside.rename(out)
    for unfinished in (path for path in _beside(out, "unfinished") if path != but):
        shutil.rmtree(unfinished, ignore_errors=True)


def _beside(out: Path, kind: str) -> list[Path]:
    prefix = f".{out.name}.{kind}-"
    there = [path for path in out.parent.iterdir() if path.name.startswith(prefix)]
    return sorted(there, key=lambda path: path.stat().st_mtime_ns)


def _is_at(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def check_new(out: Path, replaceable: Callable[[Path], bool] | None = None) -> None:
    """Check that a folder may be written, before any work is done; `replaceable` says what may be replaced.

    Raises:
        UsageError: something stands there that may not be replaced.
        OSError: nobody, or not this user, may write there.
    """
    if not os.path.lexists(out) or (replaceable is not None and replaceable(out)):
        _check_writable(out)
        return
    raise UsageError(
        "The output folder exists already.",
        where=str(out),
        hint="Nothing in it was changed. Choose another folder.",
    )


def _check_writable(out: Path) -> None:
    """Check that the nearest folder above a place may be written to.

    Raises:
        OSError: it may not; as the operating system would say it of the first file.
    """
    folder = next((folder for folder in out.absolute().parents if folder.is_dir()), Path("/"))
    if not os.access(folder, os.W_OK | os.X_OK):
        read_only = os.statvfs(folder).f_flag & os.ST_RDONLY
        number = errno.EROFS if read_only else errno.EACCES
        raise OSError(number, os.strerror(number), str(out))


def _take_place(temporary: Path, out: Path) -> None:
    """Rename a folder to its place, or exchange it with the one that stands there and may be replaced."""
    if not os.path.lexists(out):
        if not _rename(temporary, out, _NO_REPLACE):
            temporary.rename(out)  # refuses a folder with something in it
    elif not _rename(temporary, out, _EXCHANGE):
        aside = out.with_name(f".{out.name}.replaced-{os.getpid()}")
        out.rename(aside)
        temporary.rename(out)
        shutil.rmtree(aside, ignore_errors=True)


def _rename(source: Path, target: Path, flags: int) -> bool:
    """Rename with flags that Python has no function for; False where the system or the file system lacks them."""
    call = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if call is None:
        return False
    if call(_WORKING_FOLDER, os.fsencode(source), _WORKING_FOLDER, os.fsencode(target), flags) == 0:
        return True
    number = ctypes.get_errno()
    if number in _UNSUPPORTED:
        return False
    if number == errno.EEXIST:
        check_new(target)
    raise OSError(number, os.strerror(number), str(target))


def _flush(folder: Path) -> None:
    """Have every file and folder below a folder reach the disk, so that a name never stands for less than its file."""
    for path in folder.rglob("*"):
        _flush_entry(path)
    _flush_entry(folder)


def _flush_entry(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
