"""The public Chicago release reads as the contract: a small made-up release with every defect, and the real one."""

from __future__ import annotations

import csv
import gzip
import os
from datetime import date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from data.asof import asof_query
from data.contract import CONTRACT
from data.errors import InputRejected
from data.mapping.templates import template_text
from data.sources import _chicago_codes as codes
from data.store import Store
from pipeline.load_report import LoadReport
from pipeline.loading import load_records

MAPPED = ("officer", "protected_characteristic", "unit", "posting", "complaint", "use_of_force")

PROFILES = """UID,gender,race,appointed_date,birth_year,resignation_date,cleaned_rank
1,FEMALE,BLACK,2001-01-01,1970,,COMMANDER
2,MALE,HISPANIC,1995-01-01,1960,2006-05-31,POLICE OFFICER
3,X,MARTIAN,2003-01-01,1890,,POLICE OFFICER
4,MALE,WHITE,2004-13-01,,,POLICE OFFICER
"""
UNITS = """UID,unit,unit_start_date,unit_end_date
1,7,2001-05-01,2004-03-31
1,620,2004-04-01,
1,7,2004-04-01,2004-03-31
2,,1995-02-01,2006-05-31
3,715,2003-06-01,
3,189,2005-06-01,
9,7,2003-06-01,
"""
SALARIES = """UID,year,rank
1,2003,POLICE OFFICER
1,2004,POLICE OFFICER
1,2005,SERGEANT
1,2005,POLICE OFFICER
1,2006,LIEUTENANT
2,2002,SERGEANT
3,2006,SERGEANT
"""
ACCUSED = """cr_id,UID,complaint_code,complaint_category,final_finding,final_outcome
10,1,05A,ARRESTEE - DURING ARREST,SU,100
10,2,05A,ARRESTEE - DURING ARREST,NS,600
10,2,05A,ARRESTEE - DURING ARREST,NS,600
10,2,01B,"RACIAL/ETHNIC, ETC.",EX,600
11,1,10Q,MISUSE DEPARTMENT RECORDS,NAF,
12,3,03P,RACIAL PROFILING (ADVOCATE USE ON CLOSING ONLY),DIS,
13,3,99Z,SOMETHING NEW,,
77,3,05A,ARRESTEE - DURING ARREST,SU,
14,1,,,UN,
"""
CASES = """cr_id,incident_date,complaint_date,closed_date,beat
10,2002-01-05,2002-01-07,2004-02-01,711
11,2003-05-02,2003-05-01,2003-06-01,1
12,,2004-01-01,2004-02-01,
13,2004-01-01,2004-01-01,,
14,2000-01-01,2000-01-02,1999-12-31,
15,2004-01-01,2004-01-01,,
"""
FORCE = """trr_id,UID,event_no,trr_date,trr_time,officer_injured,subject_injured,firearm_used,taser
5,1,50,2005-01-02,23:59:00,false,true,false,false
6,1,50,2005-01-02,23:59:00,true,false,True,true
7,3,,2006-01-02,,false,true,false,true
8,3,52,2006-01-03,10:00:00,false,,false,false
"""
FILES = {
    "officers/final-profiles": PROFILES,
    "unit-history/unit-history": UNITS,
    "salary/salaries": SALARIES,
    "complaints/complaints-accused": ACCUSED,
    "complaints/complaints-complaints": CASES,
    "TRR/trr_main": FORCE,
}


def write_release(folder: Path, **changes: str | None) -> Path:
    """Write the made-up release, with the files given by their last name changed or left out."""
    for path, text in FILES.items():
        content = changes.get(path.rpartition("/")[2].replace("-", "_"), text)
        if content is not None:
            target = folder / f"{path}.csv"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(content)
    return folder


class Read:
    """What became of a release."""

    def __init__(self, folder: Path, source: str = "chicago") -> None:
        self.store = Store(threads=1)
        self.loaded: LoadReport = load_records(folder, source=source, store=self.store)

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        return self.store.rows(sql)

    def table(self, name: str, *columns: str) -> list[tuple[Any, ...]]:
        return self.rows(f"SELECT {', '.join(columns)} FROM loaded.{name}")

    def quarantined(self) -> set[tuple[str, int, str]]:
        return set(self.rows("SELECT table_name, source_row, constraint_name FROM quarantine.rows"))

    def note(self, words: str) -> str:
        (found,) = [note for note in self.loaded.notes if words in note]
        return found


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Read:
    return Read(write_release(tmp_path_factory.mktemp("release")))


