"""Mappings: what their pages may say, how their faults are told, and that nothing in them is ever run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from data.errors import UsageError
from data.mapping.mapping_expression import ExpressionFaulty, condition_sql, value_sql
from data.mapping.mapping_file import RecordMapping, read_mapping
from data.store import Store, quoted
from pipeline.loading import load_records

ROW = {"Name": "Ann Lee", "Kind": "Force", "Case": "15-0001", "Closed": None, "Score": "7"}


def resolve(name: str) -> str:
    if name not in ROW:
        raise KeyError(name)
    return quoted(name)


def worth(sql: str) -> Any:
    columns = ", ".join(f"{'NULL' if v is None else repr(v)} AS {quoted(k)}" for k, v in ROW.items())
    with Store(threads=1) as store:
        return store.value(f"SELECT {sql} FROM (SELECT {columns}, 3 AS source_row)")


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("Name", "Ann Lee"),
        ("[Name]", "Ann Lee"),
        ("'it''s'", "it's"),
        ("first([Closed], 'open')", "open"),
        ("join([Kind], '-', Score)", "Force-7"),
        ("part(Case, '-', 2)", "0001"),
        ("digits(Case)", "150001"),
        ("upper(Kind)", "FORCE"),
        ("replace(Kind, 'orc', 'at')", "Fate"),
        ("row()", "3"),
        ("if(Score > 3 and not Kind = 'Word', 'high', 'low')", "high"),
        ("if(Closed is empty or Kind in ('a', 'b'), 'yes', 'no')", "yes"),
        ("if(Score < 10, 'a', 'b')", "a"),  # as numbers: as texts 7 is not before 10
    ],
)
def test_an_expression_gives_a_text(expression: str, value: str) -> None:
    assert worth(value_sql(expression, resolve)) == value


@pytest.mark.parametrize(
    "expression",
    [
        "read_text('/etc/passwd')",
        "(SELECT 1)",
        "Name; DROP TABLE x",
        "Name || Kind",
        "getenv('HOME')",
        "system('ls')",
        '"Name"',
        "[Nobody]",
        "first()",
        "part(Case, '-')",
        "if(Name, 'a', 'b')",
        "lower(" * 60 + "Name" + ")" * 60,
        "'" + "x" * 3000 + "'",
        "'unclosed",
        "__import__",
        "Name Kind",
        "",
    ],
)
def test_whatever_is_not_in_the_set_is_refused(expression: str) -> None:
    with pytest.raises(ExpressionFaulty):
        value_sql(expression, resolve)


def test_a_text_cannot_leave_its_quotes() -> None:
    assert worth(value_sql("'''); DROP TABLE x; --'", resolve)) == "'); DROP TABLE x; --"


@pytest.mark.parametrize("condition", ["Name", "Kind =", "Kind = 'a' or", "not", "Kind is nothing", "Kind in ('a'"])
def test_a_condition_that_says_nothing_is_refused(condition: str) -> None:
    with pytest.raises(ExpressionFaulty):
        condition_sql(condition, resolve)


MAPPING = """mapping = 1
[files]
a = "a.csv"
[complaint]
complaint_id = "case"
officer_id = "who"
category = "'other'"
source = "'public'"
received_on = "day"
known_on = "day"
"""
ROWS = "case,who,day\nA-1,7.0,2015-04-13\nA-1,,2015-04-13\nA-2,8.0,2016-05-14\n"


def mapped(folder: Path, text: str = MAPPING, rows: str = ROWS) -> Path:
    (folder / "a.csv").write_text(rows, encoding="utf-8")
    path = folder / "mapping.toml"
    path.write_text(text, encoding="utf-8")
    return path


def loaded(folder: Path, text: str = MAPPING, rows: str = ROWS) -> tuple[dict[str, list[tuple[Any, ...]]], Any]:
    path = mapped(folder, text, rows)
    with Store(threads=1) as store:
        report = load_records(folder, source=str(path), store=store, check="constraints")
        return {name: store.rows(f"FROM loaded.{name}") for name in report.present}, report


def test_files_become_tables_and_officers_are_made_of_who_is_named(tmp_path: Path) -> None:
    tables, report = loaded(tmp_path)
    assert [row[:3] for row in tables["complaint"]] == [(1, 1, 7), (2, 1, None), (3, 2, 8)]
    assert [(row[0], row[-1]) for row in tables["officer"]] == [(7, 1), (8, 3)]
    assert report.crosswalk == {"complaint": ("A-1", "A-2")}
    assert report.source == "mapping"
    assert [c.rows_in for c in report.counts if c.table == "complaint"] == [3]


def test_rows_can_be_chosen_and_a_file_completed_by_another(tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_text("case,day\nA-1,2015-04-13\nA-1,2019-01-01\n", encoding="utf-8")
    text = MAPPING.replace('a = "a.csv"', 'a = { path = "a.csv", join = { file = "b", on = "case" } }\nb = "b.csv"')
    text = text.replace("[complaint]", '[complaint]\nfrom = "a"\nwhere = "who is not empty"')
    tables, report = loaded(tmp_path, text, "case,who\nA-1,7\nA-1,\nA-2,8\n")
    # The case that has no row in the other file has no day, and stands in quarantine for it.
    assert [row[:3] for row in tables["complaint"]] == [(1, 1, 7)]
    assert report.violations[("complaint", "required(received_on)")] == 1
    assert any("1 rows of a.csv have no row with the same case in b.csv" in note for note in report.notes)
    assert any("1 rows of b.csv repeat a case" in note for note in report.notes)


def test_postings_are_made_of_rows_that_say_who_served_where(tmp_path: Path) -> None:
    text = MAPPING + '[posting]\nstints = "day"\nofficer_id = "who"\nunit_id = "unit"\n'
    rows = "case,who,day,unit\n1,7,2015-01-13,X\n2,7,2016-01-01,X\n3,7,2017-01-01,Y\n4,8,2016-06-01,Y\n"
    tables, _ = loaded(tmp_path, text, rows)
    spells = [(row[1], row[2], str(row[7]), str(row[8]), str(row[9])) for row in tables["posting"]]
    assert spells == [
        (7, 1, "2015-01-13", "2016-12-31", "2015-01-13"),
        (7, 2, "2017-01-01", "None", "2017-01-01"),
        (8, 2, "2015-01-13", "None", "2016-06-01"),  # since the records begin, as far as is known; known from its row
    ]
    assert [row[1] for row in tables["unit"]] == ["X", "Y"]


@pytest.mark.parametrize(
    ("change", "line", "words"),
    [
        (("mapping = 1", "mapping = 2"), 1, "mapping = 1"),
        (('a = "a.csv"', 'a = "../a.csv"'), 3, "inside the records folder"),
        (('a = "a.csv"', 'a = { path = "a.csv", colour = 1 }'), 3, "colour"),
        (('a = "a.csv"', 'a = { path = "a.csv", dates = { day = "y-m-d" } }'), 3, "m/d/y"),
        (('a = "a.csv"', 'a = { path = "a.csv", encoding = "ebcdic" }'), 3, "cp1252"),
        (('a = "a.csv"', 'a = { path = "a.csv", join = { file = "c", on = "x" } }'), 3, "join with one of"),
        (("[complaint]", "[complaints]"), 4, "a table of the contract"),
        (('officer_id = "who"', 'officer = "who"'), 6, "officer"),
        (('known_on = "day"\n', ""), 4, "known_on"),
        (('''source = "'public'"''', "source = 7"), 8, "in quotes"),
        (('''"'other'"''', '{ column = "who", values = { x = "yacht" } }'), 7, "yacht"),
        (('known_on = "day"', 'known_on = "dya"'), 10, "'dya'"),
        (('known_on = "day"', "known_on = \"exec('x')\""), 10, "exec"),
    ],
)
def test_a_fault_names_its_line(change: tuple[str, str], line: int, words: str, tmp_path: Path) -> None:
    assert change[0] in MAPPING
    with pytest.raises(UsageError) as caught:
        loaded(tmp_path, MAPPING.replace(*change))
    assert caught.value.where == f"mapping.toml, line {line}"
    assert words in str(caught.value)


def test_a_page_that_is_no_toml_is_refused(tmp_path: Path) -> None:
    (tmp_path / "m.toml").write_text("mapping = ")
    with pytest.raises(UsageError, match="cannot be read"):
        read_mapping(tmp_path / "m.toml")


def test_a_mapping_is_known_by_its_digest(tmp_path: Path) -> None:
    one: RecordMapping = read_mapping(mapped(tmp_path))
    assert len(one.sha256) == 64
    assert read_mapping(mapped(tmp_path, MAPPING + "\n")).sha256 != one.sha256
