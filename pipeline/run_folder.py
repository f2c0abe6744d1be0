"""The run folder: what stands where, written whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from data.errors import UsageError, VerificationFailed

MANIFEST = "manifest.json"
CONFIG = "config.toml"


@dataclass(frozen=True)
class RunFolder:
    """A finished run."""

    path: Path

    def table(self, name: str) -> pa.Table:
        """Return one of the run's Parquet tables by file name, such as `flags`.

        Raises:
            VerificationFailed: the file is missing or cannot be read.
        """
        try:
            return pq.read_table(self.path / f"{name}.parquet")
        except (OSError, pa.ArrowException) as error:
            raise VerificationFailed(
                "A table of the run cannot be read.", found=str(error).splitlines()[0], where=f"{name}.parquet"
            ) from error

    def json(self, name: str) -> Any:
        """Return the content of one of the run's JSON files by its path in the folder.

        Raises:
            VerificationFailed: the file is missing or cannot be read.
        """
        try:
            return json.loads((self.path / name).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise VerificationFailed("A file of the run cannot be read.", found=str(error), where=name) from error

    @property
    def manifest(self) -> dict[str, Any]:
        """The manifest."""
        try:
            return dict(json.loads((self.path / MANIFEST).read_text(encoding="utf-8")))
        except (OSError, ValueError) as error:
            raise VerificationFailed("The manifest cannot be read.", found=str(error), where=MANIFEST) from error

    @property
    def config(self) -> dict[str, Any]:
        """The resolved settings."""
        try:
            return tomllib.loads((self.path / CONFIG).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise VerificationFailed("The settings cannot be read.", found=str(error), where=CONFIG) from error

    def loaded(self) -> dict[str, Path]:
        """Return the files with the evidence rows, by table."""
        return {p.stem: p for p in sorted((self.path / "loaded").glob("*.parquet"))}


def open_run(path: Path) -> RunFolder:
    """Return the run in a folder.

    Raises:
        UsageError: there is no run there.
    """
    if not (path / MANIFEST).is_file():
        raise UsageError(
            "This is not a run folder.",
            expected=f"a folder written by 'opencse run', with a {MANIFEST}",
            found="no such folder" if not path.exists() else "no manifest in it",
            where=str(path),
        )
    return RunFolder(path)


@contextmanager
def written_whole(out: Path, *, overwrite: bool = False) -> Iterator[Path]:
    """Give a temporary folder beside `out` to write into; rename it to `out` when all went well, else remove it.

    Raises:
        UsageError: `out` exists already and may not be overwritten, or is not a run folder.
    """
    check_free(out, overwrite=overwrite)
    out.parent.mkdir(parents=True, exist_ok=True)
    temporary = out.parent / f".{out.name}.unfinished-{os.getpid()}"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    try:
        yield temporary
        if out.exists():
            shutil.rmtree(out)
        temporary.rename(out)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def check_free(out: Path, *, overwrite: bool = False) -> None:
    """Check that a run may be written to a folder, before any work is done."""
    if not out.exists() or (overwrite and (out / MANIFEST).is_file()):
        return
    hint = "Choose another folder, or add --overwrite to replace the run in it."
    if overwrite:
        hint = "Only a run folder is ever overwritten. Choose another folder."
    raise UsageError("The output folder exists already.", where=str(out), hint=hint)
