"""Folders and files of declarations: one thing a file, found by scanning, named after its file.

Adding one of a kind is adding one file. What comes with OpenCSE stands in a package of its own; a user's own files
are read from wherever they lie, under the same checks. Reading a file runs it, so a file is only ever read because its
user named it.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import sys
from hashlib import sha256
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

from data.errors import DeclarationFaulty, UsageError

Declared = TypeVar("Declared")


def module_names(package: str) -> list[str]:
    """Return the names of a package's modules in alphabetical order, without those that begin with an underscore.

    Example:
        >>> module_names("data.sources")
        ['chicago', 'folder']
    """
    folder = importlib.import_module(package)
    names = (module.name for module in pkgutil.iter_modules(folder.__path__))
    return sorted(name for name in names if not name.startswith("_"))


def toml_files(folder: Path) -> dict[str, Path]:
    """Return the TOML files of a folder by the name of what each declares, in alphabetical order.

    Example:
        >>> import data.synthetic
        >>> sorted(toml_files(Path(data.synthetic.__path__[0]) / "worlds"))[:2]
        ['biased', 'demo']
    """
    return {path.stem: path for path in sorted(folder.glob("*.toml"), key=lambda path: path.stem)}


def declarations(package: str, attribute: str, kind: type[Declared]) -> dict[str, Declared]:
    """Return what each module of a package declares under one name, by module name in alphabetical order.

    Raises:
        DeclarationFaulty: a module declares nothing under that name, or something of another kind.

    Example:
        >>> from data.source import Source
        >>> list(declarations("data.sources", "SOURCE", Source))
        ['chicago', 'folder']
    """
    return {
        name: _declared(importlib.import_module(f"{package}.{name}"), attribute, kind) for name in module_names(package)
    }


def file_declaration(path: Path, attribute: str, kind: type[Declared]) -> Declared:
    """Return what a Python file outside the packages declares under one name. This runs the file.

    Raises:
        UsageError: the file cannot be read, or fails when it runs.
        DeclarationFaulty: it declares nothing under that name, or something of another kind.
    """
    return _declared(_file_module(path), attribute, kind)


def _file_module(path: Path) -> ModuleType:
    """Run a file as a module whose name depends on its content alone, so that workers know it by the same name.

    What was read is what runs: compiled modules beside the file are neither read, for they may say something else, nor
    written, for the file may lie in a run folder.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UsageError("The file cannot be read.", found=error.strerror or str(error), where=str(path)) from error
    name = f"opencse_own_{path.stem}_{sha256(content).hexdigest()[:12]}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or not isinstance(spec.loader, SourceFileLoader):
        raise UsageError("The file is not a Python module.", expected="a file that ends in .py", where=str(path))
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        exec(spec.loader.source_to_code(content, str(path)), vars(module))
    except (Exception, SystemExit) as error:  # whatever a file of the user's own may raise is told in one line
        del sys.modules[name]
        raise UsageError("The file cannot be used.", found=repr(error), where=str(path)) from error
    return module


def _declared(module: ModuleType, attribute: str, kind: type[Declared]) -> Declared:
    value: Any = getattr(module, attribute, None)
    if not isinstance(value, kind):
        raise DeclarationFaulty(
            f"{Path(str(module.__file__)).name} declares no {attribute}.",
            expected=f"{attribute} = {kind.__name__}(...)",
            found="nothing of that name" if value is None else f"a {type(value).__name__}",
            where=str(module.__file__) if module.__name__.startswith("opencse_own_") else module.__name__,
        )
    return value