# ---------------------------------------------------------------- the made-up release


def test_what_the_release_lacks_is_absent(made: Read) -> None:
    assert tuple(count.table for count in made.loaded.counts) == tuple(t.name for t in CONTRACT if t.name in MAPPED)
    assert set(made.loaded.absent) == {table.name for table in CONTRACT} - set(MAPPED)


def test_officers_and_their_characteristics_come_from_the_profiles(made: Read) -> None:
    assert made.table("officer", "officer_id", "workforce", "joined_on", "left_on", "source_row") == [
        (1, "officer", date(2001, 1, 1), None, 1),
        (2, "officer", date(1995, 1, 1), date(2006, 5, 31), 2),
        (3, "officer", date(2003, 1, 1), None, 3),
    ]
    assert made.table("protected_characteristic", "officer_id", "sex", "ethnicity", "age_band") == [
        (1, "female", "black", "26-40"),
        (2, "male", "hispanic", "26-40"),
        (3, None, "not_stated", None),
    ]
    assert {("officer", 4, "unread"), ("protected_characteristic", 4, "reference(officer_id)")} <= made.quarantined()


def test_units_are_teams_of_one_force_and_cite_where_they_first_occur(made: Read) -> None:
    assert made.table("unit", "unit_id", "name", "kind", "parent_unit_id", "source_file", "source_row") == [
        (-1, "Unit unknown", "team", 0, "unit-history/unit-history.csv", 4),
        (0, "Force", "force", None, "officers/final-profiles.csv", 1),
        (7, "District 7", "team", 0, "unit-history/unit-history.csv", 1),
        (189, "Unit 189", "team", 0, "unit-history/unit-history.csv", 6),
        (620, "Unit 620", "team", 0, "unit-history/unit-history.csv", 2),
        (715, "Unit 715", "team", 0, "unit-history/unit-history.csv", 5),
    ]


def test_a_posting_has_the_rank_of_the_last_salary_year_that_was_over(made: Read) -> None:
    found = made.rows(
        "SELECT officer_id, unit_id, rank, role, started_on, ended_on, known_on = started_on, "
        "split_part(source_file, '/', 1), source_row FROM loaded.posting ORDER BY officer_id, started_on"
    )
    assert found == [
        (1, 7, "constable", "response", date(2001, 5, 1), date(2004, 3, 31), True, "unit-history", 1),
        (1, 620, "constable", "detective", date(2004, 4, 1), date(2005, 12, 31), True, "unit-history", 2),
        (1, 620, "sergeant", "detective", date(2006, 1, 1), date(2006, 12, 31), True, "salary", 3),
        (1, 620, "inspector", "detective", date(2007, 1, 1), None, True, "salary", 5),
        (2, -1, "constable", "headquarters", date(1995, 2, 1), date(2002, 12, 31), True, "unit-history", 4),
        (2, -1, "sergeant", "headquarters", date(2003, 1, 1), date(2006, 5, 31), True, "salary", 6),
        (3, 715, "constable", "public_order", date(2003, 6, 1), None, True, "unit-history", 5),
        (3, 189, "constable", "detective", date(2005, 6, 1), date(2006, 12, 31), True, "unit-history", 6),
        (3, 189, "sergeant", "detective", date(2007, 1, 1), None, True, "salary", 7),
    ]


def test_a_unit_row_that_ends_before_it_starts_and_one_of_nobody_are_set_aside(made: Read) -> None:
    assert {("posting", 3, "order(started_on, ended_on)"), ("posting", 7, "reference(officer_id)")} <= (
        made.quarantined()
    )


