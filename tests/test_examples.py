"""The examples in docstrings run and give what they say."""

from __future__ import annotations

import doctest
import importlib
import random
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parent.parent
LAYERS = ("data", "ledger", "features", "models", "pipeline", "audit", "stress", "dossier", "opencse")
FILES = [path.relative_to(ROOT) for layer in LAYERS for path in sorted((ROOT / layer).rglob("*.py"))]
WITH_EXAMPLES = [path for path in FILES if ">>> " in (ROOT / path).read_text(encoding="utf-8")]


def _module(path: Path) -> ModuleType:
    """Import a module, and put the global generator back: importing what it uses may draw from it."""
    state = random.getstate()
    try:
        return importlib.import_module(".".join(path.with_suffix("").parts).removesuffix(".__init__"))
    finally:
        random.setstate(state)


@pytest.mark.parametrize("path", WITH_EXAMPLES, ids=str)
def test_the_examples_of_a_module_give_what_they_say(path: Path) -> None:
    results = doctest.testmod(_module(path))
    assert results.attempted > 0
    assert results.failed == 0
