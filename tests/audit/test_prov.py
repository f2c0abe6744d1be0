"""The ancestry of one flag as PROV-JSON, read back and walked from the flag to the record files."""

from __future__ import annotations

import json
import re
import shutil
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from audit.flag.cited_rows import evidence_of
from audit.flag.prov import prov_document, write_prov
from audit.log.reviews import Review, record_reviews
from data.errors import UsageError
from pipeline.run_folder import RunFolder, open_run

ENDS = {
    "used": ("activity", "entity"),
    "wasGeneratedBy": ("entity", "activity"),
    "wasDerivedFrom": ("generatedEntity", "usedEntity"),
    "wasAssociatedWith": ("activity", "agent"),
    "wasAttributedTo": ("entity", "agent"),
    "hadMember": ("collection", "entity"),
}
"""The relations of PROV-DM that are used, and what each has to name."""

NAME = re.compile(r"(\w+):[^\s]+")


@pytest.fixture(scope="module")
def reviewed(finished: RunFolder, tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    run = Path(shutil.copytree(finished.path, tmp_path_factory.mktemp("prov") / "run"))
    flag = finished.table("flags")["flag_id"][0].as_py()
    review = Review(flag_id=flag, outcome="no_concern", reason="On leave.", reviewer="R 7", at="2026-01-01T00:00:00Z")
    record_reviews(open_run(run), [review])
    return open_run(run)


def read_prov(document: dict[str, Any]) -> dict[str, set[str]]:
    """Read a PROV-JSON document by the rules of its submission: what each thing is derived from, used or made by."""
    things = {kind: set(document.get(kind, {})) for kind in ("entity", "activity", "agent")}
    prefixes = set(document["prefix"]) | {"prov", "_"}
    assert document.keys() - {"prefix", *things} <= ENDS.keys()
    for name in (n for kind in things.values() for n in kind):
        match = NAME.fullmatch(name)
        assert match, name
        assert match[1] in prefixes
    kinds = {"generatedEntity": "entity", "usedEntity": "entity", "collection": "entity"}
    edges = defaultdict(set)
    for relation, (one, other) in ENDS.items():
        for content in document.get(relation, {}).values():
            start, end = content[f"prov:{one}"], content[f"prov:{other}"]
            assert start in things[kinds.get(one, one)]
            assert end in things[kinds.get(other, other)]
            edges[start].add(end)
    return edges


def reached(edges: dict[str, set[str]], start: str) -> set[str]:
    seen, waiting = set(), [start]
    while waiting:
        at = waiting.pop()
        if at not in seen:
            seen.add(at)
            waiting.extend(edges.get(at, ()))
    return seen


def test_a_flag_leads_to_every_row_it_cites_and_to_the_files_these_came_from(finished: RunFolder) -> None:
    files = {file["name"]: file["sha256"] for file in finished.manifest["inputs"]}
    evidence = evidence_of(finished)
    for flag in finished.table("flags")["flag_id"].to_pylist():
        document = json.loads(json.dumps(prov_document(finished, flag)))
        there = reached(read_prov(document), f"run:flag/{flag}")
        for row in evidence[flag]:
            name = f"run:row/{row.table_name}/{row.row_id}"
            assert name in there
            assert document["entity"][name]["opencse:sha256"] == row.row_sha256
            assert f"run:records/{row.source_file}" in there
            assert document["entity"][f"run:records/{row.source_file}"]["opencse:sha256"] == files[row.source_file]
        assert {"run:stage/load", "run:stage/featurise", "run:stage/detect", "run:stage/flag", "run:opencse"} <= there
        assert "run:file/config.toml" in document["entity"]


def test_what_people_decided_is_derived_from_the_flag_and_attributed(reviewed: RunFolder) -> None:
    flag = reviewed.table("flags")["flag_id"][0].as_py()
    document = prov_document(reviewed, flag)
    edges = read_prov(document)
    (decision,) = (name for name in document["entity"] if name.startswith("run:review/"))
    assert {f"run:flag/{flag}", "run:reviewer/R%207"} <= edges[decision]
    assert document["entity"][decision]["opencse:outcome"] == "no_concern"


def test_a_file_that_is_there_is_not_overwritten(finished: RunFolder, tmp_path: Path) -> None:
    flag = finished.table("flags")["flag_id"][0].as_py()
    path = tmp_path / "flag.json"
    write_prov(finished, flag, path)
    assert json.loads(path.read_text(encoding="utf-8")) == prov_document(finished, flag)
    with pytest.raises(UsageError):
        write_prov(finished, flag, path)
