"""Sources that fall silent or change are told from late, sparse and new ones, and silence never reads as zero."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest

from audit.flag.replay import replay
from data.arrow import ARROW_TYPES
from data.contract import CONTRACT
from data.sample_records import complete_row, complete_rows, load_rows
from data.store import Store
from features.engine import compute_all
from features.gaps.source_gaps import examine
from features.gaps.sources import Gap, Sources, gaps_from_json
from features.indicator import Indicator, NoExposure
from features.table import NO_EXPOSURE, OK, SOURCE_GAP, Cells
from pipeline.loading import load_records
from pipeline.run_folder import RunFolder
from pipeline.settings import load
from pipeline.trial import try_store
from tests import small_force
from tests.runs import Runner

START, DAYS = date(2025, 1, 1), 400
AS_OF = START + timedelta(days=DAYS)
AREAS, TEAMS, OFFICERS = 4, 8, 80
Days = npt.NDArray[np.int64]
Choose = Callable[[Days, Days], npt.NDArray[np.bool_]]

RATES = {"system_access": 2.0, "shift": 0.5, "complaint": 0.02, "grievance": 0.001}
"""Rows a day and officer: plenty in a day, in a week, in four weeks, and never enough."""
LAGS = {"system_access": (0.99, 0.01), "shift": (0.5, 0.2, 0.1, 0.1, 0.05, 0.05), "complaint": (0.3, *[0.035] * 20)}


def on(number: int) -> date:
    return START + timedelta(days=number)


def area_of(officer: Days) -> Days:
    """Officers 1 to 20 are in area 101, and so on."""
    return 101 + (officer - 1) * AREAS // OFFICERS


def table(name: str, day: Days, officer: Days, lag: Days) -> pa.Table:
    """Rows about days and officers, known so many days later."""
    declaration = CONTRACT[name]
    sample = complete_row(declaration, {}, number=1)
    arrays = {c.name: pa.repeat(pa.scalar(sample[c.name], ARROW_TYPES[c.type]), len(day)) for c in declaration.columns}
    noon = np.datetime64(START, "us") + day * np.timedelta64(24 * 60, "m") + np.timedelta64(12 * 60, "m")
    arrays[str(declaration.key)] = pa.array(np.arange(1, len(day) + 1))
    arrays["officer_id"] = pa.array(officer)
    if "unit_id" in arrays:
        arrays["unit_id"] = pa.array((officer - 1) * TEAMS // OFFICERS + 1)
    for column in {declaration.occurred, declaration.until} - {None}:
        arrays[str(column)] = pa.array(noon).cast(ARROW_TYPES[declaration.column[str(column)].type], safe=False)
    arrays[str(declaration.known)] = pa.array(noon + lag * np.timedelta64(24 * 60, "m")).cast(pa.date32(), safe=False)
    return pa.table(arrays)


def sources(*, seed: int = 1, keep: Mapping[str, Choose] | None = None, **rates: float) -> dict[str, pa.Table]:
    """Four sources that flow steadily; `keep` says which rows, by day and officer, a source delivers after all."""
    rng = np.random.default_rng(seed)
    tables = {}
    for name, rate in (RATES | rates).items():
        count = rng.poisson(rate, size=(DAYS, OFFICERS)).ravel()
        day = np.repeat(np.repeat(np.arange(DAYS), OFFICERS), count)
        officer = np.repeat(np.tile(np.arange(1, OFFICERS + 1), DAYS), count)
        chances = np.array(LAGS.get(name, (1.0,)))
        lag = rng.choice(len(chances), size=len(day), p=chances / chances.sum())
        mask = keep[name](day, officer) if keep and name in keep else np.full(len(day), True)
        tables[name] = table(name, day[mask], officer[mask], lag[mask])
    return tables


def people() -> dict[str, list[dict[str, object]]]:
    areas = [{"unit_id": 101 + a, "kind": "borough", "parent_unit_id": 100} for a in range(AREAS)]
    teams = [
        {"unit_id": t, "kind": "team", "parent_unit_id": 101 + (t - 1) * AREAS // TEAMS} for t in range(1, TEAMS + 1)
    ]
    posts = [
        {"officer_id": o, "unit_id": (o - 1) * TEAMS // OFFICERS + 1, "started_on": "2020-01-01"}
        for o in range(1, OFFICERS + 1)
    ]
    officers = [{"officer_id": o, "joined_on": "2015-01-01"} for o in range(1, OFFICERS + 1)]
    return complete_rows(
        {"unit": [{"unit_id": 100, "kind": "force"}, *areas, *teams], "officer": officers, "posting": posts}
    )


@contextmanager
def open_store(tables: Mapping[str, pa.Table]) -> Iterator[Store]:
    with Store(threads=1) as store:
        load_rows(store, people())
        for name, rows in tables.items():
            store.register("rows", rows)
            store.run(f"CREATE TABLE loaded.{name} AS SELECT *, 'tables' AS source_file, 1 AS source_row FROM rows")
        yield store


def examine_tables(tables: Mapping[str, pa.Table], *as_ofs: date) -> Sources:
    with open_store(tables) as store:
        return examine(store, as_ofs=as_ofs or [AS_OF])


def without(first: int, last: int, *, area: int | None = None) -> Choose:
    """Drop the days from first to last, in one area or everywhere."""
    return lambda day, officer: (day < first) | (day > last) | (area is not None and area_of(officer) != area)


@pytest.mark.parametrize("seed", range(5))
def test_steady_late_and_sparse_sources_have_no_gap_and_no_change(seed: int) -> None:
    examined = examine_tables(sources(seed=seed), *(on(n) for n in range(250, DAYS + 1, 25)))
    assert examined.gaps == ()
    assert examined.changes == ()


def test_a_silence_of_the_whole_force_is_found_to_the_day_and_listed_once() -> None:
    (gap,) = examine_tables(sources(keep={"system_access": without(300, 309)})).gaps
    assert (gap.table, gap.area, gap.first, gap.last, gap.found) == ("system_access", None, on(300), on(309), 0)
    assert 1400 < gap.usual < 1700  # 160 a day


def test_a_silence_of_one_area_is_found_through_the_postings_of_its_officers() -> None:
    (gap,) = examine_tables(sources(keep={"system_access": without(300, 302, area=103)})).gaps
    assert (gap.table, gap.area, gap.first, gap.last) == ("system_access", 103, on(300), on(302))


def test_a_silence_of_one_area_is_found_through_the_units_that_rows_name() -> None:
    (gap,) = examine_tables(
        sources(keep={"shift": without(DAYS - 28, DAYS - 15, area=102)})
    ).gaps  # two weeks, in whole weeks
    assert (gap.table, gap.area, gap.first, gap.last) == ("shift", 102, on(DAYS - 28), on(DAYS - 15))


def test_a_source_that_died_days_ago_is_a_gap_up_to_yesterday() -> None:
    (gap,) = examine_tables(sources(keep={"system_access": without(DAYS - 4, DAYS)})).gaps
    assert (gap.first, gap.last) == (on(DAYS - 4), AS_OF - timedelta(days=1))


def test_recording_that_takes_weeks_is_no_gap_on_any_day() -> None:
    """Complaints come in over three weeks: of the last four weeks a good part is missing on every as-of date."""
    late = sources(complaint=0.2)
    assert examine_tables(late, *(on(n) for n in range(DAYS - 60, DAYS + 1, 3))).gaps == ()


def test_what_comes_in_late_is_a_gap_where_more_would_have_come_in_by_now() -> None:
    late = sources(complaint=0.5, keep={"complaint": without(DAYS - 7, DAYS)})
    assert {(g.table, g.first, g.last) for g in examine_tables(late).gaps if g.area is None} == {
        ("complaint", on(DAYS - 7), AS_OF - timedelta(days=1))
    }


def test_what_was_silent_shows_only_from_the_day_on_which_it_can_be_known() -> None:
    examined = examine_tables(sources(keep={"system_access": without(300, 309)}), on(299), on(302), on(350))
    assert {g.as_of: (g.first, g.last) for g in examined.gaps} == {
        on(302): (on(300), on(301)),
        on(350): (on(300), on(309)),
    }


@pytest.mark.parametrize(("name", "period"), [("system_access", 1), ("shift", 7), ("complaint", 28)])
def test_a_feed_that_broke_off_long_ago_is_a_gap_from_that_day_to_the_as_of_date(name: str, period: int) -> None:
    """Half of its periods are empty: by its own lower quartile nothing is usual."""
    broken = examine_tables(sources(shift=0.3, complaint=0.05, keep={name: without(210, DAYS)}))
    (gap,) = broken.gaps
    assert (gap.table, gap.area, gap.last, gap.lasts) == (name, None, AS_OF - timedelta(days=1), True)
    assert on(210) - timedelta(days=3) <= gap.first <= on(210)
    assert gap.found * 10 < gap.usual
    assert broken.days_lost(AS_OF, 90, [name]) == {None: 90}
    assert broken.reach[AS_OF, name] <= START + timedelta(days=period)
    (note,) = broken.notes()
    assert note.startswith(f"Records of {name} end on {gap.first - timedelta(days=1)}, {gap.days} days before")


def test_a_feed_of_one_area_that_broke_off_long_ago_is_a_gap_of_that_area() -> None:
    (gap,) = examine_tables(sources(keep={"system_access": without(210, DAYS, area=103)})).gaps
    assert (gap.table, gap.area, gap.first, gap.last) == ("system_access", 103, on(210), AS_OF - timedelta(days=1))


@pytest.mark.parametrize("later", [60, 400, 2000])
def test_long_after_the_last_record_every_source_has_ended(later: int) -> None:
    """Also those that hold too few rows to show a gap by themselves."""
    as_of = AS_OF + timedelta(days=later)
    ended = examine_tables(sources(), as_of)
    assert {(gap.table, gap.area) for gap in ended.gaps} == {(name, None) for name in RATES}
    for gap in ended.gaps:
        assert gap.last == as_of - timedelta(days=1)
        assert later - 7 < gap.days <= later + 10  # in whole weeks where days hold too few rows
    assert len(ended.notes()) == len(RATES)


def test_a_stray_row_does_not_prolong_records_that_have_ended() -> None:
    as_of = AS_OF + timedelta(days=400)
    one = np.array([DAYS + 350]), np.array([5]), np.array([0])
    tables = sources()
    for name in ("system_access", "grievance"):
        tables[name] = pa.concat_tables([tables[name], table(name, *one)])
    gaps = {gap.table: gap for gap in examine_tables(tables, as_of).gaps if gap.area is None}
    assert set(gaps) == set(RATES)
    assert gaps["system_access"].first == AS_OF
    assert gaps["system_access"].found == 1
    assert gaps["grievance"].first == on(DAYS + 351)
    assert gaps["complaint"].days >= 372


def test_a_source_that_is_silent_by_nature_or_recorded_weeks_later_has_not_broken_off() -> None:
    quiet_months: Choose = lambda day, officer: day // 28 % 2 == 0  # noqa: E731
    assert (
        examine_tables(sources(keep={"system_access": quiet_months}), *(on(n) for n in (260, 270, 300, 330))).gaps == ()
    )
    rng = np.random.default_rng(3)
    day = np.repeat(np.arange(DAYS - 100, DAYS), 100)
    late = table("system_access", day, rng.integers(1, OFFICERS + 1, len(day)), np.full(len(day), 40))
    assert [
        gap for gap in examine_tables(sources() | {"system_access": late}).gaps if gap.table == "system_access"
    ] == []


def test_records_that_end_within_four_weeks_have_not_ended() -> None:
    ended = examine_tables(sources(), AS_OF + timedelta(days=20))
    assert ended.notes() == ()
    assert not any(gap.table == "grievance" for gap in ended.gaps)


def test_a_source_without_any_row_yet_is_silent_from_the_beginning() -> None:
    nothing = table("system_access", *(np.array([], dtype=np.int64) for _ in range(3)))
    (gap,) = examine_tables(sources() | {"system_access": nothing}).gaps
    assert (gap.table, gap.area, gap.last, gap.found) == ("system_access", None, AS_OF - timedelta(days=1), 0)
    assert gap.first < START - timedelta(days=1825)


def test_a_source_that_began_late_has_no_gap_but_does_not_reach_back() -> None:
    examined = examine_tables(sources(keep={"system_access": without(0, 199)}))
    assert examined.gaps == ()
    assert examined.reaches_back(AS_OF, 90, ["system_access"])
    assert not examined.reaches_back(AS_OF, 365, ["shift", "system_access"])
    assert examined.reaches_back(AS_OF, 365, ["shift", "grievance"])


@pytest.mark.parametrize(("name", "early"), [("absence", 900), ("system_access", 700), ("complaint", 3000)])
def test_a_few_rows_from_long_before_do_not_make_a_source_reach_back(name: str, early: int) -> None:
    """Also where the records go further back than the periods that are compared with one another."""
    days = np.repeat(np.arange(-500, DAYS), 40)
    day = np.concatenate([[-early], days])
    rows = table(name, day, 1 + np.arange(len(day)) % OFFICERS, np.zeros(len(day), dtype=np.int64))
    assert on(-528) <= examine_tables({name: rows}).reach[AS_OF, name] <= on(-498)


def test_a_sparse_source_reaches_as_far_as_nearly_all_its_rows() -> None:
    day = np.array([-4000, *range(0, DAYS, 5)])
    rows = table("grievance", day, 1 + np.arange(len(day)) % OFFICERS, np.zeros(len(day), dtype=np.int64))
    examined = examine_tables(sources() | {"grievance": rows})
    assert on(0) <= examined.reach[AS_OF, "grievance"] <= on(DAYS // 15)
    assert examined.notes() == ()


@pytest.mark.parametrize("name", ["system_access", "complaint"])
def test_fuller_recording_from_a_day_on_is_listed_as_a_change_and_is_no_gap(name: str) -> None:
    rng = np.random.default_rng(5)

    def thinned(day: Days, officer: Days) -> npt.NDArray[np.bool_]:
        return (day >= 200) | (rng.random(len(day)) < 1 / 1.715)

    examined = examine_tables(sources(complaint=0.2, keep={name: thinned}))
    assert examined.gaps == ()
    (change,) = examined.changes
    assert (change.table, change.area) == (name, None)
    assert abs((change.since - on(200)).days) <= 14
    assert 1.5 <= change.after / change.before <= 1.95


def test_a_change_in_one_area_is_listed_with_it() -> None:
    rng = np.random.default_rng(5)

    def halved(day: Days, officer: Days) -> npt.NDArray[np.bool_]:
        return (day < 200) | (area_of(officer) != 102) | (rng.random(len(day)) < 0.5)

    (change,) = examine_tables(sources(keep={"system_access": halved})).changes
    assert (change.table, change.area) == ("system_access", 102)
    assert change.before > change.after


LOOKUPS = Indicator(
    question="How many look-ups?",
    table="system_access",
    aggregate="count",
    exposure=NoExposure("a test"),
    windows=(90, 365),
    name="lookups",
)
COMPLAINTS = Indicator(
    question="How many complaints a look-up?",
    table="complaint",
    aggregate="count",
    exposure="lookups",
    windows=(90, 365),
    name="complaints",
)


def values(tables: Mapping[str, pa.Table]) -> Mapping[tuple[str, int], Cells]:
    with open_store(tables) as store:
        tables = compute_all(
            store,
            [LOOKUPS, COMPLAINTS],
            kinds=["officer"],
            as_ofs=[AS_OF],
            sources=examine(store, as_ofs=[AS_OF]),
        )
    return tables[AS_OF, "officer"].cells


def test_a_window_that_lost_more_than_a_twentieth_to_gaps_says_nothing_and_never_zero() -> None:
    cells = values(sources(keep={"system_access": without(390, 399)}))
    quarter, year = cells["lookups", 90], cells["lookups", 365]
    assert set(quarter.status) == {SOURCE_GAP}
    assert np.isnan(quarter.value).all()
    assert set(year.status) == {OK}
    assert year.partial is not None
    assert year.partial.all()
    assert (year.value > 0).all()


def test_a_value_whose_exposure_was_not_recorded_says_nothing_either() -> None:
    cells = values(sources(keep={"system_access": without(390, 399)}))
    quarter, year = cells["complaints", 90], cells["complaints", 365]
    assert set(quarter.status) == {SOURCE_GAP}
    assert np.isnan(quarter.value).all()
    assert np.isnan(quarter.exposure).all()
    assert set(year.status) == {OK}
    assert (year.exposure > 0).all()


def test_only_the_officers_of_a_silent_area_are_passed_over() -> None:
    cells = values(sources(keep={"system_access": without(390, 399, area=103)}))["lookups", 90]
    inside = area_of(np.arange(1, OFFICERS + 1)) == 103
    assert (cells.status == np.where(inside, SOURCE_GAP, OK)).all()
    assert (np.isnan(cells.value) == inside).all()


def test_an_officer_who_did_nothing_while_the_source_flowed_still_has_a_zero() -> None:
    cells = values(sources(keep={"system_access": lambda day, officer: officer != 7}))
    assert cells["lookups", 90].value[6] == 0
    assert cells["lookups", 90].status[6] == OK
    assert cells["complaints", 90].status[6] == NO_EXPOSURE


def test_days_that_several_gaps_share_are_lost_once() -> None:
    gaps = [
        Gap(AS_OF, "shift", None, on(380), on(389), 0, 1),
        Gap(AS_OF, "shift", 102, on(385), on(394), 0, 1),
        Gap(AS_OF, "expense", None, on(0), on(330), 0, 1),
        Gap(on(395), "shift", None, on(0), on(394), 0, 1),
    ]
    examined = Sources(tuple(gaps))
    assert examined.days_lost(AS_OF, 90, ["shift"]) == {None: 10, 102: 15}
    assert examined.days_lost(AS_OF, 15, ["shift"]) == {None: 5, 102: 10}
    assert examined.days_lost(AS_OF, 90, ["shift", "expense"]) == {None: 21, 102: 21}
    assert examined.days_lost(AS_OF, 90, ["grievance"]) == {None: 0}


def test_a_gap_survives_the_manifest() -> None:
    gap = Gap(AS_OF, "shift", 102, on(3), on(9), 1, 200)
    assert gaps_from_json([gap.to_json()]) == (gap,)


@pytest.mark.parametrize("as_of", [on(305), on(350)])
def test_rows_known_on_or_after_the_as_of_date_change_no_gap_and_no_change(as_of: date) -> None:
    """Neither rows that would fill a gap, nor postings that would move officers to other areas."""
    steady = sources()
    silent = sources(keep={"system_access": without(300, 304), "shift": without(280, 300, area=101)})
    before = examine_tables(silent, as_of)
    assert before.gaps
    rng = np.random.default_rng(8)
    with_later_rows = {}
    for name, rows in silent.items():
        day, officer = rng.integers(0, DAYS, 4000), rng.integers(1, OFFICERS + 1, 4000)
        later = table(name, day, officer, np.maximum((as_of - START).days - day, 0) + rng.integers(0, 9, 4000))
        with_later_rows[name] = pa.concat_tables([rows, later])
    assert sum(map(len, with_later_rows.values())) > sum(map(len, steady.values())) + 10_000
    with open_store(with_later_rows) as store:
        transfers = [
            {"posting_id": 1000 + o, "officer_id": o, "unit_id": 8, "started_on": "2020-01-01", "known_on": as_of}
            for o in range(1, OFFICERS + 1)
        ]
        store.run("CREATE TABLE postings AS FROM loaded.posting")
        load_rows(store, complete_rows({"posting": transfers}))
        store.run("INSERT INTO loaded.posting FROM postings")
        assert examine(store, as_ofs=[as_of]) == before


@pytest.fixture(scope="module")
def silenced(
    tmp_path_factory: pytest.TempPathFactory, force_rows: dict[str, list[dict[str, object]]], runner: Runner
) -> RunFolder:
    """A run of the small force without its look-ups of three weeks."""
    last = small_force.AS_OF - timedelta(days=15)
    rest = [r for r in force_rows["system_access"] if not last - timedelta(days=20) <= r["known_on"] <= last]
    assert 400 < len(force_rows["system_access"]) - len(rest) < 700
    return runner(
        small_force.write(tmp_path_factory.mktemp("silent") / "records", force_rows | {"system_access": rest})
    )


def test_a_run_lists_its_gaps_and_says_nothing_of_what_it_could_not_see(silenced: RunFolder) -> None:
    (gap,) = silenced.manifest["source_gaps"]
    last = small_force.AS_OF - timedelta(days=15)
    assert (gap["table"], gap["area"], gap["last"]) == ("system_access", None, str(last))
    rows = silenced.table("features").to_pylist()
    hit = [r for r in rows if r["indicator"] == "unlinked_lookups" and r["window_days"] == 90]
    assert hit
    assert {(r["status"], r["value"], r["exposure"]) for r in hit} == {("source_gap", None, None)}
    assert not any("look" in f["explanation"] and "90" in f["explanation"] for f in silenced.table("flags").to_pylist())


def test_the_flags_of_a_run_with_gaps_replay(silenced: RunFolder) -> None:
    replays = replay(silenced)
    assert replays
    assert [r.faults for r in replays if not r.agrees] == []


def test_a_run_without_gaps_lists_none(finished: RunFolder) -> None:
    assert finished.manifest["source_gaps"] == []
    assert finished.manifest["practice_changes"] == []


def test_rows_known_later_cannot_fill_a_gap_of_a_run(
    silenced: RunFolder,
    force_rows: dict[str, list[dict[str, object]]],
    tmp_path: Path,
) -> None:
    """The look-ups that were missing come in on the as-of date."""
    last = small_force.AS_OF - timedelta(days=15)
    late = [
        r | {"known_on": small_force.AS_OF} if last - timedelta(days=20) <= r["known_on"] <= last else r
        for r in force_rows["system_access"]
    ]
    records = small_force.write(tmp_path / "records", force_rows | {"system_access": late})
    with Store(threads=1) as store:
        load_records(records, store=store, check="constraints", tables=CONTRACT.readable)
        gaps = examine(store, as_ofs=[small_force.AS_OF]).gaps
        again = try_store(store, settings=load(), as_of=[small_force.AS_OF])
    assert [gap.to_json() for gap in gaps] == silenced.manifest["source_gaps"]
    for name in ("features", "scores"):
        assert getattr(again, name).equals(silenced.table(name))
