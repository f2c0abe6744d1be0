"""The command `controls`, as its users call it; what each control finds is tested beside the controls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest

from stress.controls import control_runs
from stress.controls.verdict import ControlVerdict
from tests.command_line import call, json_of, output_of, refusal_of

SMALL = ("controls", "--world", "tiny", "--people", 60, "--months", 1)
Stub = Callable[[Sequence[ControlVerdict]], None]


def verdict(status: str, *, count: float = 0, n: float = 10) -> ControlVerdict:
    about = {"control": "null_world", "what": "worlds with a flag", "subject_kind": "officer", "concern": "standards"}
    figures = {"share": 0.0, "allowed": 0.1, "standard_error": 0.1, "chance": 0.5, "level": 0.05}
    return ControlVerdict(**about, count=count, n=n, **figures, status=status)


@dataclass(frozen=True)
class _Input:
    """What controls run on, as far as the command looks at it."""

    progress: Callable[[int], None] | None = None


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Stub:
    """Let the controls say what a test wants, without running any."""

    def returns(verdicts: Sequence[ControlVerdict]) -> None:
        monkeypatch.setattr(control_runs, "world_input", lambda *_, **__: _Input())
        monkeypatch.setattr(control_runs, "step_count", lambda _: 1)
        monkeypatch.setattr(control_runs, "run_controls", lambda _: list(verdicts))

    return returns


def test_what_was_counted_is_shown_beside_what_was_allowed_for(stub: Stub) -> None:
    stub([verdict("passed", count=1)])
    text = output_of(*SMALL)
    assert "1 of 10" in text
    assert "null world" in text
    content = json_of(*SMALL)
    assert content["statuses"] == {"null_world": "passed"}
    assert content["verdicts"][0]["count"] == 1


def test_a_control_that_failed_decides_the_exit_code_and_everything_is_still_shown(stub: Stub) -> None:
    stub([verdict("failed", count=9)])
    assert "9 of 10" in call(*SMALL).stdout
    error = refusal_of(*SMALL)
    assert (error.exit_code, error.summary) == (4, "1 of 1 controls failed: null_world.")


def test_controls_run_on_a_world_or_on_records_which_have_a_size_of_their_own() -> None:
    assert "found: neither" in str(refusal_of("controls"))
    assert "found: both" in str(refusal_of("controls", "--world", "tiny", "--records", "x"))
    assert "--people, --months, --seed only with --world" in str(
        refusal_of("controls", "--records", "x", "--people", 60)
    )
    assert refusal_of("controls", "--world", "nosuch").exit_code == 2
