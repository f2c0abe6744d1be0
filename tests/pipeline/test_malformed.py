"""A table of malformed inputs, each with what becomes of it: an error about the file, a row set aside, or loaded."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.contract import CONTRACT
from data.errors import InputRejected
from data.store import Store
from pipeline.loading import load_records
from tests.record_rows import ARROW, row, write_csv, write_parquet

Make = Callable[[Path], object]
Cell = tuple[str, int]


@dataclass(frozen=True)
class Case:
    """A malformed input and its outcome.

    `error` are words of the message that stops the run; `rejected` is the rule by (table, row); `loaded` the rows that
    must be there all the same.
    """

    name: str
    make: Make
    error: tuple[str, ...] = ()
    rejected: Mapping[Cell, str] = field(default_factory=dict)
    loaded: Mapping[str, int] = field(default_factory=dict)


# ---------------------------------------------------------------- making them


def officers(folder: Path, count: int = 3) -> None:
    write_csv(folder / "officer.csv", [row("officer", key) for key in range(1, count + 1)])


def with_rows(table: str, *rows: dict[str, Any]) -> Make:
    """A table of which the second row is the malformed one."""

    def make(folder: Path) -> None:
        write_csv(folder / f"{table}.csv", [row(table, 1), *rows])

    return make


def with_cell(table: str, **changes: Any) -> Make:
    return with_rows(table, row(table, 2, **changes))


def with_parquet(table: str, *, types: Mapping[str, Any] | None = None, **changes: Any) -> Make:
    def make(folder: Path) -> None:
        write_parquet(folder / f"{table}.parquet", table, [row(table, 1), row(table, 2, **changes)], **(types or {}))

    return make


def officer_file(content: bytes, *, name: str = "officer.csv") -> Make:
    def make(folder: Path) -> None:
        (folder / name).write_bytes(content)

    return make


HEADER = ",".join(CONTRACT["officer"].names).encode()
GOOD = b"1,officer,2020-01-01,"


def lines(*rows: bytes, header: bytes = HEADER, end: bytes = b"\n") -> bytes:
    return end.join((header, *rows)) + end


def nothing(folder: Path) -> None:
    folder.rmdir()


def a_file_instead(folder: Path) -> None:
    folder.rmdir()
    folder.write_text("not a folder")


def linked_outside(folder: Path) -> None:
    write_csv(folder.parent / "elsewhere.csv", [row("officer", 1)])
    (folder / "officer.csv").symlink_to(folder.parent / "elsewhere.csv")


def linked_nowhere(folder: Path) -> None:
    (folder / "officer.csv").symlink_to(folder / "gone.csv")


def a_folder_named_like_a_file(folder: Path) -> None:
    (folder / "officer.parquet").mkdir()


def two_forms(folder: Path) -> None:
    officers(folder)
    write_parquet(folder / "officer.parquet", "officer", [row("officer", 1)])


def parquet_bytes(change: Callable[[bytes], bytes]) -> Make:
    def make(folder: Path) -> None:
        path = write_parquet(folder / "officer.parquet", "officer", [row("officer", key) for key in range(1, 3000)])
        path.write_bytes(change(path.read_bytes()))

    return make


def damaged_page(content: bytes) -> bytes:
    return content[:200] + bytes(255 - b for b in content[200:600]) + content[600:]


def parquet_columns(**columns: Any) -> Make:
    """A Parquet file of officers with some columns replaced, added or (when None) taken away."""

    def make(folder: Path) -> None:
        made = {c.name: pa.array([row("officer", 1)[c.name]], ARROW[c.type]) for c in CONTRACT["officer"].columns}
        made |= columns
        pq.write_table(pa.table({k: v for k, v in made.items() if v is not None}), folder / "officer.parquet")

    return make


def doubled_parquet_column(folder: Path) -> None:
    made = [pa.array([row("officer", 1)[c.name]], ARROW[c.type]) for c in CONTRACT["officer"].columns]
    names = list(CONTRACT["officer"].names)
    pq.write_table(pa.table([*made, made[0]], names=[*names, "officer_id"]), folder / "officer.parquet")


def gzipped(content: bytes) -> Make:
    return officer_file(content, name="officer.csv.gz")


def orphan(folder: Path) -> None:
    officers(folder)
    with_cell("absence", officer_id=77)(folder)


def dangling_link(folder: Path) -> None:
    officers(folder)
    with_cell("posting", supervisor_id=77)(folder)


def orphan_of_a_rejected_parent(folder: Path) -> None:
    write_csv(folder / "officer.csv", [row("officer", 1), row("officer", 2, joined_on="2020-02-31")])
    write_csv(folder / "absence.csv", [row("absence", 1), row("absence", 2, officer_id=2)])


def units_without_their_parent(folder: Path) -> None:
    rows = [row("unit", 1), row("unit", 2, parent_unit_id=99), row("unit", 3, parent_unit_id=2), row("unit", 4)]
    write_csv(folder / "unit.csv", rows)


FORMULA = "=cmd|' /C calc'!A0"
INJECTION = "'); DROP TABLE officer; --"
LONG = "x" * 10_000_000

STOPS = [
    Case("a folder that is not there", nothing, error=("folder cannot be opened", "nothing there")),
    Case("a file in place of the folder", a_file_instead, error=("folder cannot be opened", "a file")),
    Case("an empty folder", lambda folder: None, error=("no table of the contract", "empty folder")),
    Case(
        "only files of other names",
        officer_file(b"x", name="notes.txt"),
        error=("no table of the contract", "notes.txt"),
    ),
    Case("a table in two forms", two_forms, error=("officer.csv and officer.parquet",)),
    Case("a link out of the folder", linked_outside, error=("leads out of the records folder", "officer.csv")),
    Case("a link to nothing", linked_nowhere, error=("officer.csv", "broken link")),
    Case("a folder named like a file", a_folder_named_like_a_file, error=("officer.parquet", "not a file")),
    Case(
        "a missing column that may not be empty",
        officer_file(lines(b"1,2020-01-01,", header=b"officer_id,joined_on,left_on")),
        error=("officer.csv", "'workforce' missing"),
    ),
    Case(
        "a doubled column",
        officer_file(lines(GOOD + b",", header=HEADER + b",left_on")),
        error=("officer.csv", "'left_on' there more than once"),
    ),
    Case(
        "two columns that differ in capitals alone",
        officer_file(lines(GOOD + b",", header=HEADER.upper() + b",Left_On")),
        error=("'left_on' there more than once",),
    ),
    Case(
        "a header that two signs part into as many columns",
        officer_file(b"officer_id,workforce;joined_on\n"),
        error=("what separates the cells of officer.csv", "2 columns by comma and as many by semicolon"),
    ),
    Case("an empty CSV file", officer_file(b""), error=("officer.csv is empty", "header row")),
    Case("a CSV file of blank lines", officer_file(b"\n\n\n"), error=("officer.csv is empty",)),
    Case("a row with too few cells", officer_file(lines(GOOD, b"2,officer")), error=("line 3", "4 cells", "with 2")),
    Case(
        "a row with too many cells",
        officer_file(lines(GOOD, GOOD + b",surplus")),
        error=("line 3", "4 cells", "with 5"),
    ),
    Case("a quote that never closes", officer_file(lines(b'1,"officer,2020-01-01,')), error=("line 2", "double quote")),
    Case(
        "two kinds of line ending",
        officer_file(HEADER + b"\r\n" + GOOD + b"2021-01-01\n2,officer,2020-01-01,2021-01-01\r\n"),
        error=("not well-formed CSV", "one kind of line ending"),
    ),
    Case(
        "latin-1 bytes",
        officer_file(lines(GOOD, b"2,caf\xe9,2020-01-01,")),
        error=("UTF-8", "byte 0xe9", "officer.csv, line 3"),
    ),
    Case(
        "half a character at the end",
        officer_file(lines(GOOD) + "é".encode()[:1]),
        error=("UTF-8", "half a character"),
    ),
    Case("UTF-16 text", officer_file(lines(GOOD).decode().encode("utf-16")), error=("UTF-8", "line 1")),
    Case("a NUL byte", officer_file(lines(GOOD, b"2,off\0icer,2020-01-01,")), error=("NUL byte", "line 3")),
    Case("a cut-off gzip file", gzipped(gzip.compress(lines(GOOD) * 50)[:-9]), error=("officer.csv.gz", "unpacked")),
    Case("plain text named gzip", gzipped(lines(GOOD)), error=("officer.csv.gz", "unpacked", "Not a gzipped file")),
    Case("an empty Parquet file", parquet_bytes(lambda _: b""), error=("officer.parquet", "complete Parquet")),
    Case("a truncated Parquet file", parquet_bytes(lambda b: b[:-40]), error=("officer.parquet", "complete Parquet")),
    Case("the first half of a Parquet file", parquet_bytes(lambda b: b[: len(b) // 2]), error=("officer.parquet",)),
    Case("CSV named Parquet", officer_file(lines(GOOD), name="officer.parquet"), error=("cannot be read as Parquet",)),
    Case("a damaged Parquet page", parquet_bytes(damaged_page), error=("officer.parquet", "cannot be read as Parquet")),
    Case("a missing Parquet column", parquet_columns(workforce=None), error=("officer.parquet", "'workforce' missing")),
    Case("a doubled Parquet column", doubled_parquet_column, error=("'officer_id' there more than once",)),
    Case("raw bytes for text in Parquet", parquet_columns(workforce=pa.array([b"officer"])), error=("binary",)),
]

REJECTS = [
    Case("a word for a number", with_cell("absence", officer_id="abc"), rejected={("absence", 2): "unread"}),
    Case("a fraction for a whole number", with_cell("absence", officer_id="1.5"), rejected={("absence", 2): "unread"}),
    Case("an exponent for a whole number", with_cell("absence", officer_id="1e0"), rejected={("absence", 2): "unread"}),
    Case("a number in hexadecimal", with_cell("absence", officer_id="0x1"), rejected={("absence", 2): "unread"}),
    Case("a number over 64 bits", with_cell("absence", officer_id="9" * 19), rejected={("absence", 2): "unread"}),
    Case("a number over 32 bits", with_cell("shift", overtime_minutes=2**31), rejected={("shift", 2): "unread"}),
    Case(
        "a number over 32 bits in Parquet",
        with_parquet("roster_edit", types={"minutes_gained": pa.int64()}, minutes_gained=2**31),
        rejected={("roster_edit", 2): "unread"},
        loaded={"roster_edit": 1},
    ),
    Case(
        "a number over 64 bits in Parquet",
        with_parquet("expense", types={"amount_pence": pa.uint64()}, amount_pence=2**63),
        rejected={("expense", 2): "unread"},
    ),
    Case("a day that does not exist", with_cell("absence", ended_on="2025-02-30"), rejected={("absence", 2): "unread"}),
    Case(
        "a day that may be two days",
        with_cell("absence", started_on="1/3/2025"),
        rejected={("absence", 2): "unread"},
    ),
    Case("a day without end", with_cell("absence", ended_on="infinity"), rejected={("absence", 2): "unread"}),
    Case("the word epoch for a day", with_cell("absence", started_on="epoch"), rejected={("absence", 2): "unread"}),
    Case(
        "a day before all records",
        with_cell("absence", started_on="1066-10-14"),
        rejected={("absence", 2): "day(started_on)"},
    ),
    Case("a day to come", with_cell("absence", ended_on="2100-01-01"), rejected={("absence", 2): "day(ended_on)"}),
    Case(
        "a time too far away in Parquet",
        with_parquet("site_entry", left_at=datetime(9999, 1, 1)),  # noqa: DTZ001
        rejected={("site_entry", 2): "day(left_at)"},
    ),
    Case(
        "a time of day in a day in Parquet",
        with_parquet("absence", types={"started_on": pa.timestamp("us")}, started_on=datetime(2025, 3, 1, 7)),  # noqa: DTZ001
        rejected={("absence", 2): "unread"},
        loaded={"absence": 1},
    ),
    Case(
        "a fraction of a microsecond in Parquet",
        with_parquet("site_entry", types={"entered_at": pa.timestamp("ns")}, entered_at=1_740_000_000_000_000_001),
        rejected={("site_entry", 2): "unread"},
        loaded={"site_entry": 1},
    ),
    Case(
        "an hour that does not exist",
        with_cell("shift", ends_at="2025-03-01 24:00:00"),
        rejected={("shift", 2): "unread"},
    ),
    Case("no known_on", with_cell("expense", known_on=None), rejected={("expense", 2): "required(known_on)"}),
    Case(
        "no known_on in Parquet",
        with_parquet("expense", known_on=None),
        rejected={("expense", 2): "required(known_on)"},
    ),
    Case(
        "no key",
        with_rows("expense", row("expense", 2) | {"claim_id": ""}),
        rejected={("expense", 2): "required(claim_id)"},
    ),
    Case("an unknown value", with_cell("expense", kind="yacht"), rejected={("expense", 2): "values(kind)"}),
    Case("a formula for a value", with_cell("expense", kind=FORMULA), rejected={("expense", 2): "values(kind)"}),
    Case("a formula for a number", with_cell("expense", amount_pence="=1+1"), rejected={("expense", 2): "unread"}),
    Case("SQL for a number", with_cell("expense", amount_pence=INJECTION), rejected={("expense", 2): "unread"}),
    Case(
        "an amount below zero", with_cell("expense", amount_pence=-1), rejected={("expense", 2): "range(amount_pence)"}
    ),
    Case("a severity above five", with_cell("incident", severity=6), rejected={("incident", 2): "range(severity)"}),
    Case("no working time at all", with_cell("posting", fte=0), rejected={("posting", 2): "range(fte)"}),
    Case(
        "not a number in Parquet", with_parquet("posting", fte=float("nan")), rejected={("posting", 2): "finite(fte)"}
    ),
    Case("infinity in Parquet", with_parquet("posting", fte=float("inf")), rejected={("posting", 2): "finite(fte)"}),
    Case(
        "an end before the start",
        with_cell("absence", ended_on="2025-02-28"),
        rejected={("absence", 2): "order(started_on, ended_on)"},
    ),
    Case(
        "known before it happened",
        with_cell("expense", known_on="2025-02-28"),
        rejected={("expense", 2): "order(incurred_on, known_on)"},
    ),
    Case(
        "known the day before the time",
        with_cell("vehicle_event", known_on="2025-02-28"),
        rejected={("vehicle_event", 2): "order(occurred_at, known_on)"},
    ),
    Case(
        "a key twice in rows that differ",
        with_rows("expense", row("expense", 2), row("expense", 2, receipt=False)),
        rejected={("expense", 2): "unique(claim_id)", ("expense", 3): "unique(claim_id)"},
        loaded={"expense": 1},
    ),
    Case(
        "a row three times over",
        with_rows("expense", row("expense", 2), row("expense", 2), row("expense", 2)),
        rejected={("expense", 3): "unique(claim_id)", ("expense", 4): "unique(claim_id)"},
        loaded={"expense": 2},
    ),
    Case(
        "a key twice, of rows that share one and a third that differs",
        with_rows("expense", row("expense", 2), row("expense", 2), row("expense", 2, receipt=False)),
        rejected={("expense", n): "unique(claim_id)" for n in (2, 3, 4)},
    ),
    Case(
        "a key that a row known later claims too",
        with_rows("expense", row("expense", 2), row("expense", 2, receipt=False, known_on="2025-12-31")),
        rejected={("expense", 3): "unique(claim_id)"},
        loaded={"expense": 2},
    ),
    Case(
        "an officer who is not there",
        orphan,
        rejected={("absence", 2): "reference(officer_id)"},
    ),
    Case(
        "an officer who was set aside",
        orphan_of_a_rejected_parent,
        rejected={("officer", 2): "unread", ("absence", 2): "reference(officer_id)"},
    ),
    Case(
        "a unit whose parent is not there, and its own child",
        units_without_their_parent,
        rejected={("unit", 2): "reference(parent_unit_id)", ("unit", 3): "reference(parent_unit_id)"},
        loaded={"unit": 2},
    ),
    Case("a 10 MB cell of text", with_cell("site_entry", site=LONG), rejected={("site_entry", 2): "text(site)"}),
    Case("a 10 MB cell for a number", with_cell("expense", amount_pence=LONG), rejected={("expense", 2): "unread"}),
    Case("a 10 MB cell for a value", with_cell("expense", kind=LONG), rejected={("expense", 2): "values(kind)"}),
    Case("a line break in a text", with_cell("site_entry", site="a\nb"), rejected={("site_entry", 2): "text(site)"}),
    Case(
        "an escape character in a text",
        with_cell("site_entry", site="\x1b[2J"),
        rejected={("site_entry", 2): "text(site)"},
    ),
]

LOADS = [
    Case("an unknown column", officer_file(lines(GOOD + b",7", header=HEADER + b",shoe_size")), loaded={"officer": 1}),
    Case(
        "a missing column that may be empty",
        officer_file(lines(b"1,officer,2020-01-01", header=b"officer_id,workforce,joined_on")),
        loaded={"officer": 1},
    ),
    Case("a header in capitals", officer_file(lines(GOOD, header=HEADER.upper())), loaded={"officer": 1}),
    Case(
        "semicolons for commas",
        officer_file(lines(GOOD.replace(b",", b";"), header=HEADER.replace(b",", b";"))),
        loaded={"officer": 1},
    ),
    Case("texts for numbers in Parquet", parquet_columns(officer_id=pa.array(["1"])), loaded={"officer": 1}),
    Case("floats for whole numbers in Parquet", parquet_columns(officer_id=pa.array([1.0])), loaded={"officer": 1}),
    Case(
        "fractions for whole numbers in Parquet",
        parquet_columns(officer_id=pa.array([Decimal("1.5")])),
        rejected={("officer", 1): "unread"},
        loaded={"officer": 0},
    ),
    Case("texts for days in Parquet", parquet_columns(joined_on=pa.array(["2020-01-01"])), loaded={"officer": 1}),
    Case(
        "times with a zone in Parquet",
        parquet_columns(joined_on=pa.array([datetime(2020, 1, 1, tzinfo=UTC)], pa.timestamp("us", "UTC"))),
        loaded={"officer": 1},
    ),
    Case(
        "numbers for truths in Parquet", with_parquet("expense", types={"receipt": pa.int64()}), loaded={"expense": 2}
    ),
    Case("a space before a number", with_cell("absence", officer_id=" 1"), loaded={"absence": 2}),
    Case("a time with a zone", with_cell("shift", ends_at="2025-03-01 19:00:00+01"), loaded={"shift": 2}),
    Case("a day for a time", with_cell("shift", ends_at="2025-03-02"), loaded={"shift": 2}),
    Case("yes for true", with_cell("expense", receipt="yes"), loaded={"expense": 2}),
    Case("a value in capitals", with_cell("expense", kind="Travel"), loaded={"expense": 2}),
    Case("a value and a space", with_cell("expense", kind="travel "), loaded={"expense": 2}),
    Case("a word for nothing", with_cell("posting", fte="nan"), loaded={"posting": 2}),
    Case("a formula in a text", with_cell("site_entry", site=FORMULA), loaded={"site_entry": 2}),
    Case("SQL in a text", with_cell("site_entry", site=INJECTION), loaded={"site_entry": 2}),
    Case("other scripts in a text", with_cell("site_entry", site="Ωmega 漢字 🚓 עברית"), loaded={"site_entry": 2}),
    Case("quotes and commas in a text", with_cell("site_entry", site='a "quoted", text'), loaded={"site_entry": 2}),
    Case("a link that dangles", dangling_link, loaded={"posting": 2}),
    Case(
        "known on the day it happened", with_cell("vehicle_event", known_on="2025-03-01"), loaded={"vehicle_event": 2}
    ),
    Case("a header and no rows", officer_file(lines()), loaded={"officer": 0}),
    Case("a header without a line break", officer_file(HEADER), loaded={"officer": 0}),
    Case("no line break at the end", officer_file(HEADER + b"\n" + GOOD), loaded={"officer": 1}),
    Case("blank lines between rows", officer_file(lines(b"", GOOD, b"", b"")), loaded={"officer": 1}),
    Case("Windows line endings", officer_file(lines(GOOD, end=b"\r\n")), loaded={"officer": 1}),
    Case("a byte order mark", officer_file(b"\xef\xbb\xbf" + lines(GOOD)), loaded={"officer": 1}),
    Case("a gzipped CSV", gzipped(gzip.compress(lines(GOOD))), loaded={"officer": 1}),
    Case(
        "columns in another order",
        officer_file(lines(b",1,2020-01-01,officer", header=b"left_on,officer_id,joined_on,workforce")),
        loaded={"officer": 1},
    ),
    Case(
        "narrow numbers in Parquet",
        with_parquet("expense", types={"claim_id": pa.int8(), "amount_pence": pa.uint16()}),
        loaded={"expense": 2},
    ),
    Case(
        "wide numbers in Parquet",
        with_parquet("roster_edit", types={"minutes_gained": pa.int64()}),
        loaded={"roster_edit": 2},
    ),
    Case(
        "whole numbers for a fraction in Parquet",
        with_parquet("posting", types={"fte": pa.int64()}, fte=1),
        rejected={("posting", 1): "range(fte)"},
        loaded={"posting": 1},
    ),
    Case(
        "midnights for days in Parquet",
        with_parquet("absence", types={"started_on": pa.timestamp("ns")}),
        loaded={"absence": 2},
    ),
    Case("a column without a type in Parquet", parquet_columns(left_on=pa.nulls(1)), loaded={"officer": 1}),
    Case(
        "a dictionary of texts in Parquet",
        parquet_columns(workforce=pa.array(["officer"]).dictionary_encode()),
        loaded={"officer": 1},
    ),
    Case(
        "a Parquet file without rows",
        lambda folder: write_parquet(folder / "officer.parquet", "officer", []),
        loaded={"officer": 0},
    ),
    Case(
        "a truth table among the records",
        lambda folder: (officers(folder), (folder / "truth_row.csv").write_text("x")),
        loaded={"officer": 3},
    ),
]


# ---------------------------------------------------------------- what becomes of them


def test_the_table_is_long_enough_and_names_each_case_once() -> None:
    cases = [*STOPS, *REJECTS, *LOADS]
    assert len(cases) >= 40
    assert len({case.name for case in cases}) == len(cases)


@pytest.mark.parametrize("case", STOPS, ids=lambda case: case.name)
def test_a_broken_file_stops_the_run_and_says_which_and_why(case: Case, tmp_path: Path) -> None:
    folder = tmp_path / "records"
    folder.mkdir()
    case.make(folder)
    with Store(threads=1) as store, pytest.raises(InputRejected) as caught:
        load_records(folder, store=store)
    assert caught.value.exit_code == 3
    message = str(caught.value)
    assert [words for words in case.error if words not in message] == [], message
    assert len(message) < 2000


@pytest.mark.parametrize("case", [*REJECTS, *LOADS], ids=lambda case: case.name)
def test_a_broken_row_is_set_aside_with_its_rule_and_every_row_is_accounted_for(case: Case, tmp_path: Path) -> None:
    folder = tmp_path / "records"
    folder.mkdir()
    case.make(folder)
    with Store(threads=1) as store:
        loaded = load_records(folder, store=store)
        found = store.rows("SELECT table_name, source_row, constraint_name, reason FROM quarantine.rows")
        held = {count.table: store.value(f"SELECT count(*) FROM loaded.{count.table}") for count in loaded.counts}
    assert {(table, source_row): rule for table, source_row, rule, _ in found} == dict(case.rejected)
    for count in loaded.counts:
        assert count.rows_in == count.loaded + count.quarantined
        assert count.loaded == held[count.table]
        assert count.quarantined == sum(table == count.table for table, *_ in found)
    assert {table: held[table] for table in case.loaded} == dict(case.loaded)
    for *_, reason in found:
        assert 0 < len(reason) <= 2000
        assert reason.isprintable()


@pytest.mark.parametrize("name", ["o'brien", "a [b] *?", "with space", "100%{x}"])
def test_a_folder_may_have_any_name(name: str, tmp_path: Path) -> None:
    folder = tmp_path / name
    folder.mkdir()
    officers(folder)
    write_parquet(folder / "unit.parquet", "unit", [row("unit", 1)])
    with Store(threads=1) as store:
        assert [count.loaded for count in load_records(folder, store=store).counts] == [3, 1]


def test_a_reason_names_the_column_what_was_expected_and_what_was_found(tmp_path: Path) -> None:
    with_cell("expense", amount_pence="lots", kind=LONG, incurred_on=date(2025, 3, 2))(tmp_path)
    with Store(threads=1) as store:
        load_records(tmp_path, store=store)
        ((reason,),) = store.rows("SELECT reason FROM quarantine.rows")
    assert reason == (
        "amount_pence: expected a whole number, found 'lots'; "
        "kind: expected one of travel, subsistence, accommodation, informant, other, "
        f"found '{'x' * 60}…'; "
        "incurred_on: expected nothing after known_on '2025-03-01', found '2025-03-02'"
    )
