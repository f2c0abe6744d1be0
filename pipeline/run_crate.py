"""The run as a Workflow Run RO-Crate: one JSON-LD file that says what ran, on what, with which result.

The profiles are Process Run Crate 0.5, Workflow Run Crate 0.5 and Workflow RO-Crate 1.0, over RO-Crate 1.1. The
workflow is the resolved settings, which OpenCSE runs again when they are handed to it. The crate names files, and holds
no value of any row. It says no time at which the run was made: nothing in a run folder depends on the clock, and the
manifest says what the run is determined by.

Source: https://w3id.org/ro/wfrun/workflow/0.5
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from data.writing import write_json
from pipeline.run_folder import CONFIG, MANIFEST
from pipeline.run_ledger import OUTSIDE

CRATE: Final = "ro-crate-metadata.json"
"""The crate's file, whose name its standard gives."""

_PROFILES: Final = (
    ("https://w3id.org/ro/wfrun/process/0.5", "Process Run Crate", "0.5"),
    ("https://w3id.org/ro/wfrun/workflow/0.5", "Workflow Run Crate", "0.5"),
    ("https://w3id.org/workflowhub/workflow-ro-crate/1.0", "Workflow RO-Crate", "1.0"),
)
_MEDIA: Final[Mapping[str, str]] = {
    ".parquet": "application/vnd.apache.parquet",
    ".jsonl": "application/x-ndjson",
    ".sql": "application/sql",
    ".toml": "application/toml",
    ".json": "application/json",
    ".html": "text/html",
    ".py": "text/x-python",
    ".csv": "text/csv",
}
_LICENCE: Final = "No licence is granted: the run is about people. Whoever made it decides who may see it."
_RUN, _RECORDS, _FLAGS, _SOFTWARE = "#run", "#records", "#flags", "#opencse"

Entity = dict[str, Any]


def write_crate(
    folder: Path, *, names: Set[str], inputs: Iterable[Any], facts: Mapping[str, Any], code: Mapping[str, str]
) -> None:
    """Write the crate of a run whose files, but those of its seal, are all in place.

    `names` are those of its files, `inputs` the record files, `facts` what the manifest says, `code` the version and
    digest of OpenCSE.
    """
    names = {name for name in (names | {MANIFEST, *OUTSIDE}) - {CRATE} if not name.startswith(".")}
    records = [_record(file.name, file.sha256, file.bytes) for file in inputs]
    graph = [
        *_outline(sorted(names), records, facts),
        *_software(code),
        *(_file(name) for name in sorted(names)),
        *records,
    ]
    write_json({"@context": "https://w3id.org/ro/crate/1.1/context", "@graph": graph}, folder / CRATE)


def _outline(names: Sequence[str], records: Sequence[Entity], facts: Mapping[str, Any]) -> list[Entity]:
    """Return the crate itself, its profiles, the run as an action, and what goes in and comes out."""
    dates = facts["as_of"]
    about = f"Flags as of {', '.join(dates)}, with all they rest on. Records worth a human look, never findings."
    return [
        {"@id": CRATE, "@type": "CreativeWork", "about": _to("./"), "conformsTo": _to("https://w3id.org/ro/crate/1.1")},
        {
            "@id": "./",
            "@type": "Dataset",
            "name": f"OpenCSE run as of {max(dates)}",
            "description": f"{about} The date of publication is the last as-of date: no time of the clock is kept.",
            "datePublished": max(dates),
            "license": _to("#licence"),
            "conformsTo": [_to(address) for address, _, _ in _PROFILES],
            "hasPart": [_to(_path(name)) for name in names],
            "mainEntity": _to(CONFIG),
            "mentions": _to(_RUN),
        },
        *(
            {"@id": address, "@type": "CreativeWork", "name": name, "version": version}
            for address, name, version in _PROFILES
        ),
        {"@id": "#licence", "@type": "CreativeWork", "name": "No licence", "description": _LICENCE},
        {
            "@id": _RUN,
            "@type": "CreateAction",
            "name": f"Run of the settings in {CONFIG}",
            "description": f"Load, validate, featurise, detect, flag and seal, with the seed {facts['seed']}.",
            "instrument": _to(CONFIG),
            "object": [_to(record["@id"]) for record in records],
            "result": [_to(_path(name)) for name in names if name != CONFIG],
        },
        _parameter(_RECORDS, "records", "Dataset", "The record files of a force, table by table."),
        _parameter(_FLAGS, "flags", "File", "The records worth a human look."),
    ]


def _software(code: Mapping[str, str]) -> list[Entity]:
    return [
        {
            "@id": _SOFTWARE,
            "@type": ["SoftwareApplication", "ComputerLanguage"],
            "name": "OpenCSE",
            "softwareVersion": code["version"],
            "version": code["version"],
            "identifier": f"sha256:{code['sha256']}",
            "description": "What runs the settings. The identifier is the digest of its source.",
        }
    ]


def _file(name: str) -> Entity:
    entity: Entity = {"@id": _path(name), "@type": "File", "name": name, "encodingFormat": _media(name)}
    if name == CONFIG:
        return entity | {
            "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow"],
            "programmingLanguage": _to(_SOFTWARE),
            "input": [_to(_RECORDS)],
            "output": [_to(_FLAGS)],
        }
    return entity | {"exampleOfWork": _to(_FLAGS)} if name == "flags.parquet" else entity


def _record(name: str, sha256: str, size: int) -> Entity:
    """Return a record file, which is not in the crate: known by its name, its digest and its size."""
    return {
        "@id": f"#records/{_path(name)}",
        "@type": "CreativeWork",
        "name": name,
        "identifier": f"sha256:{sha256}",
        "size": f"{size} bytes",
        "exampleOfWork": _to(_RECORDS),
    }


def _parameter(place: str, name: str, kind: str, says: str) -> Entity:
    return {
        "@id": place,
        "@type": "FormalParameter",
        "name": name,
        "description": says,
        "additionalType": kind,
        "conformsTo": _to("https://bioschemas.org/profiles/FormalParameter/1.0-RELEASE"),
    }


def _media(name: str) -> str:
    return _MEDIA.get(Path(name).suffix, "text/plain")


def _path(name: str) -> str:
    return quote(name, safe="/")


def _to(place: str) -> dict[str, str]:
    return {"@id": place}
