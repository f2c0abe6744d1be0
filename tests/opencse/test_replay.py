"""The command `replay`, as its users call it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from audit.flag import replay
from pipeline.run_folder import RunFolder
from tests.command_line import call, json_of, output_of, refusal_of


def test_flags_replay_to_the_bit_for_people_and_programs(finished: RunFolder) -> None:
    ids = finished.table("flags")["flag_id"].to_pylist()
    (one,) = json_of("replay", finished.path, ids[0][:10])
    assert (one["flag_id"], one["agrees"], one["faults"]) == (ids[0], True, [])
    assert one["rows"] > 0
    assert "1 of 1 flags replay to the bit." in output_of("replay", finished.path, ids[0])


def test_a_flag_that_does_not_replay_is_named_with_what_differs(
    finished: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    different = SimpleNamespace(flag_id="abc", agrees=False, rows=3, faults=["score: 1.0 in the run, 2.0 again"])
    monkeypatch.setattr(replay, "replay", lambda *_, **__: [different])
    result = call("replay", finished.path)
    assert result.exit_code != 0
    assert "Flag abc does not replay" in result.stdout
    assert "score: 1.0 in the run, 2.0 again" in result.stdout
    assert refusal_of("replay", finished.path).exit_code == 4


def test_a_flag_there_is_none_of_is_refused(finished: RunFolder) -> None:
    assert refusal_of("replay", finished.path, "zzzz").exit_code == 2
