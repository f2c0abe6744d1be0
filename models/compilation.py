"""Code of other packages that is compiled when it is first called, and where to compile it costs more than it saves."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

INTERPRETED: Final = frozenset({"pyod.models.hbos"})
"""Modules whose compiled functions are run as plain Python instead.

To compile them takes about seven processor seconds in every process that scores anybody, to interpret them a tenth of a
second for 3,000 people. The scores are the same but for how logarithms are rounded, in which numpy and compiled code
differ on some processors. They are interpreted always, so that a machine gives the same bits each time.
"""


@contextmanager
def interpreted(model: Any) -> Iterator[None]:
    """Run the compiled functions of an estimator's module as plain Python for a while, where that is quicker."""
    if type(model).__module__ not in INTERPRETED:
        yield
        return
    module = sys.modules[type(model).__module__]
    compiled = {name: value for name, value in vars(module).items() if hasattr(value, "py_func")}
    for name, function in compiled.items():
        setattr(module, name, function.py_func)
    try:
        yield
    finally:
        for name, function in compiled.items():
            setattr(module, name, function)
