"""How often a flag is raised again is counted by doing it again, and the same run gives the same counts."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from audit.flag.stability import Stability, stability
from data.errors import UsageError
from pipeline.run_folder import RunFolder


def flag_of(folder: RunFolder, family: str, *, strongest: bool = True) -> dict[str, Any]:
    found: list[dict[str, Any]] = [f for f in folder.table("flags").to_pylist() if f["family"] == family]
    return sorted(found, key=lambda f: (f["p_value"], f["flag_id"]))[0 if strongest else -1]


def test_a_strong_flag_survives_other_peers_and_seeds(finished: RunFolder) -> None:
    flag = flag_of(finished, "peer")
    found = stability(finished, flag["flag_id"], draws=2, seeds=1)
    assert [(s.of, s.tried, s.survived) for s in found[:2]] == [("peers drawn anew", 2, 2), ("another seed", 1, 1)]
    assert found[2].tried == 0
    assert "records" in found[2].sentence()


@pytest.mark.nightly
def test_a_weak_flag_survives_as_often_each_time_it_is_counted(finished: RunFolder) -> None:
    flag = flag_of(finished, "peer", strongest=False)
    counts = [stability(finished, flag["flag_id"], draws=2, seeds=0)[0] for _ in range(2)]
    assert counts[0] == counts[1]


def test_a_contradiction_is_tried_with_other_peers_and_on_neighbouring_dates(finished: RunFolder, force: Path) -> None:
    flag = flag_of(finished, "contradiction")
    peers, seeds, dates = stability(finished, flag["flag_id"], records=force)
    assert (peers.tried, seeds.tried) == (20, 0)
    # Forty people with office days: with one in forty of them drawn, what is ordinary is not sure.
    assert 0 < peers.survived < 20
    assert dates.tried >= 1
    assert "raised" in dates.note


def test_other_records_are_refused(finished: RunFolder, tmp_path: Path, force: Path) -> None:
    other = Path(shutil.copytree(force, tmp_path / "other"))
    (other / "grievance.parquet").unlink()
    with pytest.raises(UsageError, match="not the records that the run read"):
        stability(finished, flag_of(finished, "contradiction")["flag_id"], records=other)


def test_what_was_not_tried_says_why() -> None:
    assert Stability("another seed", 0, 0, "a reason").sentence() == "another seed: not tried (a reason)."
    assert Stability("another seed", 5, 4).sentence() == "another seed: raised again in 4 of 5."
