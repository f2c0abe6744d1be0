"""The bytes of three runs, held against those recorded: what a change that only tidies must leave alone.

`python benchmarks/output_digests.py` runs a `tiny` and a `demo` force and, where `OPENCSE_CHICAGO` names the public
release, the Chicago records, and compares the SHA-256 of what each run wrote with `results/output_digests.json`.
`--record` writes that file anew. A change of behaviour is recorded on purpose, in the commit that explains it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

RECORDED = Path(__file__).parent / "results" / "output_digests.json"
TABLES = ("features", "scores", "flags", "evidence")


def runs() -> list[str]:
    """Return the names of the runs that can be compared here."""
    return ["tiny", "demo", *(["chicago"] if os.environ.get("OPENCSE_CHICAGO") else [])]


def digests(name: str, folder: Path) -> dict[str, str]:
    """Run once into a folder and return the SHA-256 of each table of the run."""
    out, world = folder / "run", folder / "world"
    arguments = ["--records", str(world / "records")]
    if name == "chicago":
        arguments = ["--source", "chicago", "--records", os.environ["OPENCSE_CHICAGO"], "--as-of", "2009-01-01"]
        arguments += ["--allow-empty"]  # of the release's postings more than 5% are quarantined
    else:
        size = ["--people", "800", "--seed", "11"] if name == "demo" else []
        execute("generate", name, *size, "--out", str(world))
    execute("run", *arguments, "--out", str(out))
    return {table: hashlib.sha256((out / f"{table}.parquet").read_bytes()).hexdigest() for table in TABLES}


def execute(*arguments: str) -> None:
    """Run one command of OpenCSE to its end."""
    subprocess.run([sys.executable, "-m", "opencse", *arguments], check=True, stdout=subprocess.DEVNULL)


def main() -> int:
    """Compare, or record with `--record`; 1 when a table differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--record", action="store_true", help="write the recorded digests anew")
    record = parser.parse_args().record
    current = {}
    for name in runs():
        with tempfile.TemporaryDirectory() as folder:
            current[name] = digests(name, Path(folder))
    recorded = json.loads(RECORDED.read_text(encoding="utf-8")) if RECORDED.is_file() else {}
    if record:
        RECORDED.write_text(json.dumps(recorded | current, indent=2, sort_keys=True) + "\n", encoding="utf-8")
        return 0
    differing = [f"{run}: {t}" for run, tables in current.items() for t in TABLES if tables[t] != recorded[run][t]]
    print("\n".join(differing) or f"The same bytes in {', '.join(current)}.")
    return int(bool(differing))


if __name__ == "__main__":
    sys.exit(main())