def test_a_complaint_is_read_from_its_accused_row_and_its_case(made: Read) -> None:
    columns = ("allegation_id", "complaint_id", "officer_id", "category", "source", "occurred_on", "received_on")
    assert made.table("complaint", *columns, "outcome", "finalised_on", "known_on = received_on", "source_row") == [
        (1, 10, 1, "powers", "public", date(2002, 1, 5), date(2002, 1, 7), "case_to_answer", date(2004, 2, 1), True, 1),
        (2, 10, 2, "powers", "public", date(2002, 1, 5), date(2002, 1, 7), "no_action", date(2004, 2, 1), True, 2),
        (4, 10, 2, "discrimination", "public", date(2002, 1, 5), date(2002, 1, 7), "service_acceptable",
         date(2004, 2, 1), True, 4),
        (5, 11, 1, "disclosure", "internal", None, date(2003, 5, 1), "withdrawn", date(2003, 6, 1), True, 5),
        (6, 12, 3, "other", "public", None, date(2004, 1, 1), None, date(2004, 2, 1), True, 6),
        (7, 13, 3, "other", "public", date(2004, 1, 1), date(2004, 1, 1), None, None, True, 7),
    ]  # fmt: skip


def test_a_twin_a_row_without_a_case_and_a_case_closed_before_it_opened_are_set_aside(made: Read) -> None:
    assert {(row, rule) for table, row, rule in made.quarantined() if table == "complaint"} == {
        (3, "refused(twin)"),
        (8, "refused(no_case)"),
        (9, "order(received_on, finalised_on)"),
    }


def test_a_number_written_as_a_spreadsheet_does_is_the_same_number(made: Read, tmp_path: Path) -> None:
    """The twin of a row is seen, whichever of the two was written with a fraction."""
    plain = [line for line in ACCUSED.splitlines() if line]
    doubled = "\n".join([*plain, plain[1].replace("10,1,", "10.0,1.0,")]) + "\n"
    assert plain[1].startswith("10,1,")
    spoilt = Read(write_release(tmp_path, complaints_accused=doubled))
    assert spoilt.quarantined() - made.quarantined() == {("complaint", len(plain), "refused(twin)")}
    cases = CASES.replace("\n10,", "\n10.0,").replace("\n11,", "\n11.0,")
    respelt = Read(write_release(tmp_path / "again", complaints_complaints=cases))
    columns = ("allegation_id", "complaint_id", "officer_id", "received_on", "finalised_on")
    assert respelt.table("complaint", *columns) == made.table("complaint", *columns)
    assert [n for n in respelt.loaded.notes if "complaint" in n] == [n for n in made.loaded.notes if "complaint" in n]


def test_a_use_of_force_has_a_tactic_and_severity_by_the_stated_table(made: Read) -> None:
    assert made.table("use_of_force", "force_id", "incident_id", "used_at", "tactic", "severity", "video") == [
        (5, 50, datetime(2005, 1, 2, 23, 59), "other", 3, False),  # noqa: DTZ001
        (6, 50, datetime(2005, 1, 2, 23, 59), "firearm", 5, False),  # noqa: DTZ001
        (7, None, datetime(2006, 1, 2), "taser", 4, False),  # noqa: DTZ001
        (8, 52, datetime(2006, 1, 3, 10), "other", 2, False),  # noqa: DTZ001
    ]
    assert made.table("use_of_force", "force_id", "subject_injured")[-1] == (8, None)


@pytest.mark.parametrize(
    "words",
    [
        "1 unit rows have no unit number",
        "4 postings begin where the salary list shows another rank",
        "3 salary rows begin no posting",
        "1 complaint rows lost their incident date",
        "codes without a category of ours and read as other: 99Z",
        "codes that are given at closing and read as other: 03P",
        "1 complaint rows have no code",
        "findings without an outcome of ours and read as having none: DIS",
        "1 cases name no officer",
        "1 uses of force have no time of day",
        "use_of_force.incident_id was not checked",
    ],
)
def test_what_was_mended_is_told_and_counted(words: str, made: Read) -> None:
    assert made.note(words)


def test_every_row_of_every_mapped_file_is_loaded_or_set_aside(made: Read) -> None:
    assert [(c.table, c.rows_in, c.loaded, c.quarantined) for c in made.loaded.counts] == [
        ("officer", 4, 3, 1),
        ("protected_characteristic", 4, 3, 1),
        ("unit", 6, 6, 0),
        ("posting", 7 + 4, 9, 2),
        ("use_of_force", 4, 4, 0),
        ("complaint", 9, 6, 3),
    ]


