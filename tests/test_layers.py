"""The tree has floors, and imports run downwards only, those for types too; a name means one thing in all of it."""

from __future__ import annotations

from collections import defaultdict

import pytest

from tests import tree

NAMED_AFTER_A_THING = (
    "data.sources",
    "data.tables",
    "data.synthetic.archetypes",
    "data.synthetic.nuisances",
    "data.synthetic.typologies",
    "features.indicators",
    "models.baselines",
    "models.detectors",
    "models.rules",
    "opencse.commands",
    "stress.controls.library",
    "stress.scenarios",
)
"""Packages whose files bear the name of the thing they declare: a rule and a typology may share theirs."""


def test_every_floor_that_is_built_has_modules() -> None:
    packages = {name.split(".")[0] for name in tree.modules()}
    assert packages >= {"data", "ledger", "features", "models", "pipeline", "audit", "stress", "dossier", "opencse"}
    assert packages <= set(tree.FLOOR)


def test_imports_run_downwards_only() -> None:
    assert [f"{e.importer}:{e.line} imports {e.imported}" for e in tree.upward()] == []


def test_no_module_imports_itself_through_others_not_even_for_types() -> None:
    assert tree.circles() == []


def test_what_is_imported_is_there() -> None:
    missing = [
        f"{e.importer}:{e.line} imports {e.imported}" for e in tree.imports() if e.imported not in tree.modules()
    ]
    assert missing == []


def test_no_public_class_has_the_name_of_another() -> None:
    places = defaultdict(set)
    for name, module in tree.definitions():
        if not name.startswith("_"):
            places[name].add(module)
    assert {name: sorted(modules) for name, modules in places.items() if len(modules) > 1} == {}


def test_no_module_has_the_name_of_another() -> None:
    places = defaultdict(list)
    for module in tree.modules():
        package, _, name = module.rpartition(".")
        if package and name != "__main__" and package not in NAMED_AFTER_A_THING:
            places[name.lstrip("_")].append(module)
    packages = {module for module in tree.modules() if tree.modules()[module].name == "__init__.py"}
    twice = {name: found for name, found in places.items() if len([m for m in found if m not in packages]) > 1}
    assert twice == {}


@pytest.mark.parametrize("package", ["features", "models", "pipeline"])
def test_what_makes_flags_never_names_the_audit_only_table(package: str) -> None:
    naming = [
        module
        for module, path in tree.modules().items()
        if module.split(".")[0] == package and "protected_characteristic" in path.read_text(encoding="utf-8")
    ]
    assert naming == []


def test_the_tree_can_be_printed(capsys: pytest.CaptureFixture[str]) -> None:
    tree.main()
    shown = capsys.readouterr().out
    assert "opencse" in shown.splitlines()[0]
    assert "upward imports: 0" in shown


def test_a_circle_is_found_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tree, "modules", lambda: dict.fromkeys(["data.one", "data.two", "data.three"], tree.ROOT))
    entries = (tree.Import("data.one", "data.two", 1), tree.Import("data.two", "data.one", 1))
    monkeypatch.setattr(tree, "imports", lambda: entries)
    assert tree.circles() == [["data.one", "data.two"]]
