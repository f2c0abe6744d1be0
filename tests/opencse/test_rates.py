"""The command `rates`, as its users call it; what it measures is tested beside the audit."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.run_folder import RunFolder
from tests.command_line import json_of, output_of, refusal_of


def test_a_run_without_a_truth_is_described_for_people_and_programs(finished: RunFolder, tmp_path: Path) -> None:
    text = output_of("rates", finished.path, "--out", tmp_path / "rates")
    assert "No records were given" in text
    assert (tmp_path / "rates").is_dir()
    content = json_of("rates", finished.path)
    assert content["rates"]
    assert content["facts"]["controls"]["verdicts"] == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "found: neither"),
        (("RUN", "--flags", "tool.csv"), "found: both"),
        (("--flags", "tool.csv"), "--records DIR beside --flags"),
        (("RUN", "--controls", "1"), "records/ beside the truth"),
        (("RUN", "--truth", "nowhere"), "nowhere"),
        (("RUN", "--out", "."), "."),
    ],
)
def test_wrong_use_is_refused(finished: RunFolder, arguments: tuple[str, ...], words: str) -> None:
    error = refusal_of("rates", *(finished.path if argument == "RUN" else argument for argument in arguments))
    assert error.exit_code in (2, 3)
    assert words in str(error)
