"""The manifest: everything that determines a run's result, and the digest of everything it wrote."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterable
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any, Final

from data.contract import CONTRACT
from data.writing import write_json
from pipeline.digest import file_digest
from pipeline.run_folder import MANIFEST

PACKAGES: Final = ("data", "ledger", "features", "models", "pipeline", "audit", "stress", "opencse")
"""The top-level packages whose source makes up the code's digest."""

LIBRARIES: Final = ("duckdb", "numpy", "pandas", "scipy", "scikit-learn", "pyarrow", "pyod", "great_expectations")
"""The libraries whose version can change a result."""

FORMAT: Final = 1
"""The version of the run folder's layout."""


@cache
def code_digest() -> str:
    """Return the SHA-256 of the source of all packages: file names and contents, in order."""
    root = Path(__file__).parent.parent
    whole = hashlib.sha256()
    files = [p for name in PACKAGES for p in (root / name).rglob("*") if p.suffix in (".py", ".toml")]
    for path in sorted(files):
        whole.update(f"{path.relative_to(root).as_posix()}\0{file_digest(path)}\n".encode())
    return whole.hexdigest()


def library_versions() -> dict[str, str]:
    """Return the installed version of each library that can change a result."""
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "absent"
    return found


def code_version() -> str:
    """Return the installed version of OpenCSE, or `unknown` when it runs from a bare source tree."""
    try:
        return metadata.version("opencse")
    except metadata.PackageNotFoundError:
        return "unknown"


def seal(folder: Path, *, inputs: Iterable[Any], facts: dict[str, Any]) -> None:
    """Write the manifest of a run whose other files are all in place.

    `facts` holds what the run found out about itself: counts, outcomes, what was skipped. Nothing in the manifest
    depends on the clock, the machine's paths or the number of threads.
    """
    outputs = [
        {"path": p.relative_to(folder).as_posix(), "sha256": file_digest(p), "bytes": p.stat().st_size}
        for p in sorted(folder.rglob("*"))
        if p.is_file() and p.name != MANIFEST
    ]
    manifest = {
        "format": FORMAT,
        "contract": CONTRACT.version,
        "code": {"version": code_version(), "sha256": code_digest()},
        "python": platform.python_version(),
        "libraries": library_versions(),
        "inputs": [{"name": i.name, "sha256": i.sha256, "bytes": i.bytes} for i in inputs],
        "outputs": outputs,
        **facts,
    }
    write_json(manifest, folder / MANIFEST)
