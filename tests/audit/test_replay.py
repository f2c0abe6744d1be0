"""Every flag replays from its evidence, and no change to the evidence goes unnoticed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from audit.flag.cited_rows import evidence_of
from audit.flag.replay import _same, find_flag, replay
from audit.flag.verify import verify
from data.contract import CONTRACT
from data.errors import UsageError, VerificationFailed
from data.sample_records import complete_rows
from features.table import NO_EXPOSURE, OK, SOURCE_GAP, Cells
from pipeline.run import run
from pipeline.run_folder import RunFolder
from pipeline.settings import over_defaults
from tests import small_force


@pytest.fixture
def copy(finished: RunFolder, tmp_path: Path) -> RunFolder:
    """A run of one's own to spoil."""
    return RunFolder(Path(shutil.copytree(finished.path, tmp_path / "run")))


def flag_ids(folder: RunFolder) -> list[str]:
    return [str(i) for i in folder.table("flags")["flag_id"].to_pylist()]


def failing(folder: RunFolder, flag: str | None = None) -> dict[str, tuple[str, ...]]:
    return {r.flag_id: r.faults for r in replay(folder, flag) if not r.agrees}


def test_every_flag_replays(finished: RunFolder) -> None:
    outcomes = replay(finished)
    assert [r.flag_id for r in outcomes] == flag_ids(finished)
    assert {r.flag_id: r.faults for r in outcomes if not r.agrees} == {}
    assert all(r.rows > 0 for r in outcomes)


def test_a_run_over_several_dates_replays(force: Path, runner: Any) -> None:
    folder = runner(force, as_of=[date(2025, 10, 1), date(2025, 12, 18)])
    assert len({f["as_of"] for f in folder.table("flags").to_pylist()}) == 2
    assert failing(folder) == {}
    assert [c.faults for c in verify(folder) if c.faults] == []


def test_an_untouched_run_verifies(finished: RunFolder, force: Path) -> None:
    checks = verify(finished, records=force)
    assert {c.name for c in checks} == {
        *("files and ledger", "rows of tables", "row counts", "lines of the ledger", "evidence rows", "flag ids"),
        *("purposes", "input files", "made again from the records"),
    }
    assert [c for c in checks if c.faults or not c.checked] == []


def altered(value: Any, column: pa.Field) -> Any:
    """Another value of the same type."""
    if value is None:
        return {"string": "x", "bool": True}.get(
            str(column.type), date(2025, 7, 1) if "date" in str(column.type) else 1
        )
    if isinstance(value, bool):
        return not value
    if isinstance(value, str):
        return value + "x"
    if isinstance(value, datetime | date):
        return value + timedelta(days=1)
    return value + 1


def spoil(folder: RunFolder, table: str, row_id: int, column: str) -> None:
    """Change one value of one row that stands in the run's loaded rows."""
    path = folder.path / "loaded" / f"{table}.parquet"
    rows = pq.read_table(path)
    listed = rows.to_pylist()
    (at,) = [n for n, row in enumerate(listed) if row[str(CONTRACT[table].key)] == row_id]
    listed[at][column] = altered(listed[at][column], rows.schema.field(column))
    pq.write_table(pa.Table.from_pylist(listed, schema=rows.schema), path)


def spoilings(folder: RunFolder) -> Iterator[tuple[str, str, int, str]]:
    """For each flag and each table it cites, one random row; over all, every column of every table once or more."""
    rng = np.random.default_rng(7)
    seen: set[tuple[str, str]] = set()
    for flag, rows in evidence_of(folder).items():
        for table in sorted({r.table_name for r in rows}):
            cited = sorted({r.row_id for r in rows if r.table_name == table})
            columns = [*CONTRACT[table].names, "source_file", "source_row"]
            fresh = [c for c in columns if (table, c) not in seen]
            for column in fresh or [columns[int(rng.integers(len(columns)))]]:
                seen.add((table, column))
                yield flag, table, cited[int(rng.integers(len(cited)))], column


def test_changing_any_one_value_of_an_evidence_row_makes_the_replay_fail(copy: RunFolder, tmp_path: Path) -> None:
    tried = 0
    for flag, table, row_id, column in spoilings(copy):
        path = copy.path / "loaded" / f"{table}.parquet"
        original = path.read_bytes()
        spoil(copy, table, row_id, column)
        assert flag in failing(copy, flag), f"{table}.{column} of row {row_id} was changed and nobody noticed"
        path.write_bytes(original)
        tried += 1
    assert tried > 60
    assert failing(copy) == {}


