"""Options that several commands share hold their numbers within what the machine and the records can bear."""

from __future__ import annotations

import pytest

from data.errors import UsageError
from opencse import options
from opencse.options import bounded_threads, bounded_workers, one_of
from tests.command_line import call


@pytest.fixture(autouse=True)
def two_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(options, "processor_count", lambda: 2)


def test_more_threads_than_processors_are_not_started_and_it_is_noted(capsys: pytest.CaptureFixture[str]) -> None:
    assert bounded_threads(1_000_000_000) == 2
    assert "--threads is 2, not 1000000000" in capsys.readouterr().err
    assert bounded_workers(3) == 2
    assert "--workers is 2, not 3" in capsys.readouterr().err


def test_what_the_machine_can_bear_is_left_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert (bounded_threads(None), bounded_threads(2), bounded_workers(1)) == (None, 2, 1)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("arguments", "option"),
    [
        (("generate", "tiny", "--out", "x", "--people", 10**30), "--people"),
        (("generate", "tiny", "--out", "x", "--seed", 2**63), "--seed"),
        (("generate", "tiny", "--out", "x", "--threads", 0), "--threads"),
        (("run", "--world", "tiny", "--out", "x", "--seed", 2**32), "--seed"),
        (("outcomes", "x", "--records", "y", "--months", 10**9), "--months"),
        (("rates", "x", "--confidence", "nan"), "--confidence"),
        (("rates", "x", "--look-back", 10**12), "--look-back"),
        (("controls", "--world", "tiny", "--seeds", 10**12), "--seeds"),
        (("stress", "quick", "--out", "x", "--workers", "-1"), "--workers"),
    ],
)
def test_a_number_out_of_range_is_refused_by_name(
    arguments: tuple[object, ...],
    option: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("range"))
    result = call(*arguments)
    assert result.exit_code == 2
    assert option in result.stderr


def test_one_of_two_options_is_taken_and_neither_or_both_are_refused() -> None:
    one_of("a", None, summary="s", expected="e")
    one_of(None, "b", summary="s", expected="e")
    for first, second, found in ((None, None, "neither"), ("a", "b", "both")):
        with pytest.raises(UsageError, match=found):
            one_of(first, second, summary="s", expected="e")
