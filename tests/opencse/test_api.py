"""The public Python API: what it exports, that it is typed, and that a whole study needs nothing else."""

from __future__ import annotations

import ast
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import opencse
from data.errors import InputRejected, UsageError
from pipeline.run_folder import RunFolder
from tests import small_force
from tests.audit.sample_audit import TRUTH
from tests.audit.test_provenance import renumbered

ROOT = Path(__file__).parents[2]


def declared_for_types() -> set[str]:
    """The names that the package shows to a type checker."""
    tree = ast.parse((ROOT / "opencse" / "__init__.py").read_text(encoding="utf-8"))
    block = next(node for node in tree.body if isinstance(node, ast.If))
    imports = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    return {alias.asname or alias.name for node in imports for alias in node.names}


def test_what_is_exported_is_what_type_checkers_see() -> None:
    assert set(opencse.__all__) == declared_for_types()
    assert [name for name in opencse.__all__ if getattr(opencse, name, None) is None] == []


def test_no_public_signature_says_any() -> None:
    tree = ast.parse((ROOT / "opencse" / "api.py").read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    assert functions
    loose = [f.name for f in functions if f.returns is None or "Any" in ast.unparse(f.args) + ast.unparse(f.returns)]
    assert loose == []


def test_importing_the_package_brings_in_nothing_of_it() -> None:
    heavy = "('pandas', 'numpy', 'pipeline', 'models')"
    code = f"import json, sys, opencse; print(json.dumps([m for m in sys.modules if m.startswith({heavy})]))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == []


def test_an_unknown_name_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="no attribute 'flags_of'"):
        opencse.flags_of  # noqa: B018 - it is the look-up that fails


def test_a_run_is_opened_as_data_frames(finished: RunFolder) -> None:
    run = opencse.open_run(finished.path)
    for name in ("flags", "scores", "features", "evidence", "subjects"):
        assert isinstance(getattr(run, name), pd.DataFrame)
    assert set(run.evidence["flag_id"]) == set(run.flags["flag_id"])
    assert run.manifest["as_of"] == [str(small_force.AS_OF)]
    assert run.settings.seed == opencse.load_settings().seed


def test_a_run_is_checked_from_python(finished: RunFolder) -> None:
    run = opencse.open_run(str(finished.path))
    flag = run.flags["flag_id"].iloc[0]
    assert [fault for check in opencse.verify(run) for fault in check.faults] == []
    assert opencse.replay(run, flag)[0].agrees
    assert opencse.explain(run, flag).flag["flag_id"] == flag


def test_rates_without_truth_say_only_on_whom_flags_fall(finished: RunFolder) -> None:
    table = opencse.rates(opencse.open_run(finished.path))
    assert "flags_per_1000" in set(table["measure"])
    assert "precision" not in set(table["measure"])


def test_a_world_is_made_run_and_measured_in_memory() -> None:
    world = opencse.make_world(opencse.load_world("tiny", people=60, months=3))
    trial = opencse.try_records(world.records)
    truth = opencse.Truth.of(world.truth["truth_subject"], world.truth["truth_archetype"])
    assert {"precision", "recall"} & set(opencse.rates(trial, truth=truth)["measure"])


def test_what_is_no_run_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="not a run folder"):
        opencse.open_run(tmp_path)


def test_a_truth_of_another_world_is_refused_as_the_command_refuses_it(
    finished: RunFolder, force_rows: dict[str, list[dict[str, Any]]], tmp_path: Path
) -> None:
    small_force.write(tmp_path / "records", renumbered(force_rows))
    shutil.copytree(TRUTH, tmp_path / "truth")
    truth, run = opencse.load_truth(tmp_path / "truth"), opencse.open_run(finished.path)
    with pytest.raises(UsageError, match="of another world than the run"):
        opencse.rates(run, truth=truth)
    with pytest.raises(UsageError, match="of another world than the run"):
        opencse.specifications(run, truth=truth)


def test_a_truth_without_records_beside_it_is_a_warning(finished: RunFolder, tmp_path: Path) -> None:
    shutil.copytree(TRUTH, tmp_path / "truth")
    with pytest.warns(UserWarning, match="nothing shows that this truth belongs to the run"):
        opencse.rates(opencse.open_run(finished.path), truth=opencse.load_truth(tmp_path / "truth"))


def test_no_more_threads_are_started_than_there_are_processors(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(InputRejected):
        opencse.run(tmp_path / "none", out=tmp_path / "run", threads=10**9)
    assert "Note: threads is" in capsys.readouterr().err
