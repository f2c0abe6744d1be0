"""What a run keeps of the work before its seal, so that after a kill it can be gone on with, to the same bytes.

When everything but the seal stands in the unfinished folder, a file says so: from what it follows (code, libraries,
settings, the digest of each record file), what was written with which digest, and what the seal has to say. Whoever
goes on checks all of that first. A stage that is not whole is done again.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from data.source import InputFile
from data.writing import write_json
from pipeline.digest import digest, file_digest
from pipeline.seal import STAGE, code_digest, library_versions
from pipeline.settings import Settings


@dataclass(frozen=True)
class WholeStage:
    """What the seal takes from a stage that is whole: the files that were read, and what the run says of itself."""

    inputs: tuple[InputFile, ...]
    facts: dict[str, Any]


def origin_digest(settings: Settings, *, as_of: Iterable[date], source: str, world: Mapping[str, Any] | None) -> str:
    """Return the SHA-256 of everything that determines a run beside its records."""
    return digest(
        {
            "code": code_digest(),
            "libraries": library_versions(),
            "python": platform.python_version(),
            "settings": settings.to_toml(as_of=sorted(set(as_of)), source=source, world=world),
            "mapping": file_digest(Path(source)) if Path(source).is_file() else None,
            "own_files": [file.sha256 for file in settings.own_files],
        }
    )


def write_stage(folder: Path, stage: WholeStage, *, origin: str, records: Path) -> None:
    """Note in an unfinished run that everything but its seal is written."""
    content = {
        "origin": origin,
        "records": _names(records),
        "inputs": [asdict(file) for file in stage.inputs],
        "facts": stage.facts,
        "files": {name: file_digest(folder / name) for name in _names(folder)},
    }
    write_json(content, folder / STAGE)


def read_stage(folder: Path, *, origin: str, records: Path) -> WholeStage | None:
    """Return the stage that stands in an unfinished run, and remove what was written after it.

    None where there is none, or where the code, the libraries, the settings, a record file or a file of the stage
    is not what it was: then nothing of it may be used.
    """
    try:
        content = json.loads((folder / STAGE).read_text(encoding="utf-8"))
        inputs = tuple(InputFile(**file) for file in content["inputs"])
        same = content["origin"] == origin and content["records"] == _names(records)
        same = same and all(file_digest(records / file.name) == file.sha256 for file in inputs)
        files = dict(content["files"])
        same = same and all(file_digest(folder / name) == sha256 for name, sha256 in files.items())
        facts = dict(content["facts"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if not same:
        return None
    for name in set(_names(folder)) - files.keys() - {STAGE}:
        (folder / name).unlink()
    return WholeStage(inputs, facts)


def _names(folder: Path) -> Sequence[str]:
    names = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return sorted(name for name in names if name != STAGE)
