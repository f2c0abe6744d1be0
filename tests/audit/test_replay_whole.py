"""Every flag of a whole world, and of a run on real records, is computed again from its evidence, to the bit."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from audit.flag.replay import replay
from data.synthetic.generate import generate
from data.synthetic.world import load as load_world
from pipeline.run import run
from pipeline.run_folder import RunFolder
from pipeline.settings import load, over_defaults

pytestmark = pytest.mark.nightly


def assert_all_replay(folder: RunFolder) -> None:
    results = replay(folder)
    assert results
    assert [(result.flag_id, result.faults) for result in results if not result.agrees] == []
    print(f"{len(results)} flags replayed, {sum(result.rows for result in results)} cited rows")


def test_all_flags_of_the_demo_replay_to_the_bit(tmp_path: Path) -> None:
    generate(load_world("demo"), out=tmp_path / "world")
    assert_all_replay(run(tmp_path / "world" / "records", out=tmp_path / "run", settings=load()).folder)


@pytest.mark.chicago
def test_all_flags_of_real_records_replay_to_the_bit(chicago: Path, tmp_path: Path) -> None:
    # By rate nobody is flagged here.
    highest = {"selection": {"standards": {"method": "capacity", "per_thousand": 10}}}
    settings = over_defaults(highest, where="this test")
    out = tmp_path / "run"
    assert_all_replay(run(chicago, out=out, settings=settings, source="chicago", as_of=[date(2009, 1, 1)]).folder)
