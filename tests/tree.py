"""The tree of modules: its floors, the imports between them, circles, and how many modules import each.

`python -m tests.tree` prints it; `test_layers.py` holds it. Imports count wherever they stand, those for types too.
"""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent

FLOORS: tuple[tuple[str, ...], ...] = (
    ("data", "ledger"),
    ("features",),
    ("models",),
    ("pipeline",),
    ("audit",),
    ("stress",),
    ("dossier", "challenge"),
    ("opencse",),
)
"""The packages of each floor, the ground first; those of one floor import nothing of each other.

`dossier` and `challenge` are still to be built; their places are kept.
"""

FLOOR = {package: number for number, packages in enumerate(FLOORS) for package in packages}


class Import(NamedTuple):
    """One import of a module of ours: who imports what, in which line."""

    importer: str
    imported: str
    line: int


class Definition(NamedTuple):
    """A public class, or an alias of a type, and the module that defines it."""

    name: str
    module: str


@cache
def modules() -> dict[str, Path]:
    """Return every module of every package that is there, by its dotted name."""
    paths = [p for package in FLOOR for p in sorted((ROOT / package).rglob("*.py"))]
    return {dotted(path): path for path in paths}


def dotted(path: Path) -> str:
    """Return the dotted name of a module's file."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def syntax(module: str) -> ast.Module:
    """Return a module's syntax tree."""
    return ast.parse(modules()[module].read_text(encoding="utf-8"))


@cache
def imports() -> tuple[Import, ...]:
    """Return every import of ours, at any depth of a module and for whatever reason."""
    return tuple(entry for module in modules() for entry in _imports_of(module))


def _imports_of(module: str) -> Iterator[Import]:
    for node in ast.walk(syntax(module)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                raise ValueError(f"{module}:{node.lineno} is a relative import")
            full = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name if name in modules() else str(node.module) for name in full]
        else:
            continue
        yield from (Import(module, name, node.lineno) for name in names if name.split(".")[0] in FLOOR)


def floor(module: str) -> int:
    """Return the number of a module's floor, 0 being the ground."""
    return FLOOR[module.split(".")[0]]


def upward() -> list[Import]:
    """Return the imports that do not run downwards: from a floor above, or from a neighbour on the same floor."""
    return [
        entry
        for entry in imports()
        if floor(entry.imported) > floor(entry.importer)
        or (
            floor(entry.imported) == floor(entry.importer)
            and entry.imported.split(".")[0] != entry.importer.split(".")[0]
        )
    ]


def circles() -> list[list[str]]:
    """Return the groups of modules that import themselves through each other (Tarjan 1972), largest first."""
    graph = defaultdict(set)
    for entry in imports():
        if entry.imported != entry.importer and entry.imported in modules():
            graph[entry.importer].add(entry.imported)
    order: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    groups: list[list[str]] = []

    def visit(module: str) -> None:
        order[module] = low[module] = len(order)
        stack.append(module)
        for target in sorted(graph[module]):
            if target not in order:
                visit(target)
                low[module] = min(low[module], low[target])
            elif target in stack:
                low[module] = min(low[module], order[target])
        if low[module] == order[module]:
            at = stack.index(module)
            groups.append(sorted(stack[at:]))
            del stack[at:]

    for module in modules():
        if module not in order:
            visit(module)
    return sorted((group for group in groups if len(group) > 1), key=len, reverse=True)


def fan_in() -> Counter[str]:
    """Return how many modules import each module."""
    return Counter(imported for _, imported in {(entry.importer, entry.imported) for entry in imports()})


def definitions() -> list[Definition]:
    """Return every public class, and every public alias of a type, with the module that defines it."""
    return [Definition(name, module) for module in modules() for name in _defined_in(module)]


def _defined_in(module: str) -> Iterator[str]:
    for node in syntax(module).body:
        if isinstance(node, ast.ClassDef):
            names = [node.name]
        elif isinstance(node, ast.Assign):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
        else:
            continue
        yield from (name for name in names if name[0].isupper() and not name.isupper())


def main() -> None:
    """Print the floors from the top down, what each imports, circles, and the modules that most others import."""
    between = Counter((e.importer.split(".")[0], e.imported.split(".")[0]) for e in imports())
    for number in reversed(range(len(FLOORS))):
        for package in FLOORS[number]:
            size = sum(module.split(".")[0] == package for module in modules())
            below = ", ".join(f"{t} {n}" for (s, t), n in sorted(between.items()) if s == package and t != package)
            print(f"{number}  {package:<10} {size:>4} modules   {below or 'imports nothing of ours'}")
    print(f"\nupward imports: {len(upward())}\ncircles: {len(circles())}")
    for group in circles():
        print("  " + ", ".join(group))
    print("\nmost imported:")
    for module, count in fan_in().most_common(12):
        print(f"  {count:>4}  {module}")


if __name__ == "__main__":
    main()
