"""The manifest: everything that determines a run's result, and the digest of everything it wrote."""

from __future__ import annotations

import hashlib
import platform
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib import metadata
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import pyarrow.parquet as pq

from data.contract import CONTRACT
from data.writing import write_json
from pipeline.digest import file_digest, table_digest
from pipeline.run_crate import CRATE, write_crate
from pipeline.run_folder import MANIFEST
from pipeline.run_ledger import LedgerSeal, written_lines

PACKAGES: Final = ("data", "ledger", "features", "models", "pipeline", "audit", "stress", "dossier", "opencse")
"""The top-level packages whose source makes up the code's digest."""

LIBRARIES: Final = ("duckdb", "numpy", "pandas", "scipy", "scikit-learn", "pyarrow", "pyod", "great_expectations")
"""The libraries whose version can change a result."""

STAGE: Final = ".stage.json"
"""The file of an unfinished run that says that everything but its seal is written; the seal takes it away."""

SOURCES: Final = (".py", ".toml", ".jinja", ".js", ".css", ".json")
"""The kinds of files that the code's digest covers: declarations, and what the page of a run is made from."""

PAGE: Final = "dossier.html"
"""The file of a run folder from which people read it: it follows from the rest, and is sealed with it."""

PageWriter = Callable[[Path, Mapping[str, Any]], bytes]
"""Returns the page of a run from its folder, complete but for the manifest, and from as much of that as stands."""

FORMAT: Final = 2
"""The version of the run folder's layout."""

SCRIPT: Final = "verify.py"
"""The file of a run folder that checks it with nothing but Python."""


@cache
def code_digest() -> str:
    """Return the SHA-256 of the source of all packages: file names and contents, in order."""
    root = Path(__file__).parent.parent
    whole = hashlib.sha256()
    files = [p for name in PACKAGES for p in (root / name).rglob("*") if p.suffix in SOURCES]
    for path in sorted(files):
        whole.update(f"{path.relative_to(root).as_posix()}\0{file_digest(path)}\n".encode())
    return whole.hexdigest()


def library_versions() -> dict[str, str]:
    """Return the installed version of each library that can change a result."""
    return {name: _installed_version(name) for name in LIBRARIES}


@cache
def _installed_version(library: str) -> str:
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return "absent"


def code_version() -> str:
    """Return the installed version of OpenCSE, or `unknown` when it runs from a bare source tree."""
    try:
        return metadata.version("opencse")
    except metadata.PackageNotFoundError:
        return "unknown"


def seal(
    folder: Path,
    *,
    inputs: Iterable[Any],
    facts: dict[str, Any],
    digests: Mapping[str, str] = MappingProxyType({}),
    rows: Mapping[str, str] = MappingProxyType({}),
    page: PageWriter | None = None,
) -> None:
    """Write the manifest and the ledger of a run whose other files are all in place, and the script that checks them.

    `facts` holds what the run found out about itself: counts, outcomes, what was skipped. `digests` are the SHA-256 of
    files, by path, that need not be hashed again, and `rows` those of what tables say. Lines of the ledger that stand
    in the folder are taken as they are, and else made from the tables there. Nothing in the manifest depends on the
    clock, the machine's paths or the number of threads. With `page` the run gets a page to be read by, whose digest
    stands in the manifest like that of any other file.
    """
    (folder / SCRIPT).write_bytes(verification_script())
    ledger = LedgerSeal(written_lines(folder))
    inputs, code = list(inputs), {"version": code_version(), "sha256": code_digest()}
    head = {
        "format": FORMAT,
        "contract": CONTRACT.version,
        "code": code,
        "python": platform.python_version(),
        "libraries": library_versions(),
        "inputs": [{"name": i.name, "sha256": i.sha256, "bytes": i.bytes} for i in inputs],
        "seal": ledger.to_json(),
        **facts,
    }
    if page is not None:
        (folder / PAGE).write_bytes(page(folder, head))
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - {MANIFEST, STAGE}
    write_crate(folder, names=names, inputs=inputs, facts=facts, code=code)
    in_order = sorted(names | {CRATE}, key=lambda name: name.split("/"))
    outputs = [_output(name, folder / name, digests, rows) for name in in_order]
    manifest = head | {"outputs": outputs}
    write_json(manifest, folder / MANIFEST)
    ledger.write(folder, manifest=(folder / MANIFEST).read_bytes())
    (folder / STAGE).unlink(missing_ok=True)


def verification_script() -> bytes:
    """Return the script that checks a run folder with nothing but Python, as it stands in each.

    It is `pipeline/verify_script.py`, with what that imports of `pipeline/verify_proofs.py`, and what this imports, in
    the place of the import.
    """
    files = (Path(__file__).with_name(f"{name}.py") for name in ("verify_script", "verify_proofs"))
    script, proofs = (file.read_text(encoding="utf-8") for file in files)
    head, begin, functions = proofs.partition(_FUNCTIONS)
    known = script.splitlines()
    imports = [line for line in head.splitlines() if line.startswith(("import ", "from ")) and line not in known]
    text = "\n".join([*imports, "", begin + functions.strip(), ""])
    return _IMPORT.sub(lambda _: text, script, count=1).encode()


_FUNCTIONS: Final = "# ------"
"""Begins the part of `verify_proofs` that goes into the script: after its text and what it imports."""

_IMPORT: Final = re.compile(r"^from pipeline\.verify_proofs import \([^)]*\)\n", re.MULTILINE)


def _output(name: str, path: Path, digests: Mapping[str, str], rows: Mapping[str, str]) -> dict[str, Any]:
    """Return a file's entry in the manifest; that of a table says what its rows are as well."""
    entry = {
        "path": name,
        "sha256": digests.get(name) or file_digest(path),
        "bytes": path.stat().st_size,
    }
    if path.suffix != ".parquet":
        return entry
    return entry | {"rows_sha256": rows.get(name) or table_digest(pq.read_table(path))}
