"""What no constraint refuses, and yet may not mean what it says, is told with its table and its count."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from data.sample_records import SampleRow as Row
from data.sample_records import complete_rows, load_rows
from data.store import Store
from pipeline.loading import load_records
from pipeline.record_notes import record_notes, units_in_circles
from tests.record_rows import row, write_csv


def notes_on(**tables: list[Row]) -> list[str]:
    rows = complete_rows(tables)
    with Store(threads=1) as store:
        load_rows(store, rows)
        return list(record_notes(store, present=rows, counts=()))


def loaded_notes(folder: Path) -> list[str]:
    with Store(threads=1) as store:
        return [note for note in load_records(folder, store=store).notes if "was not checked" not in note]


def test_records_that_mean_what_they_say_have_no_note() -> None:
    assert notes_on(officer=[{}], unit=[{}], posting=[{"officer_id": 1}], complaint=[{"officer_id": 1}]) == []


def test_a_finding_and_a_discipline_without_a_day_are_counted() -> None:
    notes = notes_on(
        officer=[{}],
        complaint=[{"outcome": "no_action"}, {"outcome": "no_action", "finalised_on": "2021-01-01"}],
        conduct_case=[{"outcome": "dismissed"}, {"opened_on": None, "outcome": "dismissed"}, {}],
    )
    undated = "undated, they are loaded and"
    assert notes == [
        f"complaint: 1 rows have an outcome and no finalised_on: {undated} the outcome is read nowhere.",
        f"conduct_case: 2 rows have an outcome and no closed_on: {undated} the outcome is read nowhere.",
        f"conduct_case: 1 rows have no opened_on: {undated} they lie in no window.",
    ]


def test_rows_dated_after_their_officer_left_are_counted_by_table() -> None:
    (note,) = notes_on(
        officer=[{"joined_on": "2010-01-01", "left_on": "2015-06-30"}, {"joined_on": "2010-01-01"}],
        shift=[
            {"officer_id": 1, "starts_at": "2015-06-30T09:00"},
            {"officer_id": 1, "starts_at": "2020-01-01T09:00"},
            {"officer_id": 2, "starts_at": "2020-01-01T09:00"},
        ],
        complaint=[{"officer_id": 1, "occurred_on": "2016-01-01", "received_on": "2016-01-02"}],
    )
    assert note.startswith("2 rows are dated after their officer left (shift 1, complaint 1)")


def test_rows_dated_before_their_officer_joined_are_counted_by_table_but_not_what_may_be_older() -> None:
    (note,) = notes_on(
        officer=[{"joined_on": "2015-01-01"}, {"joined_on": None}],
        complaint=[
            {"officer_id": 1, "occurred_on": "2014-12-30", "received_on": "2014-12-31"},
            {"officer_id": 1, "occurred_on": "2015-01-01", "received_on": "2015-01-02"},
            {"officer_id": 2, "occurred_on": "1999-01-01", "received_on": "1999-01-02"},
        ],
        external_register=[{"officer_id": 1, "valid_from": "2001-01-01"}],
    )
    assert note.startswith("1 rows are dated before their officer joined (complaint 1)")


def test_an_officer_who_is_their_own_supervisor_is_told() -> None:
    posting = {"officer_id": 1, "supervisor_id": 1}
    (note,) = notes_on(officer=[{}, {}], posting=[posting, posting | {"supervisor_id": 2}])
    assert note.startswith("posting: 1 rows name the officer as their own supervisor")


@pytest.mark.parametrize(
    ("parents", "circling"),
    [
        ({1: None, 2: 1, 3: 2}, []),
        ({1: 1}, [1]),
        ({1: 2, 2: 3, 3: 1, 4: 1}, [1, 2, 3]),
        ({1: None, 2: 99}, []),
        ({1: 2, 2: 1, 3: 4, 4: 3, 5: 4}, [1, 2, 3, 4]),
    ],
)
def test_units_in_a_circle_are_those_one_climbs_back_to(parents: dict[int, int | None], circling: list[int]) -> None:
    assert units_in_circles(parents) == circling


def test_units_in_a_circle_are_named() -> None:
    (note,) = notes_on(unit=[{"parent_unit_id": 2}, {"parent_unit_id": 1}, {"parent_unit_id": 1}])
    assert note.startswith("unit: 2 units stand above themselves in a circle (1, 2)")


def test_a_day_that_stands_for_an_unknown_one_is_counted_by_column() -> None:
    notes = notes_on(
        officer=[
            {"joined_on": "1900-01-01"},
            {"joined_on": "1900-01-01"},
            {"joined_on": "2001-01-01", "left_on": "2099-12-31"},
        ]
    )
    assert [note.split(",")[0] for note in notes] == [
        "officer.joined_on: 2 rows hold 1900-01-01",
        "officer.left_on: 1 rows hold 2099-12-31",
    ]


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "2100-01-01"])
def test_a_day_outside_the_calendar_of_the_contract_is_told_with_what_to_write(tmp_path: Path, day: str) -> None:
    write_csv(tmp_path / "officer.csv", [row("officer", 1), row("officer", 2, left_on=day, joined_on=day)])
    notes = loaded_notes(tmp_path)
    assert [note.split(":")[0] for note in notes] == ["officer.joined_on", "officer.left_on"]
    assert all("leave the cell empty" in note for note in notes)


def test_somebody_who_returned_and_stands_in_two_rows_is_told_how_to_be_written(tmp_path: Path) -> None:
    periods: list[dict[str, Any]] = [
        row("officer", 1, joined_on="2001-01-01", left_on="2010-01-01"),
        row("officer", 1, joined_on="2015-01-01", left_on=None),
    ]
    write_csv(tmp_path / "officer.csv", periods)
    (note,) = loaded_notes(tmp_path)
    assert "Somebody who left and returned is one row" in note
    assert "each period of service is a posting" in note


def test_rows_known_far_beyond_all_others_are_told() -> None:
    (note,) = notes_on(officer=[{"joined_on": "2020-01-01"}] * 30 + [{"joined_on": "2042-01-01"}])
    assert note.startswith("1 rows became known only after 2020-01-01, far beyond all others, the last on 2042-01-01")
