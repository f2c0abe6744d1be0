"""The option `--trust-code`: code that is not OpenCSE's runs where its user says so, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.command_line import output_of, refusal_of

INDICATOR = """
from opencse import Case, Indicator

INDICATOR = Indicator(
    question="How many tours were worked?", table="shift", aggregate="count", windows=(365,), exposure="days_served",
    cases=(Case(says="A tour counts.", window=365, expected=1, rows={"shift": ({"starts_at": "2025-06-01T09:00"},)}),),
)
"""

SETTINGS = """
[features]
indicators = ["complaints"]
files = ["tours.py"]

[models]
rules = []
detectors = []
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A settings file that names an indicator beside it."""
    (tmp_path / "tours.py").write_text(INDICATOR)
    (tmp_path / "settings.toml").write_text(SETTINGS)
    return tmp_path / "settings.toml"


def test_a_run_refuses_foreign_code_before_any_work(config: Path, force: Path, tmp_path: Path) -> None:
    error = refusal_of("run", "--records", force, "--out", tmp_path / "run", "--config", config)
    assert error.exit_code == 2
    assert "tours.py" in str(error)
    assert "--trust-code" in str(error)
    assert not (tmp_path / "run").exists()


def test_a_trusted_run_is_replayed_and_verified_only_as_far_as_trust_goes(
    config: Path, force: Path, tmp_path: Path
) -> None:
    out = tmp_path / "run"
    output_of(
        "run",
        "--records",
        force,
        "--out",
        out,
        "--config",
        config,
        "--as-of",
        "2025-12-18",
        "--trust-code",
        "--allow-empty",
    )
    assert refusal_of("replay", out).exit_code == 2
    assert "flags replay" in output_of("replay", out, "--trust-code")
    assert "Not checked, purposes" in output_of("verify", out)
    assert "Not checked" not in output_of("verify", out, "--trust-code")