def test_a_row_changed_together_with_its_digest_is_still_noticed(copy: RunFolder) -> None:
    """A forger who mends the digest in the evidence fails at the flag's id, and at the value itself where it counts."""
    flag = next(f for f in copy.table("flags").to_pylist() if f["family"] == "peer")
    cited = next(r for r in evidence_of(copy)[flag["flag_id"]] if r.part == "direct" and r.table_name == "roster_edit")
    spoil(copy, "roster_edit", cited.row_id, "editor_id")
    rows = pq.read_table(copy.path / "loaded" / "roster_edit.parquet")
    from audit.flag.cited_rows import loaded_rows

    digest = loaded_rows(copy)["roster_edit", flag["as_of"]].digests[cited.row_id]
    evidence = copy.table("evidence")
    forged = [
        digest if (t, r) == ("roster_edit", cited.row_id) else s
        for t, r, s in zip(*(evidence[c].to_pylist() for c in ("table_name", "row_id", "row_sha256")), strict=True)
    ]
    at = evidence.schema.get_field_index("row_sha256")
    pq.write_table(evidence.set_column(at, "row_sha256", pa.array(forged)), copy.path / "evidence.parquet")
    assert rows.num_rows
    faults = failing(copy, flag["flag_id"])[flag["flag_id"]]
    assert any("id" in fault for fault in faults)
    assert any("self_rostered_rest_days" in fault for fault in faults)


def test_a_missing_evidence_row_makes_the_replay_fail(copy: RunFolder) -> None:
    flag = flag_ids(copy)[0]
    cited = evidence_of(copy)[flag][0]
    path = copy.path / "loaded" / f"{cited.table_name}.parquet"
    rows = pq.read_table(path)
    pq.write_table(rows.filter(pc.not_equal(rows[str(CONTRACT[cited.table_name].key)], cited.row_id)), path)
    assert any("not among the loaded rows" in fault for fault in failing(copy, flag)[flag])


@pytest.mark.parametrize("column", ["p_value", "score", "explanation", "concern", "threshold", "audience"])
def test_a_flag_changed_by_hand_does_not_replay(copy: RunFolder, column: str) -> None:
    flags = copy.table("flags")
    listed = flags.to_pylist()
    at = next(n for n, f in enumerate(listed) if f["family"] == "peer")
    listed[at][column] = altered(listed[at][column], flags.schema.field(column))
    pq.write_table(pa.Table.from_pylist(listed, schema=flags.schema), copy.path / "flags.parquet")
    assert listed[at]["flag_id"] in failing(copy, listed[at]["flag_id"])
    assert any(c.name == "flag ids" and c.faults for c in verify(copy))


@pytest.mark.parametrize("column", ["score", "p_value", "peers"])
def test_scores_of_anybody_in_the_comparison_changed_by_hand_are_noticed(copy: RunFolder, column: str) -> None:
    flag = next(f for f in copy.table("flags").to_pylist() if f["family"] == "peer")
    scores = copy.table("scores")
    listed = scores.to_pylist()
    at = next(
        n for n, s in enumerate(listed) if _beside(s, flag) and s["detector"] in flag["detectors"] and s["p_value"]
    )
    listed[at][column] = altered(listed[at][column], scores.schema.field(column))
    pq.write_table(pa.Table.from_pylist(listed, schema=scores.schema), copy.path / "scores.parquet")
    assert any("scores of the comparison" in fault for fault in failing(copy, flag["flag_id"])[flag["flag_id"]])


def test_what_a_flag_s_score_rests_on_changed_by_hand_is_noticed(copy: RunFolder) -> None:
    flag = next(f for f in copy.table("flags").to_pylist() if f["family"] == "peer")
    scores = copy.table("scores")
    listed = scores.to_pylist()
    own = [s for s in listed if (s["subject_kind"], s["subject_id"]) == (flag["subject_kind"], flag["subject_id"])]
    one = next(s for s in own if s["concern"] == flag["concern"] and s["detector"] in flag["detectors"])
    one["contributions"] = one["contributions"].replace('"observed":', '"observed":1')
    pq.write_table(pa.Table.from_pylist(listed, schema=scores.schema), copy.path / "scores.parquet")
    assert any("scores of the comparison" in fault for fault in failing(copy, flag["flag_id"])[flag["flag_id"]])


def _beside(score: dict[str, Any], flag: dict[str, Any]) -> bool:
    """Whether a score is somebody else's in the comparison that a flag comes from."""
    same = all(score[name] == flag[name] for name in ("subject_kind", "concern", "as_of"))
    return same and score["subject_id"] != flag["subject_id"]


