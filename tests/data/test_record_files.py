"""Record files are looked through before a database opens them: where they lie, what they are, what they unpack to."""

from __future__ import annotations

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.errors import InputRejected
from data.source import InputFile
from data.sources import _parquet_files, _record_files
from data.sources._parquet_files import check_size
from data.sources._record_files import check_expansion, describe, inside, read_through, relative

HEADER = b"officer_id,workforce,joined_on,left_on\n"
LINE = b"1,officer,2020-01-01,\n"


def packed(folder: Path, lines: int) -> Path:
    path = folder / "officer.csv.gz"
    path.write_bytes(gzip.compress(HEADER + LINE * lines, mtime=0))
    return path


def test_a_packed_file_that_unpacks_to_far_more_than_records_do_is_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_record_files, "SMALL_ENOUGH", 10_000)
    monkeypatch.setattr(_record_files, "CHUNK", 1_000)
    path = packed(tmp_path, 20_000)
    with pytest.raises(InputRejected, match=r"officer\.csv\.gz unpacks to far more") as caught:
        read_through(tmp_path, path)
    limit = 100 * path.stat().st_size
    found = int(str(caught.value.found).split()[0].replace(",", ""))
    assert limit < found <= limit + 1_000  # it stops where the limit is passed, not where the file ends


def test_a_small_file_is_read_however_well_it_is_packed(tmp_path: Path) -> None:
    assert read_through(tmp_path, packed(tmp_path, 20_000)).header[0] == "officer_id"


def test_a_file_that_is_not_packed_is_no_larger_than_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_record_files, "SMALL_ENOUGH", 1)
    (tmp_path / "officer.csv").write_bytes(HEADER + LINE * 100)
    assert read_through(tmp_path, tmp_path / "officer.csv").longest_line == len(HEADER)


@pytest.mark.parametrize(("unpacked", "refused"), [(64 * 1024 * 1024, False), (64 * 1024 * 1024 + 1, True)])
def test_the_limit_of_a_tiny_file_is_what_any_machine_can_hold(unpacked: int, refused: bool) -> None:
    file = InputFile("shift.csv.gz", "", 1_000)
    if refused:
        with pytest.raises(InputRejected):
            check_expansion(file, unpacked)
    else:
        check_expansion(file, unpacked)


def test_a_parquet_file_with_more_rows_than_its_size_can_hold_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "officer.parquet"
    pq.write_table(pa.table({"officer_id": pa.array([1] * 100_000, pa.int64())}), path)
    check_size(path, describe(tmp_path, path))
    monkeypatch.setattr(_parquet_files, "FEW_ROWS", 0)
    with pytest.raises(InputRejected, match=r"officer\.parquet holds more rows than its size can"):
        check_size(path, describe(tmp_path, path))


def test_a_parquet_file_that_unpacks_to_far_more_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "officer.parquet"
    text = pa.array(["x" * 1_000_000, "y" * 1_000_000])
    pq.write_table(pa.table({"workforce": text}), path, compression="zstd", use_dictionary=False)
    monkeypatch.setattr(_record_files, "SMALL_ENOUGH", 1_000)
    with pytest.raises(InputRejected, match="unpacks to far more"):
        check_size(path, describe(tmp_path, path))


def test_a_link_that_leads_out_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "records").mkdir()
    (tmp_path / "secret.csv").write_bytes(HEADER)
    link = tmp_path / "records" / "officer.csv"
    link.symlink_to(tmp_path / "secret.csv")
    with pytest.raises(InputRejected, match="leads out of the records folder"):
        inside((tmp_path / "records").resolve(), link)


def test_a_file_is_named_relative_to_its_folder(tmp_path: Path) -> None:
    assert relative(tmp_path, tmp_path / "TRR" / "trr_main.csv") == "TRR/trr_main.csv"
    assert relative(tmp_path, Path("/elsewhere/officer.csv")) == "officer.csv"


@pytest.mark.parametrize("chunk", [3, 7, 4096])
def test_a_character_cut_by_the_end_of_a_chunk_is_whole_all_the_same(
    tmp_path: Path, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_record_files, "CHUNK", chunk)
    path = tmp_path / "unit.csv"
    path.write_text("unit_id,name\n1,Zoë 東京 🚓\n", encoding="utf-8")
    assert read_through(tmp_path, path).header == ("unit_id", "name")


@pytest.mark.parametrize("chunk", [3, 4096])
def test_bytes_that_are_no_text_are_told_with_their_line(
    tmp_path: Path, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_record_files, "CHUNK", chunk)
    path = tmp_path / "unit.csv"
    path.write_bytes(b"unit_id,name\n1,A\n2,\xff\n")
    with pytest.raises(InputRejected) as caught:
        read_through(tmp_path, path)
    assert (caught.value.where, caught.value.found) == ("unit.csv, line 3", "the byte 0xff")
