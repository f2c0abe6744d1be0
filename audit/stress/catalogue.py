"""The scenarios there are: whatever stands in `audit/scenarios`, and files of the user's own."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import sys
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import MappingProxyType, ModuleType

import audit.scenarios
from audit.stress.scenario import Scenario
from data.errors import UsageError


@cache
def scenarios() -> Mapping[str, Scenario]:
    """Return every scenario that comes with OpenCSE by name, the name of its file, in alphabetical order."""
    names = sorted(m.name for m in pkgutil.iter_modules(audit.scenarios.__path__))
    found = {name: _declared(importlib.import_module(f"{audit.scenarios.__name__}.{name}"), name) for name in names}
    return MappingProxyType(found)


def scenario(name_or_path: str) -> Scenario:
    """Return a scenario by its name, or from a Python file of the user's own that declares SCENARIO.

    Raises:
        UsageError: there is none of that name, or the file declares none.
    """
    found = scenarios().get(name_or_path)
    if found is not None:
        return found
    path = Path(name_or_path)
    if path.suffix == ".py" and path.is_file():
        return _from_file(path)
    raise UsageError(
        f"There is no scenario '{name_or_path}'.",
        expected=f"one of {', '.join(scenarios())}, or the path of a .py file",
    )


def _from_file(path: Path) -> Scenario:
    name = f"opencse_scenario_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # whatever a file of the user's own may raise is told in one line
        raise UsageError("The scenario's file cannot be used.", found=repr(error), where=str(path)) from error
    return _declared(module, path.stem)


def _declared(module: ModuleType, name: str) -> Scenario:
    declared = getattr(module, "SCENARIO", None)
    if not isinstance(declared, Scenario):
        raise UsageError(
            f"The file {name}.py does not declare a scenario.", expected="SCENARIO = Scenario(...)", where=str(name)
        )
    return replace(declared, name=name)