def test_a_flag_replays_whose_subject_moved_before_what_is_counted_was_recorded(
    tmp_path: Path, force_rows: dict[str, list[dict[str, Any]]]
) -> None:
    """It cites no row of the posting before, which the run's days of service over five years hold."""
    moved = small_force.AS_OF - timedelta(days=140)
    earlier = [row if row["officer_id"] != 5 else row | {"ended_on": moved} for row in force_rows["posting"]]
    (last,) = [row for row in earlier if row["officer_id"] == 5]
    later = last | {"posting_id": 9999, "started_on": moved, "known_on": moved, "ended_on": None}
    days = {officer: [81 + officer % 118] for officer in range(1, small_force.OFFICERS + 1)}
    days[5] = [*range(84, 198, 4)]
    received = [
        {"officer_id": officer, "received_on": small_force.START + timedelta(days=day)}
        for officer, own in days.items()
        for day in own
    ]
    people = {name: force_rows[name] for name in ("unit", "officer")} | {"posting": [*earlier, later]}
    received = [row | {"complaint_id": number} for number, row in enumerate(received, start=1)]
    complaints = {"complaint": complete_rows({"complaint": received})["complaint"]}
    records = small_force.write(tmp_path / "records", people | complaints)
    chosen = {"features": {"indicators": ["complaints"]}, "models": {"rules": [], "detectors": ["peer_rate"]}}
    strongest = {"selection": {"standards": {"method": "capacity", "per_thousand": 10}}}
    settings = over_defaults(chosen | strongest, where="a test")
    folder = run(records, out=tmp_path / "run", settings=settings, as_of=[small_force.AS_OF]).folder
    flags = {flag["subject_id"]: flag["flag_id"] for flag in folder.table("flags").to_pylist()}
    cited = {row.row_id for row in evidence_of(folder)[flags[5]] if row.table_name == "posting"}
    assert cited == {9999}
    assert failing(folder) == {}


def test_other_settings_do_not_replay(copy: RunFolder) -> None:
    config = copy.path / "config.toml"
    config.write_text(config.read_text().replace("smallest_group = 40", "smallest_group = 500"))
    assert failing(copy)


def test_verify_names_files_that_changed_went_or_came(copy: RunFolder) -> None:
    (copy.path / "scores.parquet").write_bytes(b"gone")
    (copy.path / "subjects.parquet").unlink()
    (copy.path / "extra.txt").write_text("who put this here?")
    faults = " ".join(next(c for c in verify(copy) if c.name == "files and ledger").faults)
    assert "scores.parquet has changed" in faults
    assert "subjects.parquet is missing" in faults
    assert "extra.txt is not a file of the run" in faults


def test_a_broken_table_is_a_failed_verification_and_no_traceback(copy: RunFolder) -> None:
    (copy.path / "flags.parquet").write_bytes(b"PAR1 not really PAR1")
    with pytest.raises(VerificationFailed, match="flags"):
        replay(copy)
    assert any(c.name == "evidence" and c.faults for c in verify(copy))


def test_a_flag_is_found_by_the_beginning_of_its_id(finished: RunFolder) -> None:
    first = flag_ids(finished)[0]
    assert find_flag(finished, first[:12])["flag_id"] == first
    with pytest.raises(UsageError, match="fits no flag"):
        find_flag(finished, "zzz")
    with pytest.raises(UsageError, match="flags"):
        find_flag(finished, "")


def test_a_run_of_a_version_that_lacked_an_indicator_is_told_so_and_no_traceback(copy: RunFolder) -> None:
    flag = next(f for f in copy.table("flags").to_pylist() if f["family"] == "peer" and f["concern"] == "standards")
    features = copy.table("features")
    fewer = features.filter(pc.not_equal(features["indicator"], "unlinked_occasions"))
    pq.write_table(fewer, copy.path / "features.parquet")
    faults = failing(copy, flag["flag_id"])[flag["flag_id"]]
    assert any("another version" in fault for fault in faults)


def values_of(value: float, status: int, *, rows: int = 59) -> Cells:
    """One value, of one subject, without a known exposure."""
    return Cells(
        indicator="searches",
        window=365,
        value=np.array([value]),
        exposure=np.array([np.nan]),
        n_rows=np.array([rows]),
        status=np.array([status], dtype=np.int8),
    )


def test_a_gap_in_the_source_of_an_opportunity_s_own_opportunity_is_no_difference() -> None:
    """Shifts fell silent: the run has no rate of searches, whose rows alone are cited and show no gap."""
    alone, run = values_of(59.0, NO_EXPOSURE), values_of(np.nan, SOURCE_GAP)
    assert _same(alone, 0, run, 0, exposure=False)
    assert not _same(alone, 0, run, 0, exposure=True)


@pytest.mark.parametrize("other", [values_of(58.0, OK), values_of(59.0, OK, rows=58), values_of(np.nan, OK)])
def test_another_value_or_another_number_of_rows_is_a_difference(other: Cells) -> None:
    assert _same(values_of(59.0, NO_EXPOSURE), 0, values_of(59.0, OK), 0, exposure=False)
    assert not _same(values_of(59.0, NO_EXPOSURE), 0, other, 0, exposure=False)


def test_fewer_rows_are_a_difference_in_a_gap_too() -> None:
    assert not _same(values_of(58.0, NO_EXPOSURE, rows=58), 0, values_of(np.nan, SOURCE_GAP), 0, exposure=False)
