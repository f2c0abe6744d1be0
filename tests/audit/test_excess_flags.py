"""A flag of excess, from records to a run folder, and back: replayed, explained, and cleared by the rows said to."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from audit.flag.explanation import explain
from audit.flag.removal import smallest_removal
from audit.flag.replay import replay
from audit.flag.rerun import Rerun
from audit.flag.stability import stability
from audit.rates.excess_later import OWN_PAST, SINCE
from audit.rates.recorded_later import LaterOutcomes, outcomes_of_run, summarise
from audit.specification.choices import SpecificationPlan
from audit.specification.curve import draw_curve
from audit.specification.curve_report import report, write
from audit.specification.curve_summary import summarise as summarise_curve
from audit.specification.excess_curve import excess_slices
from audit.specification.run_values import RunValues
from data.errors import VerificationFailed
from data.sample_records import complete_rows, load_rows
from data.store import Store
from features.history import history
from features.indicators import indicators
from models.excess.estimate import estimate
from models.excess.peer_rates import Standings
from pipeline.promised import borne_out
from pipeline.run import run
from pipeline.run_folder import RunFolder
from pipeline.settings import Settings, load
from tests import small_force

AS_OF = date(2026, 1, 1)
SETTINGS = """
[features]
indicators = ["complaints", "days_served"]
[models]
rules = []
detectors = ["peer_rate"]
[excess]
concerns = ["standards"]
"""
OFFICERS, OFTEN, DAYS = 160, (7, 77), 2600


def records() -> dict[str, list[dict[str, Any]]]:
    """A force of patrol officers with a complaint every three years, but for two who have three a year."""
    rng = np.random.default_rng(4)
    first = AS_OF - timedelta(days=DAYS)
    complaints = []
    for officer in range(1, OFFICERS + 1):
        often = officer in OFTEN
        yearly = 4.0 if often else 0.4 * rng.gamma(4.0, 0.25)
        for day in sorted(rng.integers(0, DAYS - 10, rng.poisson(yearly * DAYS / 365)).tolist()):
            on = first + timedelta(days=day)
            number = len(complaints) + 1
            complaints.append(
                {"allegation_id": number, "complaint_id": number, "complainant_id": number, "officer_id": officer}
                | {"occurred_on": on, "received_on": on, "known_on": on + timedelta(days=2)}
            )
    officers = [{"officer_id": n, "joined_on": date(2010, 1, 1)} for n in range(1, OFFICERS + 1)]
    place = {"unit_id": 1, "rank": "constable", "role": "response", "started_on": "2010-01-01"}
    postings = [{"officer_id": n} | place for n in range(1, OFFICERS + 1)]
    units = [{"unit_id": 100, "kind": "force"}, {"unit_id": 101, "kind": "borough", "parent_unit_id": 100}]
    units.append({"unit_id": 1, "kind": "team", "parent_unit_id": 101})
    return complete_rows({"unit": units, "officer": officers, "posting": postings, "complaint": complaints})


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    path = tmp_path_factory.mktemp("settings") / "settings.toml"
    path.write_text(SETTINGS)
    return load(path)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, settings: Settings) -> RunFolder:
    folder: Path = tmp_path_factory.mktemp("excess")
    small_force.write(folder / "records", records())
    return run(folder / "records", out=folder / "run", settings=settings, as_of=[AS_OF]).folder


@pytest.fixture(scope="module")
def excess(finished: RunFolder) -> list[dict[str, Any]]:
    return [f for f in finished.table("flags").to_pylist() if f["promise"] == "excess"]


def test_those_with_many_times_the_complaints_of_peers_are_flagged_and_told_how_sure_it_is(
    excess: list[dict[str, Any]],
) -> None:
    assert set(OFTEN) <= {f["subject_id"] for f in excess}
    assert len(excess) <= 4
    assert all("times theirs" in f["explanation"] and "Next to everybody" in f["explanation"] for f in excess)
    assert all(f["p_value"] is None and f["q_value"] <= 0.1 for f in excess)


def test_the_run_says_how_much_was_predicted_in_its_past_and_how_much_came(finished: RunFolder) -> None:
    (row,) = [r for r in finished.table("excess").to_pylist() if r["subject_kind"] == "officer"]
    assert row["indicator"] == "complaints"
    assert row["standing"] == "checked"
    assert row["earlier_day"] < AS_OF
    assert row["came"] > row["due"]
    assert row["predicted"] > row["due"]
    (sentence,) = [s for s in borne_out(finished.table("excess")) if "officer" in s]
    assert f"as of {row['earlier_day']}" in sentence
    assert f"{row['came'] / row['due']:.1f} times came" in sentence
    assert "nobody is flagged" not in sentence


@pytest.mark.parametrize(
    ("standing", "says"),
    [
        ("no_past", "do not reach back"),
        ("too_few", "too few"),
        ("withheld", "1.2 times came. That is less"),
    ],
)
def test_where_no_excess_is_claimed_a_run_says_why(finished: RunFolder, standing: str, says: str) -> None:
    (row,) = [r for r in finished.table("excess").to_pylist() if r["subject_kind"] == "officer"]
    checked = {"due": 10.0, "predicted": 30.0, "came": 12.0} if standing == "withheld" else {"due": None}
    (sentence,) = borne_out(pa.Table.from_pylist([row | {"standing": standing} | checked]))
    assert says in sentence


def test_flags_of_excess_are_replayed_to_the_bit(finished: RunFolder, excess: list[dict[str, Any]]) -> None:
    results = {r.flag_id: r.faults for r in replay(finished)}
    assert {f["flag_id"]: results[f["flag_id"]] for f in excess} == {f["flag_id"]: () for f in excess}


def test_a_history_that_was_changed_is_noticed(
    finished: RunFolder, excess: list[dict[str, Any]], tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    for source in finished.path.rglob("*"):
        if source.is_file():
            target = copy / source.relative_to(finished.path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes())
    table = finished.table("history")
    rows = table.to_pylist()
    whom = excess[0]["subject_id"]
    next(r for r in rows if r["subject_id"] == whom and not r["earlier"])["values"][0] += 1.0
    pq.write_table(type(table).from_pylist(rows, schema=table.schema), copy / "history.parquet")
    (result,) = replay(RunFolder(copy), excess[0]["flag_id"])
    assert any("of the past come out differently" in fault for fault in result.faults)


def test_without_the_rows_named_it_is_not_raised(finished: RunFolder, excess: list[dict[str, Any]]) -> None:
    removal = smallest_removal(finished, excess[0]["flag_id"])
    assert removal.rows
    assert {row.table_name for row in removal.rows} == {"complaint"}
    assert len(removal.rows) < removal.among


def test_an_explanation_says_how_few_events_would_not_reach_the_cut(
    finished: RunFolder, excess: list[dict[str, Any]]
) -> None:
    explained = explain(finished, excess[0]["flag_id"])
    (change,) = explained.changes
    assert "with fewer than" in change
    assert [s["detector"] for s in explained.scores] == ["excess"]
    assert "gamma-distributed" in explained.assumptions[0]


@pytest.fixture(scope="module")
def later(finished: RunFolder, tmp_path_factory: pytest.TempPathFactory) -> LaterOutcomes:
    """Two years on: both who had three complaints a year go on so, and one of them is a woman."""
    rows = records()
    days = [AS_OF + timedelta(days=61 * n) for n in range(1, 12)]
    for number, (officer, day) in enumerate([(o, d) for o in (*OFTEN, *range(8, 14)) for d in days], start=900_000):
        if officer in OFTEN or day == days[officer % len(days)]:
            case = {"allegation_id": number, "complaint_id": number, "complainant_id": number, "officer_id": officer}
            case |= {"occurred_on": day, "received_on": day, "known_on": day}
            rows["complaint"] += complete_rows({"complaint": [case]})["complaint"]
    people = range(1, OFFICERS + 1)
    protected = [{"officer_id": n, "sex": "female" if n == OFTEN[0] else "male", "ethnicity": None} for n in people]
    folder: Path = tmp_path_factory.mktemp("later") / "records"
    small_force.write(folder, rows | complete_rows({"protected_characteristic": protected}))
    return outcomes_of_run(finished, records=folder, months=24)


def test_what_came_since_is_held_against_what_a_flag_of_excess_predicted(
    finished: RunFolder, excess: list[dict[str, Any]], later: LaterOutcomes
) -> None:
    (since,) = [r for r in later.excess_rows() if (r["view"], r["by"]) == (SINCE, "all")]
    assert (since["first"], since["until"]) == (AS_OF, date(2028, 1, 1))
    assert since["people"] == since["flagged"] == len(excess)
    came = {7: 11, 77: 11} | dict.fromkeys(range(8, 14), 1)
    assert since["came"] == sum(came.get(f["subject_id"], 0) for f in excess)
    assert since["low"] < since["times_predicted"] < since["high"]
    assert since["times_came"] > since["times_predicted"]  # nearly nobody else has a complaint: peers leave little
    (past,) = [r for r in later.excess_rows() if (r["view"], r["by"]) == (OWN_PAST, "all")]
    (row,) = [r for r in finished.table("excess").to_pylist() if r["subject_kind"] == "officer"]
    assert (past["people"], past["predicted"], past["came"]) == (row["people_then"], row["predicted"], row["came"])


def test_excess_is_held_against_what_came_by_sex_from_the_records_of_the_audit_alone(
    finished: RunFolder, later: LaterOutcomes
) -> None:
    by_sex = {(r["view"], r["group"]): r for r in later.excess_rows() if r["by"] == "sex"}
    assert by_sex[SINCE, "female"]["came"] == 11
    for view in (OWN_PAST, SINCE):
        (whole,) = [r for r in later.excess_rows() if (r["view"], r["by"]) == (view, "all")]
        parts = [r for (of, _), r in by_sex.items() if of == view]
        assert sum(r["people"] for r in parts) == whole["people"]
        assert sum(r["came"] for r in parts) == whole["came"]
    assert by_sex[SINCE, "female"]["status"] == "too_few"
    (section,) = [s for s in summarise(later) if s.title.startswith("Excess of those flagged")]
    assert ("sex", "female") in {(row[2], row[3]) for row in section.rows}
    assert "ethnicity" not in {r["by"] for r in later.excess_rows()}  # recorded of nobody


def test_a_strong_excess_is_raised_again_whoever_the_peers_are(
    finished: RunFolder, excess: list[dict[str, Any]]
) -> None:
    strong = next(f for f in excess if f["subject_id"] == OFTEN[0])
    peers, seeds, dates = stability(finished, strong["flag_id"], draws=10)
    assert (peers.of, peers.tried, peers.survived) == ("peers drawn anew", 10, 10)
    assert (seeds.tried, dates.tried) == (0, 0)


def test_peers_drawn_anew_change_what_peers_leave_and_nobodys_own_count(finished: RunFolder) -> None:
    past = Rerun(finished, finished.settings).past("officer", AS_OF)
    assert past is not None
    once = Standings(past)
    n = len(past.ids())
    twice = np.zeros(n)
    twice[: n // 2] = 2.0  # half of the force stands for all of it
    whole, half, same = (
        estimate(past, "complaints", standings, times=2.0, q=0.1)
        for standings in (once, replace(once, drawn=twice), replace(once, drawn=np.ones(n)))
    )
    assert whole.due is not None
    assert half.due is not None
    assert np.array_equal(np.asarray(whole.counts), np.asarray(half.counts))
    assert np.array_equal(whole.due, np.asarray(same.due))
    assert whole.counts is not None
    assert half.due.sum() / half.counts[: n // 2].sum() == pytest.approx(2.0, abs=0.05)


def test_a_curve_says_which_flags_of_excess_survive_other_choices(finished: RunFolder, tmp_path: Path) -> None:
    values = RunValues.of_run(finished)
    choices = {
        "excess": [{"name": "thrice", "why": "a test", "times": 3}, {"name": "far off", "why": "one", "times": 60}]
    }
    plan = SpecificationPlan(
        title="excess", **choices, peers=[{"name": "30", "why": "more alike", "smallest_group": 30}]
    )
    curve = report(draw_curve(values, plan))
    own = {row["subject_id"]: row for row in curve.excess if row["flagged_by_run"]}
    assert {n: row["flag_id"] for n, row in own.items()} == {
        f["subject_id"]: f["flag_id"] for f in finished.table("flags").to_pylist() if f["promise"] == "excess"
    }
    strong = own[OFTEN[0]]
    assert (strong["specifications"], strong["survived"], strong["lost_by"]) == (6, 4, ["far off"])
    (section,) = [s for s in summarise_curve(curve) if "flags of excess" in s.title]
    assert any(row[1] == OFTEN[0] and row[4:] == ("67% of 6", "far off") for row in section.rows)
    write(curve, tmp_path / "curve")
    assert pq.read_table(tmp_path / "curve" / "excess_survival.parquet").to_pylist() == curve.excess


def test_a_curve_of_other_code_than_made_the_flags_of_excess_is_refused(finished: RunFolder) -> None:
    values = RunValues.of_run(finished)
    without = values.flags.filter(pc.not_equal(values.flags["subject_id"], OFTEN[0]))
    with pytest.raises(VerificationFailed, match="own choices"):
        excess_slices(replace(values, flags=without), SpecificationPlan(title="none"))


def test_a_run_that_is_not_asked_for_excess_writes_no_past(
    finished: RunFolder, settings: Settings, tmp_path: Path
) -> None:
    none = settings.model_copy(update={"excess": settings.excess.model_copy(update={"concerns": []})})
    folder = run(finished.path.parent / "records", out=tmp_path / "run", settings=none, as_of=[AS_OF]).folder
    assert not (folder.path / "history.parquet").exists()
    assert {f["promise"] for f in folder.table("flags").to_pylist()} <= {"comparison", "none"}


def test_causes_that_an_older_row_ties_together_are_counted_once_over_all_periods() -> None:
    """Two complaints of the last year are one cause by a third, years ago: no period has less than none."""
    days = [AS_OF - timedelta(days=d) for d in (20, 250, 900)]
    shared = [(1, 5), (2, 6), (1, 6)]
    rows = [
        {"officer_id": 1, "complaint_id": case, "complainant_id": by, "occurred_on": None, "received_on": day}
        for day, (case, by) in zip(days, shared, strict=True)
    ]
    early = [{"officer_id": 1, "complaint_id": 9, "complainant_id": 9, "received_on": AS_OF - timedelta(days=2600)}]
    known = indicators()
    asked = [known["complaints"], known["days_served"]]
    with Store(threads=1) as store:
        officer = {"officer_id": 1, "joined_on": date(2010, 1, 1)}
        load_rows(store, complete_rows({"officer": [officer], "complaint": rows + early}))
        past = history(store, asked, ["standards"], kind="officer", as_of=AS_OF)
        alone = history(store, asked, ["standards"], kind="officer", as_of=AS_OF, now_alone=True)
    whole, seen = past.indicators["complaints"], alone.indicators["complaints"]
    counted = whole.now.value[0]
    assert (counted >= 0).all()
    assert counted.sum() == 1
    np.testing.assert_array_equal(seen.now.value, whole.now.value)
    np.testing.assert_array_equal(seen.now.exposure, whole.now.exposure)
    assert whole.earlier is not None
    assert (seen.earlier, len(alone.standings)) == (None, 1)
