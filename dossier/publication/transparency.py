"""A record in the order of the Algorithmic Transparency Recording Standard: from the run, and from what people state.

The Algorithmic Transparency Recording Standard of the UK government (version 3.0) asks for a summary (tier 1, one
section) and for detail (tier 2, five sections), beside metadata and an optional card for each data set. Seen when this
was written (November 2026): the first page of the template of version 3.0, with the titles of its first sections, and
the fields of version 2.1; the titles of the last three sections are those of version 2.1. Bound are ministerial and
non-ministerial departments, and bodies at arm's length that serve the public (seen, in a copy of the government's page
on publishing a record); police forces are none of these.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from data.errors import UsageError
from pipeline.run_folder import RunFolder

STATED: Final[Mapping[str, str]] = {
    "name": "name of the tool as it is known where it is used",
    "organisation": "organisation that uses it",
    "contact": "where questions and complaints go",
    "description": "what it is for, in a sentence",
    "website": "where more is said",
    "owner": "team and senior owner",
    "supplier": "who supplies it, or none",
    "procurement": "how it was bought",
    "data_access": "on what terms a supplier may use the data",
    "purpose": "what problem it addresses, and for whom",
    "benefits": "what is gained",
    "alternatives": "what else was considered, and why not",
    "human_oversight": "who looks at a flag, what they see, and what they decide",
    "training": "what those people are taught",
    "appeals": "how somebody concerned learns of a flag and contests it",
    "legal_basis": "legal basis of the processing",
    "consultation": "who was consulted, staff associations among them",
    "impact_assessments": "which assessments were made, when, and where they are",
    "retention": "how long flags and evidence are held",
}
"""What only people know, by the key in the file of statements."""

NOT_STATED: Final = "not stated"

STANDARD_SEEN: Final = (
    "In the order of the standard. Its template was seen in part: check a record against it before it is filed."
)
"""How far the order of the record was held to the standard's own words."""


def read_statements(path: Path | None) -> dict[str, str]:
    """Return what people state, from a TOML file with the keys of `STATED`; nothing without a file.

    Raises:
        UsageError: the file cannot be read, or holds a key that has no place in the record, or a value that is no text.
    """
    if path is None:
        return {}
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError("The statements cannot be read.", found=str(error), where=str(path)) from error
    wrong = [key for key, value in content.items() if key not in STATED or not isinstance(value, str)]
    if wrong:
        raise UsageError(
            "The statements hold what the record has no place for.",
            expected=f"texts under {', '.join(STATED)}",
            found=", ".join(wrong),
            where=str(path),
        )
    return content


def transparency_record(folder: RunFolder, statements: Mapping[str, str]) -> dict[str, Any]:
    """Return the record as plain data; what nobody stated says so, and `missing` lists it."""
    said = {key: statements.get(key, NOT_STATED) for key in STATED}
    facts = folder.manifest
    return {
        "standard": "Algorithmic Transparency Recording Standard, version 3.0",
        "standard_seen": STANDARD_SEEN,
        "tier_1": _of(said, "name", "description", "organisation", "website", "contact"),
        "tier_2": {
            "owner_and_responsibility": _of(said, "organisation", "owner", "supplier", "procurement", "data_access"),
            "description_and_rationale": {
                **_of(said, "purpose", "benefits", "alternatives"),
                "scope": "Surfaces records worth a human look. It says of nobody that they did anything.",
            },
            "decision_making_process": _of(said, "human_oversight", "training", "appeals"),
            "tool_specification": _tool(folder, facts) | _of(said, "retention"),
            "risks_mitigations_and_impact_assessments": {
                **_of(said, "legal_basis", "consultation", "impact_assessments"),
                "risks": [
                    "People with an innocent reason to look unusual are flagged: see evaluation_card.json.",
                    "Some groups are flagged more often than others: see equality_annex.json.",
                    "What a force does not record, or records wrongly, turns up as if it were conduct.",
                ],
            },
        },
        "missing": [key for key in STATED if key not in statements],
    }


def _of(said: Mapping[str, str], *keys: str) -> dict[str, str]:
    return {key: said[key] for key in keys}


def _tool(folder: RunFolder, facts: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "method": "Rules that compare two sources, and comparison with peers of the same exposure.",
        "version": facts["code"]["version"],
        "code_sha256": facts["code"]["sha256"],
        "as_of": max(facts["as_of"], default=""),
        "data": sorted(count["table"] for count in facts["counts"] if count["table"] not in facts["absent"]),
        "selection": sorted({f"{s['concern']}: {s['method']}" for s in facts["selections"]}),
        "audiences": facts["purposes"]["audience"],
        "settings": json.loads(json.dumps(folder.config, default=str)),  # days as text
    }


def record_text(title: str, content: Mapping[str, Any]) -> str:
    """Return plain data as indented text for people to read.

    Example:
        >>> print(record_text("Record", {"owner": "A team", "risks": ["one", "two"]}), end="")
        Record
        <BLANKLINE>
        owner: A team
        risks:
          - one
          - two
    """
    return "\n".join([title, "", *_lines(content, 0)]) + "\n"


def _lines(content: Any, depth: int) -> Iterable[str]:
    indent = "  " * depth
    if isinstance(content, Mapping):
        for key, value in content.items():
            name = str(key).replace("_", " ")
            if isinstance(value, Mapping | list | tuple):
                yield f"{indent}{name}:"
                yield from _lines(value, depth + 1)
            else:
                yield f"{indent}{name}: {value}"
    else:
        for value in content:
            if isinstance(value, Mapping):
                yield f"{indent}- " + "; ".join(f"{key}: {item}" for key, item in value.items())
            else:
                yield f"{indent}- {value}"
