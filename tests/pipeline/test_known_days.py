"""The default as-of date follows the bulk of the rows, whatever single days far beyond it say."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.sample_records import complete_rows, load_rows
from data.store import Store
from pipeline.known_days import LONGEST_PAUSE, bulk_end, ended_long_before, last_known

START = date(2024, 1, 1)
MONTH = [(START + timedelta(days=n), 5) for n in range(30)]


@pytest.mark.parametrize("far", [date(2025, 6, 1), date(2042, 1, 5), date(2099, 12, 31)])
def test_one_day_far_beyond_the_others_does_not_move_the_end(far: date) -> None:
    assert bulk_end([*MONTH, (far, 1)]) == bulk_end(MONTH) == date(2024, 1, 30)


def test_several_days_far_beyond_do_not_move_it_either() -> None:
    assert bulk_end([*MONTH, (date(2027, 1, 1), 2), (date(2031, 1, 1), 1), (date(2099, 12, 31), 3)]) == MONTH[-1][0]


def test_rows_that_follow_within_two_months_belong_to_the_bulk() -> None:
    later = MONTH[-1][0] + LONGEST_PAUSE
    assert bulk_end([*MONTH, (later, 1)]) == later


def test_many_rows_after_a_pause_are_no_mistake() -> None:
    later = date(2025, 6, 1)
    assert bulk_end([*MONTH, (later, 20)]) == later


def test_among_few_rows_none_lies_apart() -> None:
    assert bulk_end([(START, 5), (date(2099, 12, 31), 1)]) == date(2099, 12, 31)


def test_without_rows_it_is_the_first_day_of_all() -> None:
    assert bulk_end([]) == date(1970, 1, 1)


@given(st.dictionaries(st.dates(date(2000, 1, 1), date(2099, 12, 31)), st.integers(1, 50), max_size=12))
def test_at_most_a_twentieth_of_the_rows_lies_beyond_the_end(counts: dict[date, int]) -> None:
    days = sorted(counts.items())
    end, total = bulk_end(days), sum(counts.values())
    beyond = sum(count for day, count in days if day > end)
    assert beyond <= max(0.05 * total, total >= 20)
    following = [day for day, _ in days if day > end]
    assert not following or following[0] - end > LONGEST_PAUSE


def test_it_is_read_from_every_loaded_table_that_has_such_a_day() -> None:
    rows = complete_rows(
        {
            "officer": [{"joined_on": "2024-03-01"} for _ in range(20)] + [{"joined_on": "2099-12-31"}],
            "complaint": [{"officer_id": 1, "received_on": "2024-04-01", "known_on": "2024-04-02"}],
            "unit": [{}],
        }
    )
    with Store(threads=1) as store:
        load_rows(store, rows)
        assert last_known(store) == date(2024, 4, 2)


@pytest.mark.parametrize(("rows", "named"), [(30, True), (5, False)])
def test_records_that_end_years_before_the_as_of_date_are_named(rows: int, named: bool) -> None:
    complaints = [{"officer_id": None, "known_on": "2016-12-31"} for _ in range(rows)]
    with Store(threads=1) as store:
        load_rows(store, complete_rows({"complaint": complaints, "officer": [{"joined_on": "1999-01-01"}] * 30}))
        said = list(ended_long_before(store, date(2019, 1, 1)))
        assert list(ended_long_before(store, date(2017, 12, 31))) == []
    assert [text.split(",")[0] for text in said] == (
        ["complaint: the last row became known on 2016-12-31"] if named else []
    )
