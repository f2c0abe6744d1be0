"""OpenCSE: the open reference implementation of officer-conduct pattern analytics.

The public Python API is small: `run` a pipeline on a folder of records, `open_run` a finished run, `verify`, `replay`
and `explain` it, `generate` a synthetic world. Everything is imported when first used, so that importing this package
costs next to nothing.

Example:
    >>> import opencse
    >>> sorted(opencse.__all__)
    ['explain', 'generate', 'load_settings', 'load_world', 'open_run', 'replay', 'run', 'verify']
"""

from __future__ import annotations

import importlib
from typing import Any

_WHERE = {
    "explain": ("audit.flag.explanation", "explain"),
    "generate": ("data.synthetic.generate", "generate"),
    "load_settings": ("pipeline.settings", "load"),
    "load_world": ("data.synthetic.world", "load"),
    "open_run": ("pipeline.run_folder", "open_run"),
    "replay": ("audit.flag.replay", "replay"),
    "run": ("pipeline.run", "run"),
    "verify": ("audit.flag.verify", "verify"),
}

__all__ = list(_WHERE)


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'opencse' has no attribute {name!r}")
    module, attribute = _WHERE[name]
    return getattr(importlib.import_module(module), attribute)
