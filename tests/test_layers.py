"""Imports run one way only: opencse -> audit -> pipeline -> models -> features -> data."""

from __future__ import annotations

import ast
import graphlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LAYERS = ("data", "features", "models", "pipeline", "audit", "stress", "opencse")


@cache
def modules() -> dict[str, Path]:
    """Every module of every layer, by its dotted name."""
    found = {}
    for layer in LAYERS:
        for path in sorted((ROOT / layer).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imported(path: Path, *, running: bool = False) -> Iterator[tuple[str, int]]:
    """Yield each module of ours that a file imports, anywhere in it, with the line.

    `running` leaves out what is imported for type checking only, which never happens when the program runs.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(_Running().visit(tree) if running else tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno} is a relative import"
            whole = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name if name in modules() else str(node.module) for name in whole]
        else:
            continue
        yield from ((name, node.lineno) for name in names if name.split(".")[0] in LAYERS)


class _Running(ast.NodeTransformer):
    def visit_If(self, node: ast.If) -> ast.AST | list[ast.stmt]:
        return node.orelse if ast.unparse(node.test).endswith("TYPE_CHECKING") else self.generic_visit(node)


def test_every_layer_has_modules() -> None:
    assert {name.split(".")[0] for name in modules()} == set(LAYERS)


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_imports_nothing_from_above(layer: str) -> None:
    above = LAYERS[LAYERS.index(layer) + 1 :]
    upward = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for module, path in modules().items()
        if module.split(".")[0] == layer
        for name, line in imported(path)
        if name.split(".")[0] in above
    ]
    assert upward == []


def test_no_module_imports_itself_through_others() -> None:
    graph = {
        module: {name for name, _ in imported(path, running=True)} - {module} for module, path in modules().items()
    }
    # A circle raises CycleError, whose message names its modules.
    assert len(list(graphlib.TopologicalSorter(graph).static_order())) >= len(graph)


def test_what_is_imported_is_there() -> None:
    missing = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path in modules().values()
        for name, line in imported(path)
        if name not in modules()
    ]
    assert missing == []


@pytest.mark.parametrize("layer", ["features", "models", "pipeline"])
def test_what_makes_flags_never_names_the_audit_only_table(layer: str) -> None:
    naming = [
        module
        for module, path in modules().items()
        if module.split(".")[0] == layer and "protected_characteristic" in path.read_text(encoding="utf-8")
    ]
    assert naming == []
