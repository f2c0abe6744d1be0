"""The run folder: what stands where."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa

from data.arrow import read_parquet
from data.errors import UsageError, VerificationFailed
from pipeline.settings import Settings, resolve

MANIFEST = "manifest.json"
CONFIG = "config.toml"

_LISTED = ("as_of", "inputs", "outputs", "counts", "absent", "selections", "source_gaps", "practice_changes")
"""What every manifest lists."""


@dataclass(frozen=True)
class RunFolder:
    """A finished run; with `trust_code` the user's own files that took part in it may run again."""

    path: Path
    trust_code: bool = False

    def table(self, name: str, columns: Sequence[str] | None = None, *, coded: Sequence[str] = ()) -> pa.Table:
        """Return one of the run's Parquet tables by file name, such as `flags`, or some of its columns.

        Texts of the `coded` columns stay dictionary-coded.

        Raises:
            VerificationFailed: the file is missing or cannot be read.
        """
        try:
            return read_parquet(self.path / f"{name}.parquet", columns, coded=coded)
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

    def check_known_people(self) -> None:
        """Check that people and units go by the ids that records and truths know them by.

        Raises:
            UsageError: the run was pseudonymised.
        """
        if self.manifest.get("pseudonyms"):
            raise UsageError(
                "The run was pseudonymised, and nobody in it can be found in other records.",
                expected="a run made without --pseudonymise",
                where=str(self.path),
            )

    @property
    def manifest(self) -> dict[str, Any]:
        """The manifest.

        Raises:
            VerificationFailed: it cannot be read, or lacks something that every run writes into it.
        """
        try:
            content = json.loads((self.path / MANIFEST).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise VerificationFailed("The manifest cannot be read.", found=str(error), where=MANIFEST) from error
        parts = content if isinstance(content, dict) else {}
        missing = [name for name in _LISTED if not isinstance(parts.get(name), list)]
        if missing:
            raise VerificationFailed(
                "The manifest is not one that this version of OpenCSE writes.",
                found=f"no list called {', '.join(missing)}",
                where=MANIFEST,
                hint="Read a run with the version that wrote it; what was changed since does not verify.",
            )
        return parts

    @property
    def config(self) -> dict[str, Any]:
        """The resolved settings."""
        try:
            return tomllib.loads((self.path / CONFIG).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise VerificationFailed("The settings cannot be read.", found=str(error), where=CONFIG) from error

    @cached_property
    def settings(self) -> Settings:
        """The settings that the run was made with, checked.

        Copies of the user's own files that took part lie in the folder; they are run only with `trust_code`, and only
        where they are those that the manifest lists.

        Raises:
            UsageError: the settings cannot be used with this version of OpenCSE.
            CodeNotTrusted: they name the user's own files, and `trust_code` is not given.
            VerificationFailed: a copy is not the file that took part in the run.
        """
        sealed = {file["path"]: file["sha256"] for file in self.manifest.get("own_files", [])}
        return resolve(self.config, where=CONFIG, beside=self.path, trust_code=self.trust_code, sealed=sealed)

    def loaded(self) -> dict[str, Path]:
        """Return the files with the evidence rows, by table."""
        return {p.stem: p for p in sorted((self.path / "loaded").glob("*.parquet"))}


def open_run(path: Path, *, trust_code: bool = False) -> RunFolder:
    """Return the run in a folder; with `trust_code` the user's own files that took part in it may run again.

    Raises:
        UsageError: there is no run there.
    """
    if not is_run(path):
        raise UsageError(
            "This is not a run folder.",
            expected=f"a folder written by 'opencse run', with a {MANIFEST}",
            found="no such folder" if not path.exists() else "no manifest in it",
            where=str(path),
        )
    return RunFolder(path, trust_code)


def is_run(path: Path) -> bool:
    """Return whether a folder holds a run: only such a folder is ever overwritten."""
    return (path / MANIFEST).is_file()


def check_free(out: Path, *, overwrite: bool = False) -> None:
    """Check that a run may be written to a folder, before any work is done."""
    if not out.exists() or (overwrite and is_run(out)):
        return
    hint = "Choose another folder, or add --overwrite to replace the run in it."
    if overwrite:
        hint = "Only a run folder is ever overwritten. Choose another folder."
    raise UsageError("The output folder exists already.", where=str(out), hint=hint)
