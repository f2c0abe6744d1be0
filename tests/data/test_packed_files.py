"""Files that have to be unpacked or decoded before they are text, and how large they may become."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from data.errors import InputRejected, UsageError
from data.sources import _packed_files
from data.sources._packed_files import TextOptions, check_readers, open_text
from data.store import Store
from pipeline.loading import load_records

TEXT = "officer_id,workforce\n1,officer\n"


def opened(folder: Path, name: str, options: TextOptions = _packed_files.USUAL) -> str:
    """The text that a file is read as."""
    work = folder / "work"
    work.mkdir()
    return open_text(folder, folder / name, work=work, options=options).path.read_text(encoding="utf-8")


def test_a_zip_archive_with_one_file_is_that_file(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "officer.zip", "w") as archive:
        archive.writestr("anything.csv", TEXT)
    assert opened(tmp_path, "officer.zip") == TEXT


def test_an_archive_of_several_files_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "officer.zip", "w") as archive:
        archive.writestr("a.csv", TEXT)
        archive.writestr("b.csv", TEXT)
    with pytest.raises(InputRejected, match="2 files"):
        opened(tmp_path, "officer.zip")


def test_an_archive_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "officer.zip").write_text(TEXT)
    with pytest.raises(InputRejected, match=r"officer\.zip cannot be unpacked"):
        opened(tmp_path, "officer.zip")


def test_an_archive_that_unpacks_to_far_more_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "officer.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", b"\0" * (65 * 1024 * 1024))
    with pytest.raises(InputRejected, match="unpacks to far more"):
        opened(tmp_path, "officer.zip")


def test_a_sheet_is_its_cells(tmp_path: Path) -> None:
    from datetime import datetime

    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["officer_id", "joined on", "video", "note"])
    sheet.append([7, datetime(2018, 5, 1), True, None])  # noqa: DTZ001
    sheet.append([8, datetime(2018, 5, 1, 7, 30), False, "=1+1"])  # noqa: DTZ001
    book.save(tmp_path / "officer.xlsx")
    lines = opened(tmp_path, "officer.xlsx").splitlines()
    # What a formula comes to was never computed here, and nothing computes it.
    assert lines == ["officer_id,joined on,video,note", "7,2018-05-01,true,", "8,2018-05-01 07:30:00,false,"]


def test_of_several_sheets_one_has_to_be_named(tmp_path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    book.create_sheet("Officers").append(["officer_id"])
    book.save(tmp_path / "officer.xlsx")
    with pytest.raises(InputRejected, match="Officers"):
        opened(tmp_path, "officer.xlsx")
    (tmp_path / "work").rmdir()
    assert opened(tmp_path, "officer.xlsx", TextOptions(sheet="Officers")).strip() == "officer_id"


def test_a_workbook_that_is_none_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "officer.xlsx", "w") as archive:
        archive.writestr("a.csv", TEXT)
    with pytest.raises(InputRejected, match=r"officer\.xlsx cannot be read as a workbook"):
        opened(tmp_path, "officer.xlsx")


def test_without_the_package_for_workbooks_nothing_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_packed_files, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match="the extra 'excel'"):
        check_readers([tmp_path / "officer.xlsx"])
    check_readers([tmp_path / "officer.csv"])


def test_an_older_encoding_is_read_where_it_is_declared(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("name\ncafé – 3\n".encode("cp1252"))
    assert opened(tmp_path, "a.csv", TextOptions(encoding="cp1252")) == "name\ncafé – 3\n"
    (tmp_path / "b.csv").write_bytes(b"name\n\x81\n")
    with pytest.raises(InputRejected, match="text in cp1252, as declared"):
        open_text(tmp_path, tmp_path / "b.csv", work=tmp_path / "work", options=TextOptions(encoding="cp1252"))


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("inside", ["\n", "\r\n"])
def test_a_line_break_in_a_header_costs_no_row(tmp_path: Path, end: str, inside: str) -> None:
    lines = [f'officer_id,workforce,"the{inside}note"', "1,officer,a", f'2,officer,"two{end}lines"', "3,staff,", ""]
    (tmp_path / "officer.csv").write_bytes(end.join(lines).encode())
    with Store(threads=1) as store:
        report = load_records(tmp_path, store=store, check="constraints")
    assert [(count.rows_in, count.quarantined) for count in report.counts] == [(3, 0)]
    assert any("'the note'" in note for note in report.notes)
