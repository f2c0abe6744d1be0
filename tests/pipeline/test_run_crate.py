"""The run as a Workflow Run RO-Crate: held to what the profiles ask for, entity by entity, without a network."""

from __future__ import annotations

import json
import os
import subprocess
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from pipeline.run_crate import CRATE
from pipeline.run_folder import RunFolder

PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5",
    "https://w3id.org/ro/wfrun/workflow/0.5",
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0",
}

NO_VALIDATOR = (
    "the crate was not given to the validator: OPENCSE_ROCRATE does not name the program rocrate-validator."
    " To get it: python -m venv VENV && VENV/bin/pip install roc-validator==0.13.0 &&"
    " VENV/bin/rocrate-validator cache warm --all-profiles --cache-path CACHE, once with a network;"
    " then OPENCSE_ROCRATE=VENV/bin/rocrate-validator OPENCSE_ROCRATE_CACHE=CACHE"
)


@pytest.fixture(scope="module")
def entities(finished: RunFolder) -> dict[str, dict[str, Any]]:
    graph = json.loads((finished.path / CRATE).read_text(encoding="utf-8"))["@graph"]
    by_id = {entity["@id"]: entity for entity in graph}
    assert len(by_id) == len(graph), "an entity is described twice"
    return by_id


def ids(value: Any) -> list[str]:
    return [entry["@id"] for entry in (value if isinstance(value, list) else [value])]


def types(entity: dict[str, Any]) -> set[str]:
    return {entity["@type"]} if isinstance(entity["@type"], str) else set(entity["@type"])


def test_the_descriptor_and_the_root_are_as_ro_crate_asks(entities: dict[str, dict[str, Any]]) -> None:
    descriptor, root = entities[CRATE], entities["./"]
    assert descriptor["@type"] == "CreativeWork"
    assert ids(descriptor["about"]) == ["./"]
    assert ids(descriptor["conformsTo"]) == ["https://w3id.org/ro/crate/1.1"]
    assert root["@type"] == "Dataset"
    assert root["name"]
    assert root["description"]
    assert date.fromisoformat(root["datePublished"])
    assert entities[ids(root["license"])[0]]["name"]


def test_the_profiles_are_named_and_described(entities: dict[str, dict[str, Any]]) -> None:
    assert set(ids(entities["./"]["conformsTo"])) == PROFILES
    assert all(entities[profile]["@type"] == "CreativeWork" and entities[profile]["version"] for profile in PROFILES)


def test_the_main_entity_is_a_workflow_in_a_language(entities: dict[str, dict[str, Any]]) -> None:
    (main,) = ids(entities["./"]["mainEntity"])
    workflow = entities[main]
    assert types(workflow) == {"File", "SoftwareSourceCode", "ComputationalWorkflow"}
    language = entities[ids(workflow["programmingLanguage"])[0]]
    assert "ComputerLanguage" in types(language)
    assert language["name"] == "OpenCSE"
    for parameter in (*ids(workflow["input"]), *ids(workflow["output"])):
        assert entities[parameter]["@type"] == "FormalParameter"
        assert entities[parameter]["additionalType"]
        assert entities[parameter]["name"]


def test_the_run_is_an_action_of_that_workflow(entities: dict[str, dict[str, Any]], finished: RunFolder) -> None:
    (mentioned,) = ids(entities["./"]["mentions"])
    action = entities[mentioned]
    assert action["@type"] == "CreateAction"
    assert ids(action["instrument"]) == ids(entities["./"]["mainEntity"])
    read = {entities[entity]["name"]: entities[entity] for entity in ids(action["object"])}
    inputs = {file["name"]: f"sha256:{file['sha256']}" for file in finished.manifest["inputs"]}
    assert {name: entity["identifier"] for name, entity in read.items()} == inputs
    assert "flags.parquet" in ids(action["result"])


def test_every_file_of_the_run_is_a_part_and_every_part_a_file(
    entities: dict[str, dict[str, Any]], finished: RunFolder
) -> None:
    there = {p.relative_to(finished.path).as_posix() for p in finished.path.rglob("*") if p.is_file()} - {CRATE}
    parts = ids(entities["./"]["hasPart"])
    assert {unquote(part) for part in parts} == there
    assert all("File" in types(entities[part]) for part in parts)


def test_every_entity_that_is_named_is_described(entities: dict[str, dict[str, Any]]) -> None:
    named = set()
    for entity in entities.values():
        for name, value in entity.items():
            for entry in value if isinstance(value, list) else [value]:
                if isinstance(entry, dict):
                    named.add((name, entry["@id"]))
    outside = {(name, place) for name, place in named if place not in entities}
    assert {name for name, _ in outside} == {"conformsTo"}


def test_the_validator_accepts_the_crate_without_a_network(finished: RunFolder, tmp_path: Path) -> None:
    program = os.environ.get("OPENCSE_ROCRATE")
    if not program:
        pytest.skip(NO_VALIDATOR)
    cache = ["--cache-path", cache] if (cache := os.environ.get("OPENCSE_ROCRATE_CACHE")) else []
    report = tmp_path / "report.json"
    how = ["--offline", *cache, "-p", "workflow-run-crate-0.5", "-l", "required", "-f", "json", "-o", str(report)]
    ran = subprocess.run(
        [program, "-y", "validate", *how, str(finished.path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert report.exists(), f"the validator gave no report: {ran.stdout}{ran.stderr}"
    content = json.loads(report.read_text(encoding="utf-8"))
    assert content["issues"] == []
    assert content["passed"]
    assert ran.returncode == 0
