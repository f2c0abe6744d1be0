"""What the stages that an unfinished run keeps follow from: whoever goes on with it checks all of that first."""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from data.source import InputFile
from pipeline.digest import digest, file_digest
from pipeline.pseudonyms import Pseudonyms
from pipeline.seal import code_digest, library_versions
from pipeline.settings import Settings


@dataclass(frozen=True)
class StageOrigin:
    """The digest of everything that determines a run beside its records, and where these are."""

    sha256: str
    records: Path

    def to_json(self) -> dict[str, Any]:
        """Return what a stage notes of it: the digest, and which files the records are."""
        return {"origin": self.sha256, "records": names_in(self.records)}

    def is_of(self, content: Mapping[str, Any], inputs: Iterable[InputFile]) -> bool:
        """Say whether a stage follows from the same, every record file that was read being as it was."""
        same = content["origin"] == self.sha256 and content["records"] == names_in(self.records)
        return same and all(file_digest(self.records / file.name) == file.sha256 for file in inputs)


def origin_of_stages(
    settings: Settings,
    records: Path,
    *,
    as_of: Iterable[date],
    source: str,
    world: Mapping[str, Any] | None,
    pseudonyms: Pseudonyms | None,
) -> StageOrigin:
    """Return what the stages of a run follow from."""
    content = {
        "code": code_digest(),
        "libraries": library_versions(),
        "python": platform.python_version(),
        "settings": settings.to_toml(as_of=sorted(set(as_of)), source=source, world=world),
        "mapping": file_digest(Path(source)) if Path(source).is_file() else None,
        "pseudonyms": None if pseudonyms is None else pseudonyms.facts(),
        "own_files": [file.sha256 for file in settings.own_files],
    }
    return StageOrigin(digest(content), records)


def names_in(folder: Path) -> list[str]:
    """Return the files below a folder by their paths in it, in order; none where there is no such folder."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
