"""A run is measured against records and truth of its own world only."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from audit.rates.provenance import PLACING, provenance_notes, world_notes
from data.contract import CONTRACT
from data.errors import UsageError
from pipeline.run_folder import RunFolder
from tests import small_force

Rows = dict[str, list[dict[str, Any]]]


def renumbered(rows: Rows) -> Rows:
    """The same force with other ids of what happened, as a world of another seed has."""
    return {
        name: [row | {key: row[key] + 10**9} for row in table]
        if name not in PLACING and (key := CONTRACT[name].key) is not None
        else table
        for name, table in rows.items()
    }


def test_the_very_files_of_a_run_need_no_note(finished: RunFolder, force: Path) -> None:
    assert provenance_notes(finished, force) == []


def test_the_same_rows_in_other_files_are_taken_with_a_note(
    finished: RunFolder,
    force: Path,
    tmp_path: Path,
) -> None:
    copy = tmp_path / "records"
    shutil.copytree(force, copy)
    gone = sorted(p for p in copy.iterdir() if p.stem in {i["name"].split(".")[0] for i in finished.manifest["inputs"]})
    gone[0].unlink()
    (note,) = provenance_notes(finished, copy)
    assert "1 are not the same" in note


def test_records_of_another_world_are_refused(
    finished: RunFolder,
    force_rows: Rows,
    tmp_path: Path,
) -> None:
    other = small_force.write(tmp_path / "records", renumbered(force_rows))
    with pytest.raises(UsageError, match="of another world than the run"):
        provenance_notes(finished, other)


def test_a_truth_beside_records_of_another_world_is_refused(
    finished: RunFolder,
    force: Path,
    force_rows: Rows,
    tmp_path: Path,
) -> None:
    small_force.write(tmp_path / "records", renumbered(force_rows))
    (tmp_path / "truth").mkdir()
    with pytest.raises(UsageError, match="records beside the truth"):
        world_notes(finished, records=force, truth=tmp_path / "truth")


def test_a_truth_without_records_beside_it_is_noted(finished: RunFolder, tmp_path: Path) -> None:
    (note,) = world_notes(finished, truth=tmp_path)
    assert "nothing shows that this truth belongs to the run" in note
