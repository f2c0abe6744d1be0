"""What a run keeps of all work before its seal, so that after a kill it can be gone on with, to the same bytes.

When everything but the seal stands in the unfinished folder, a file says so: from what it follows, what was written
with which digest, and what the seal has to say. Whoever goes on checks all of that first. The seal takes the digests
over, so that no file is hashed twice. What is kept at an earlier moment is in `loaded_stage`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from data.source import InputFile
from data.writing import write_json
from pipeline.digest import file_digest
from pipeline.seal import STAGE
from pipeline.stage_origin import StageOrigin, names_in


@dataclass(frozen=True)
class WholeStage:
    """What the seal takes from a stage that is whole: the files that were read, and what the run says of itself.

    `rows` are the SHA-256 of what each table says, by path, taken as it was written; `digests` those of the files,
    empty where they are not known yet.
    """

    inputs: tuple[InputFile, ...]
    facts: dict[str, Any]
    rows: Mapping[str, str]
    digests: Mapping[str, str] = field(default_factory=dict)


def write_stage(folder: Path, stage: WholeStage, origin: StageOrigin) -> WholeStage:
    """Note in an unfinished run that everything but its seal is written; return the stage with the files' digests."""
    digests = {name: file_digest(folder / name) for name in names_in(folder)}
    content = {
        **origin.to_json(),
        "inputs": [asdict(file) for file in stage.inputs],
        "facts": stage.facts,
        "rows": dict(stage.rows),
        "files": digests,
    }
    write_json(content, folder / STAGE)
    return replace(stage, digests=digests)


def read_stage(folder: Path, origin: StageOrigin) -> WholeStage | None:
    """Return the stage that stands in an unfinished run, and remove what was written after it.

    None where there is none, or where the code, the libraries, the settings, a record file or a file of the stage
    is not what it was: then nothing of it may be used.
    """
    try:
        content = json.loads((folder / STAGE).read_text(encoding="utf-8"))
        inputs = tuple(InputFile(**file) for file in content["inputs"])
        files = dict(content["files"])
        same = origin.is_of(content, inputs)
        same = same and all(file_digest(folder / name) == sha256 for name, sha256 in files.items())
        facts, rows = dict(content["facts"]), dict(content["rows"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if not same:
        return None
    for name in set(names_in(folder)) - files.keys() - {STAGE}:
        (folder / name).unlink()
    return WholeStage(inputs, facts, rows, files)
