"""The command line is quick to answer: what is heavy is imported only by what needs it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
HEAVY = {
    *("great_expectations", "numba", "pyod", "scipy", "sklearn", "sqlalchemy", "fairlearn", "joblib", "jinja2"),
    *("numpy", "pandas", "pyarrow", "duckdb", "pydantic", "altair"),
}
"""Libraries that take longer to import than a page of help takes to be shown."""

CODE = """
import json, sys
from opencse.cli import exit_code

for arguments in (["--help"], ["run", "--help"], ["catalogue", "--json"]):
    sys.argv = ["opencse", *arguments]
    assert exit_code() == 0
    print(json.dumps(sorted({name.split(".")[0] for name in sys.modules})), file=sys.stderr)
"""


def test_help_imports_nothing_heavy() -> None:
    ran = subprocess.run([sys.executable, "-c", CODE], cwd=ROOT, capture_output=True, text=True, check=True)
    of_help, of_command_help, of_catalogue = (set(json.loads(line)) for line in ran.stderr.splitlines())
    assert of_help & HEAVY == set()
    assert of_command_help & HEAVY <= {"pydantic"}  # with which Typer converts arguments
    # Without this, the test would pass if modules were no longer listed.
    assert {"pydantic", "pyarrow"} <= of_catalogue


READING = """
import json, sys
import opencse.cli, opencse.commands.explain, opencse.commands.replay
import audit.flag.explanation, audit.flag.removal, audit.flag.replay
print(json.dumps(sorted(sys.modules)))
"""


def test_a_flag_is_explained_and_replayed_without_what_only_a_run_needs() -> None:
    ran = subprocess.run([sys.executable, "-c", READING], cwd=ROOT, capture_output=True, text=True, check=True)
    imported = set(json.loads(ran.stdout))
    assert (
        imported & {"scipy.stats", "scipy.optimize", "pandas", "sklearn", "joblib", "jinja2", "pipeline.loading"}
        == set()
    )
    assert {"scipy.special", "pipeline.compare"} <= imported


EXPLAINING = """
import sys
from opencse import cli

for command in ("explain", "rates"):
    sys.argv = ["opencse", command, "--help"]
    cli._prepare_libraries(sys.argv[1:])
import pyarrow as pa
import pyarrow.compute as pc
table = pa.table({"value": [1.5, None], "name": ["a", "b"]})
pc.is_in(table["name"], value_set=pa.array(["a"]))
print("pandas" in sys.modules, flush=True)
frame = table.to_pandas()
print(pa.array(frame["value"], from_pandas=True).null_count, pa.Table.from_pandas(frame)["value"].null_count)
"""


def test_explaining_leaves_pandas_out_until_a_data_frame_is_asked_for() -> None:
    ran = subprocess.run([sys.executable, "-c", EXPLAINING], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["False", "1", "1"]