def test_the_template_says_of_cases_and_force_what_the_source_says(made: Read, tmp_path: Path) -> None:
    folder = write_release(tmp_path / "release")
    mapping = tmp_path / "chicago.toml"
    mapping.write_text(template_text("chicago").replace(".csv.gz", ".csv"), encoding="utf-8")
    again = Read(folder, source=str(mapping))
    cases = ("complaint_id", "officer_id", "category", "source", "occurred_on", "received_on", "outcome")
    for table, columns in (
        ("complaint", (*cases, "finalised_on", "known_on")),
        ("use_of_force", ("force_id", "officer_id", "incident_id", "used_at", "tactic", "subject_injured", "known_on")),
        ("protected_characteristic", ("officer_id", "sex", "ethnicity")),
    ):
        assert set(again.table(table, *columns)) == set(made.table(table, *columns)), table
        assert again.table(table, *columns)
    assert any("1 rows of unit-history/unit-history.csv are left out by `where`" in n for n in again.loaded.notes)


def test_a_file_may_be_missing_and_its_tables_are_then_absent(tmp_path: Path) -> None:
    read = Read(write_release(tmp_path, unit_history=None, complaints_complaints=None, salaries=None))
    assert [c.table for c in read.loaded.counts] == ["officer", "protected_characteristic", "use_of_force"]


def test_without_salaries_every_rank_is_constable(tmp_path: Path) -> None:
    read = Read(write_release(tmp_path, salaries=None))
    assert {rank for (rank,) in read.table("posting", "rank")} == {"constable"}


def test_gzip_more_columns_and_another_column_order_change_nothing(made: Read, tmp_path: Path) -> None:
    write_release(tmp_path)
    for path in FILES:
        plain = tmp_path / f"{path}.csv"
        with plain.open(newline="") as file:
            rows = [[*cells[::-1], "more"] for cells in csv.reader(file)]
        plain.unlink()
        with gzip.open(f"{plain}.gz", "wt", newline="") as file:
            csv.writer(file).writerows(rows)
    read = Read(tmp_path)
    for table in MAPPED:
        columns = CONTRACT[table].names
        assert read.table(table, *columns) == made.table(table, *columns)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"final_profiles": "UID,gender\n1,MALE\n"}, ["officers/final-profiles.csv", "race, appointed_date"]),
        (
            {"trr_main": FORCE.replace("trr_id,UID", "UID,UID")},
            ["TRR/trr_main.csv", "trr_id missing", "UID there more"],
        ),
        ({name.rpartition("/")[2].replace("-", "_"): None for name in FILES}, ["does not hold the Chicago release"]),
    ],
)
def test_another_layout_is_rejected_with_what_was_expected(
    change: dict[str, str | None], words: list[str], tmp_path: Path
) -> None:
    with Store(threads=1) as store, pytest.raises(InputRejected) as caught:
        load_records(write_release(tmp_path, **change), source="chicago", store=store)
    assert [w for w in words if w not in str(caught.value)] == []


def test_a_file_both_plain_and_gzipped_is_rejected(tmp_path: Path) -> None:
    write_release(tmp_path)
    (tmp_path / "salary" / "salaries.csv.gz").write_bytes(gzip.compress(SALARIES.encode()))
    with Store(threads=1) as store, pytest.raises(InputRejected, match="there twice"):
        load_records(tmp_path, source="chicago", store=store)


# ---------------------------------------------------------------- the mapping tables


def test_every_code_has_one_category_of_the_contract() -> None:
    listed = [code for line in codes.CATEGORIES.values() for code in codes.codes(line)] + list(codes.CLOSING_ONLY)
    assert len(listed) == len(set(listed))
    assert set(codes.CATEGORIES) == set(CONTRACT["complaint"].column["category"].values)
    assert set(codes.codes(codes.INTERNAL)) <= set(listed)


def test_everything_mapped_to_is_a_value_of_the_contract() -> None:
    assert set(codes.FINDINGS.values()) <= set(CONTRACT["complaint"].column["outcome"].values)
    assert set(codes.RANKS) < set(CONTRACT["posting"].column["rank"].values)
    assert {role for role, _ in codes.ROLES} < set(CONTRACT["posting"].column["role"].values)
    assert set(codes.ETHNICITIES.values()) < set(CONTRACT["protected_characteristic"].column["ethnicity"].values)
    assert {tactic for tactic, _ in codes.SEVERITIES} < set(CONTRACT["use_of_force"].column["tactic"].values)


