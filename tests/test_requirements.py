"""The locked requirements install exactly what the project asks for, from wherever pip is told to look."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
EXTRAS = PROJECT["project"]["optional-dependencies"]
RUNTIME = [*PROJECT["project"]["dependencies"], *EXTRAS["validation"], *EXTRAS["patterns"]]
DEV = [*RUNTIME, *PROJECT["dependency-groups"]["dev"]]
LOCKS = {"runtime": RUNTIME, "dev": DEV, "site": PROJECT["dependency-groups"]["site"]}


def lock(name: str) -> str:
    return (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")


def entries(name: str) -> list[str]:
    """Each pinned requirement of a lock with its hashes, without comments."""
    lines = [line for line in lock(name).splitlines() if not line.lstrip().startswith("#")]
    return [entry.strip() for entry in re.split(r"\n(?=\S)", "\n".join(lines)) if entry.strip()]


def pins(name: str) -> dict[str, list[Requirement]]:
    """The pins of a lock by package; several where the version depends on the platform."""
    found: dict[str, list[Requirement]] = {}
    for entry in entries(name):
        pin = Requirement(entry.split("\\", maxsplit=1)[0])
        found.setdefault(canonicalize_name(pin.name), []).append(pin)
    return found


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_package_is_pinned_by_version_and_hash(name: str) -> None:
    loose = [e for e in entries(name) if not re.match(r"[a-z0-9.-]+==\S+ ", e) or "--hash=sha256:" not in e]
    assert loose == []


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_holds_every_declared_dependency_at_a_version_it_allows(name: str) -> None:
    pinned = pins(name)
    faults = []
    for declared in map(Requirement, LOCKS[name]):
        versions = [next(iter(p.specifier)).version for p in pinned.get(canonicalize_name(declared.name), [])]
        if not versions or not all(declared.specifier.contains(v) for v in versions):
            faults.append(f"{declared}: locked at {versions or 'nothing'}")
    assert faults == [], "run `make lock`"


def test_the_development_lock_has_the_runtime_at_the_same_versions() -> None:
    runtime, dev = pins("runtime"), pins("dev")
    assert {name: list(map(str, found)) for name, found in runtime.items()} == {
        name: list(map(str, dev[name])) for name in runtime
    }


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_place_to_download_from(name: str) -> None:
    assert re.findall(r"(?m)^.*(?:://|^-|index|find-links|file:).*$", lock(name)) == []


def test_everything_imported_is_declared() -> None:
    ours = {"data", "ledger", "features", "models", "pipeline", "audit", "stress", "dossier", "opencse"}
    imported = set()
    for layer in ours:
        for path in (ROOT / layer).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
                names += [str(node.module)] if isinstance(node, ast.ImportFrom) else []
                imported |= {name.split(".")[0] for name in names}
    declared = {canonicalize_name(Requirement(line).name) for line in (*RUNTIME, *EXTRAS["excel"], *EXTRAS["cluster"])}
    providers = metadata.packages_distributions()
    foreign = imported - ours - sys.stdlib_module_names
    undeclared = [m for m in foreign if not declared & {canonicalize_name(d) for d in providers.get(m, ["nothing"])}]
    assert sorted(undeclared) == []