def test_a_unit_number_has_one_role_at_most() -> None:
    ranges = sorted(span for _, spans in codes.ROLES for span in spans)
    assert all(low <= high for low, high in ranges)
    nested = [(a, b) for a, b in pairwise(ranges) if b[0] <= a[1]]
    # Two units lie within a wider range; the first that fits decides, so theirs stands before it.
    assert nested == [((188, 196), (191, 191)), ((600, 669), (608, 608))]
    names = [role for role, _ in codes.ROLES]
    assert max(names.index("intelligence"), names.index("roads")) < names.index("detective")


# ---------------------------------------------------------------- the real release


@pytest.fixture(scope="module")
def real() -> Read:
    return Read(Path(os.environ["OPENCSE_CHICAGO"]))


def release_rows(folder: Path, name: str) -> int:
    path = next(folder.glob(f"{name}.csv*"))
    with gzip.open(path, "rt", newline="") if path.suffix == ".gz" else path.open(newline="") as file:
        return sum(1 for _ in csv.reader(file)) - 1


@pytest.mark.chicago
def test_the_real_release_adds_up(real: Read, chicago: Path) -> None:
    counts = {count.table: count for count in real.loaded.counts}
    assert set(counts) == set(MAPPED)
    assert all(count.rows_in == count.loaded + count.quarantined for count in counts.values())
    profiles = release_rows(chicago, "officers/final-profiles")
    assert counts["officer"].rows_in == counts["protected_characteristic"].rows_in == profiles
    assert counts["complaint"].rows_in == release_rows(chicago, "complaints/complaints-accused")
    assert counts["use_of_force"].rows_in == release_rows(chicago, "TRR/trr_main")
    cited = "SELECT source_row FROM {} WHERE source_file LIKE 'unit-history/%'"
    rows = real.rows(
        f"SELECT count(*), count(DISTINCT source_row), max(source_row) FROM "
        f"({cited.format('loaded.posting')} UNION ALL {cited.format('quarantine.rows')})"
    )
    units = release_rows(chicago, "unit-history/unit-history")
    assert rows == [(units, units, units)]


@pytest.mark.chicago
def test_every_code_of_the_real_release_is_mapped(real: Read) -> None:
    assert [note for note in real.loaded.notes if "codes without a category" in note] == []
    found = {category for (category,) in real.rows("SELECT DISTINCT category FROM loaded.complaint")}
    assert found == set(CONTRACT["complaint"].column["category"].values)


@pytest.mark.chicago
@pytest.mark.parametrize("as_of", [date(2003, 1, 1), date(2006, 7, 1), date(2009, 1, 1)])
def test_no_finding_of_the_real_release_is_known_before_its_case_closed(real: Read, as_of: date) -> None:
    query = asof_query(CONTRACT["complaint"], as_of, relation="loaded.complaint")
    seen = real.rows(
        f"SELECT count(*) > 0, count(s.outcome) > 0, max(s.known_on) < DATE '{as_of}', "
        f"count(s.outcome) FILTER (WHERE r.finalised_on >= DATE '{as_of}') "
        f"FROM ({query}) AS s JOIN loaded.complaint AS r USING (allegation_id)"
    )
    assert seen == [(True, True, True, 0)]


@pytest.mark.chicago
def test_no_rank_of_the_real_release_is_known_before_the_salary_year_was_over(real: Read) -> None:
    early = real.rows("SELECT min(started_on) FROM loaded.posting WHERE rank <> 'constable'")
    assert early[0][0] >= date(2003, 1, 1)
    (cut,) = real.rows(
        "SELECT count(*) FILTER (WHERE month(started_on) <> 1 OR day(started_on) <> 1), count(*) > 0 "
        "FROM loaded.posting WHERE source_file LIKE 'salary/%'"
    )
    assert cut == (0, True)


@pytest.mark.chicago
def test_the_parts_of_a_posting_follow_one_another_without_gap(real: Read) -> None:
    (found,) = real.rows(
        "SELECT count(*) > 0, count(*) FILTER (WHERE NOT EXISTS (FROM loaded.posting AS before "
        "WHERE before.officer_id = p.officer_id AND before.unit_id = p.unit_id "
        "AND before.ended_on = p.started_on - 1)) FROM loaded.posting AS p WHERE source_file LIKE 'salary/%'"
    )
    assert found == (True, 0)
