"""Which flags survive which choices: worked by hand on a tiny world, and held to the run on a whole one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from audit.rates.truth_tables import Truth
from audit.specification.choices import AS_RUN, SpecificationPlan, load_plan
from audit.specification.curve import Curve, draw_curve, flagged_by
from audit.specification.curve_report import report, specifications_table, write
from audit.specification.run_values import RunValues
from audit.specification.survival import BY_CONSTRUCTION, COMPARED, Survival, survivals, table
from audit.specification.survival_precision import ANY, RUN, precision_by_survival
from data.errors import UsageError, VerificationFailed
from features.table import OK, Cells, FeatureTable
from pipeline.loading import read_parquet_folder
from pipeline.run_folder import RunFolder
from pipeline.settings import load, over_defaults
from pipeline.trial import try_records
from tests import small_force

DAY = date(2026, 1, 1)
MANY, LATELY, ORDINARY = 7, 23, 1
"""In the tiny world: who has very many allegations over a year, who has some in the last quarter, and anybody else."""

FLAGS = pa.schema(
    [
        *(("flag_id", pa.string()), ("subject_kind", pa.string()), ("subject_id", pa.int64()), ("as_of", pa.date32())),
        *(("concern", pa.string()), ("family", pa.string())),
    ]
)


def cells(window: int, usual: int, unusual: dict[int, int], people: int) -> Cells:
    value = np.full(people, float(usual))
    for subject, count in unusual.items():
        value[subject - 1] = count
    n = people
    return Cells(
        *("complaints", window, value, np.full(n, float(window))),
        *(value.astype(np.int64), np.full(n, OK, dtype=np.int8), np.zeros(n, dtype=np.bool_)),
    )


def tiny(*, flagged: Sequence[int] = (MANY, LATELY), people: int = 60) -> RunValues:
    """One indicator over two windows, read by one detector: whom each choice finds can be told by looking."""
    subjects = pa.table(
        {
            "subject_id": pa.array(range(1, people + 1), pa.int64()),
            "role": ["response"] * people,
            "rank": ["constable" if n % 2 else "sergeant" for n in range(people)],
            "area_id": pa.array([1] * people, pa.int64()),
        }
    )
    year, quarter = cells(365, 40, {MANY: 900}, people), cells(90, 1, {LATELY: 20}, people)
    held = FeatureTable("officer", DAY, subjects, {("complaints", 90): quarter, ("complaints", 365): year})
    rows = [("officer", subject, DAY, "standards", "peer") for subject in flagged]
    rows.append(("officer", ORDINARY, DAY, "standards", "contradiction"))
    flags = [dict(zip(FLAGS.names, (f"f{n}", *row), strict=True)) for n, row in enumerate(rows)]
    settings = over_defaults({"features": {"indicators": ["complaints"]}}, where="a test")
    return RunValues(settings, {(DAY, "officer"): held}, pa.Table.from_pylist(flags, schema=FLAGS))


def plan(**dimensions: Any) -> SpecificationPlan:
    """Return a plan of alternatives; each says why by itself."""
    content = {
        name: [{"why": "For a test.", **choice} for choice in given] if isinstance(given, list) else given
        for name, given in dimensions.items()
    }
    return SpecificationPlan.model_validate({"title": "A test", **content})


WORKED = plan(
    windows=[{"name": "a year", "days": [365]}, {"name": "a quarter", "days": [90]}],
    selection=[{"name": "one place", "by": {"method": "capacity", "per_thousand": 17}}],
)


def of(found: Sequence[Survival], subject: int) -> Survival:
    (one,) = [s for s in found if s.subject_id == subject and s.basis == COMPARED]
    return one


def shares_of(one: Survival) -> dict[tuple[str, str], float]:
    return {(c["dimension"], c["choice"]): c["share"] for c in one.by_choice}


def test_shares_in_a_tiny_world_are_those_counted_by_hand() -> None:
    # Both windows find both people, one place only the more unusual of the two; a year finds MANY, a quarter LATELY.
    found = survivals(draw_curve(tiny(), WORKED))
    many, lately = of(found, MANY), of(found, LATELY)
    assert (many.survived, many.specifications, many.share) == (4, 6, pytest.approx(4 / 6))
    assert (lately.survived, lately.specifications, lately.share) == (3, 6, pytest.approx(3 / 6))
    made = {key: share for key, share in shares_of(lately).items() if key[0] in ("windows", "selection")}
    assert made == {
        ("windows", AS_RUN): 0.5,
        ("windows", "a year"): 0.0,
        ("windows", "a quarter"): 1.0,
        ("selection", AS_RUN): pytest.approx(2 / 3),
        ("selection", "one place"): pytest.approx(1 / 3),
    }
    assert many.flag_id == "f0"
    assert many.standard_error == 0


def test_the_smallest_change_that_loses_a_flag_is_named_with_how_many_are_as_small() -> None:
    found = survivals(draw_curve(tiny(), WORKED))
    many, lately = of(found, MANY), of(found, LATELY)
    assert (many.changes, many.as_small, many.change) == (1, 1, "windows: a quarter")
    assert (lately.changes, lately.as_small, lately.change) == (1, 2, "selection: one place (or 1 as small)")


def test_whom_only_other_choices_flag_is_listed_with_what_it_takes_to_gain_the_flag() -> None:
    one_place = tiny(flagged=[MANY])
    selection = {"standards": {"method": "capacity", "per_thousand": 17}}
    only = replace(one_place, settings=over_defaults({"selection": selection}, where="a test"))
    both = plan(selection=[{"name": "q 0.1", "by": {"method": "fdr", "q": 0.1}}])
    lately = of(survivals(draw_curve(only, both)), LATELY)
    assert (lately.flagged_by_run, lately.flag_id, lately.share) == (False, None, 0.5)
    assert (lately.changes, lately.change) == (1, "selection: q 0.1")


def test_contradictions_survive_by_construction_and_are_in_no_share() -> None:
    found = survivals(draw_curve(tiny(), WORKED))
    (rule,) = [one for one in found if one.basis == BY_CONSTRUCTION]
    assert (rule.subject_id, rule.flag_id, rule.share, rule.specifications) == (ORDINARY, "f2", None, None)
    assert not [one for one in found if one.subject_id == ORDINARY and one.basis == COMPARED]


def test_without_alternatives_there_is_one_specification_and_nothing_loses_a_flag() -> None:
    curve = draw_curve(tiny(), plan())
    found = survivals(curve)
    assert [len(side.specifications) for side in curve.slices] == [1]
    assert (of(found, MANY).share, of(found, MANY).changes, of(found, MANY).change) == (1.0, None, "none")


def test_an_alternative_that_is_the_same_as_the_run_changes_nothing() -> None:
    more = {
        "combination": [{"name": "harmonic of one detector", "method": "harmonic"}],
        "null": [{"name": "of no pattern detector", "scores": "rank"}],
        "peers": [{"name": "as large", "smallest_group": 40}],
        "detectors": [{"name": "of another concern", "without": ["change"]}],
    }
    extended = WORKED.model_copy(update={k: getattr(plan(**{k: v}), k) for k, v in more.items()})
    one, other = draw_curve(tiny(), WORKED), draw_curve(tiny(), extended)
    assert other.spaces[0].combinations == 16 * one.spaces[0].combinations
    assert other.spaces[0].duplicates == 15 * one.spaces[0].combinations
    assert specifications_table(report(one)).equals(specifications_table(report(other)))
    assert table(survivals(one)).equals(table(survivals(other)))


def test_what_leaves_nothing_to_look_with_is_no_specification() -> None:
    curve = draw_curve(tiny(), plan(detectors=[{"name": "no peers", "without": ["peer"]}]))
    assert (curve.spaces[0].empty, curve.spaces[0].distinct) == (1, 1)
    assert of(survivals(curve), MANY).share == 1.0


def test_a_run_that_flagged_others_is_refused() -> None:
    with pytest.raises(VerificationFailed, match="do not flag whom the run flagged") as refused:
        draw_curve(tiny(flagged=[MANY, ORDINARY]), WORKED)
    assert refused.value.found == "1 of them not raised again, 1 raised besides"
    assert "officer 1, standards" in str(refused.value.where)


def many_choices(most: int) -> SpecificationPlan:
    rates = [{"name": f"q {n}", "by": {"method": "fdr", "q": n / 1000}} for n in range(1, 81)]
    return plan(most=most, windows=[*map(dict, WINDOWS)], peers=[{"name": "role", "by": ["role"]}], selection=rates)


WINDOWS = ({"name": "a year", "days": [365]}, {"name": "a quarter", "days": [90]})


def test_of_too_many_specifications_the_near_ones_and_a_weighted_sample_are_run() -> None:
    basis = replace(tiny(people=120), flags=tiny().flags)
    whole, part = (draw_curve(basis, many_choices(most)) for most in (5000, 1))
    space = part.spaces[0]
    assert (whole.spaces[0].whole, space.whole) == (True, False)
    near = [s for s in space.chosen if sum(at > 0 for at in s.choices) <= 2]
    assert {s.weight for s in near} == {1.0}
    assert len(near) == 1 + (2 + 1 + 80) + (2 + 2 * 80 + 80)
    assert len(space.chosen) - len(near) == 100
    assert sum(s.weight for s in space.chosen) == pytest.approx(space.distinct)
    for subject in (MANY, LATELY):
        every, estimated = of(survivals(whole), subject), of(survivals(part), subject)
        assert estimated.standard_error is not None
        assert estimated.standard_error > 0
        assert abs((estimated.share or 0) - (every.share or 0)) <= 4 * estimated.standard_error
    assert "drawn at random" in report(part).facts["coverage"][0]["said"]
    assert table(survivals(draw_curve(basis, many_choices(1)))).equals(table(survivals(part)))


def planted(*subjects: int) -> Truth:
    rows = [
        {
            "subject_kind": "officer",
            "subject_id": subject,
            "concern": "standards",
            "typology": "a",
            "started_on": DAY - timedelta(days=90),
            "ended_on": None,
            "intensity": 1.0,
        }
        for subject in subjects
    ]
    names = ["officer_id", "archetype", "started_on", "ended_on"]
    return Truth.of(pa.Table.from_pylist(rows), pa.table({name: pa.array([], pa.int64()) for name in names}))


def test_with_truth_each_specification_says_how_many_it_flags_wrongly() -> None:
    rows = specifications_table(report(draw_curve(tiny(), WORKED, truth=planted(MANY)))).to_pylist()
    first = rows[0]
    assert [first[d] for d in ("windows", "peers", "null", "combination", "selection", "detectors")] == [AS_RUN] * 6
    told = ("flagged", "kept", "lost", "new", "right", "wrong", "false_discovery_proportion")
    assert [first[name] for name in told] == [2, 2, 0, 0, 1, 1, 0.5]
    assert first["wrong_per_46000"] == pytest.approx(46_000 / 60)
    quarter = next(r for r in rows if r["windows"] == "a quarter" and r["selection"] == AS_RUN)
    assert [quarter[name] for name in told] == [1, 1, 1, 0, 0, 1, 1.0]


def test_deciles_of_survival_count_how_many_of_each_are_right() -> None:
    found = survivals(draw_curve(tiny(), WORKED, truth=planted(MANY)))
    told = [d for d in precision_by_survival(found) if d.subject_kind == "all" and d.flags]
    # 4 of 6 lies over 60%, up to 70%; 3 of 6 is 50%, which ends the decile from 40%.
    counted = [(d.basis, round(d.above, 1), d.flags, d.right) for d in told]
    assert counted == [(RUN, 0.4, 1, 0), (RUN, 0.6, 1, 1), (ANY, 0.4, 1, 0), (ANY, 0.6, 1, 1)]
    # The exact interval of 1 of 1 begins where one success has a chance of 2.5%.
    assert (told[1].precision, told[1].low, told[1].high) == (1.0, pytest.approx(0.025), 1.0)


SMALL = plan(
    windows=[{"name": "a year", "days": [365]}],
    null=[{"name": "rank", "scores": "rank"}],
    combination=[{"name": "harmonic", "method": "harmonic"}],
    selection=[{"name": "q 0.2", "by": {"method": "fdr", "q": 0.2}}],
    detectors=[{"name": "no patterns", "without": ["pattern"]}],
)


def raised(curve: Curve) -> set[tuple[date, str, str, int]]:
    return {
        (side.as_of, side.kind, side.concern, subject)
        for side in curve.slices
        for subject in side.candidates[side.flagged[0]].tolist()
    }


@pytest.fixture(scope="module")
def of_whole(finished: RunFolder) -> Curve:
    return draw_curve(RunValues.of_run(finished), SMALL)


def test_the_runs_own_settings_flag_exactly_whom_the_run_flagged(of_whole: Curve, finished: RunFolder) -> None:
    expected = flagged_by(finished.table("flags"))
    assert len(expected) > 0
    assert raised(of_whole) == expected
    thresholds = {(o["subject_kind"], o["concern"]): o["threshold"] for o in finished.manifest["selections"]}
    assert {(s.kind, s.concern): s.evaluations[0].threshold for s in of_whole.slices} == thresholds


def test_a_flag_is_named_by_the_id_it_has_in_the_run(of_whole: Curve, finished: RunFolder) -> None:
    ids = {one.flag_id for one in survivals(of_whole) if one.flagged_by_run}
    assert ids == set(finished.table("flags")["flag_id"].to_pylist())


def test_the_number_of_workers_changes_no_byte(of_whole: Curve, finished: RunFolder, tmp_path: Path) -> None:
    counts: list[int] = []

    def progress(tasks: int) -> Any:
        counts.append(tasks)
        return lambda done: counts.append(-done)

    two = draw_curve(RunValues.of_run(finished), SMALL, workers=2, progress=progress)
    assert sum(counts) == 0
    for name, curve in (("one", of_whole), ("two", two)):
        write(report(curve), tmp_path / name)
    files = sorted(p.name for p in (tmp_path / "one").iterdir())
    assert files == ["curve.html", "specifications.json", "specifications.parquet", "survival.parquet"]
    assert all((tmp_path / "one" / n).read_bytes() == (tmp_path / "two" / n).read_bytes() for n in files)


def test_dates_that_share_a_rate_are_selected_in_their_order(force: Path) -> None:
    content = {
        "features": {"indicators": ["complaints", "lookups", "expenses"]},
        "across_dates": {"method": "batch"},
    }
    settings = over_defaults(content, where="a test")
    days = [small_force.AS_OF - timedelta(days=30), small_force.AS_OF]
    trial = try_records(read_parquet_folder(force), settings=settings, as_of=days)
    curve = draw_curve(RunValues.of_trial(trial, settings), plan(windows=[{"name": "a year", "days": [365]}]))
    assert raised(curve) == flagged_by(trial.flags)
    levels = {
        (s.as_of, s.evaluations[0].level) for s in curve.slices if (s.kind, s.concern) == ("officer", "standards")
    }
    assert levels == {
        (o["as_of"], o["level"])
        for o in trial.selections.to_pylist()
        if (o["subject_kind"], o["concern"]) == ("officer", "standards")
    }


def test_the_chart_is_one_page_that_loads_nothing(tmp_path: Path) -> None:
    write(report(draw_curve(tiny(), WORKED, truth=planted(MANY))), tmp_path / "out")
    page = (tmp_path / "out" / "curve.html").read_text(encoding="utf-8")
    assert "one place" in page
    assert not [word for word in ("http", "<script", "<link", "src=", "url(") if word in page]
    assert pq.read_table(tmp_path / "out" / "precision.parquet").num_rows > 0
    facts = json.loads((tmp_path / "out" / "specifications.json").read_text(encoding="utf-8"))
    assert facts["coverage"][0]["said"] == "all 6 specifications were run"


def test_the_default_plan_gives_a_reason_for_every_choice_and_fits_the_default_settings() -> None:
    default = load_plan()
    settings = load()
    for known in default.alternatives:
        assert all(choice is None or choice.why.endswith(".") for choice in known)
    assert default.applied((0,) * 6, settings).settings == settings


BAD = {
    "an unknown dimension": ("[[window]]\nname='a'\n", "window: there is no such setting"),
    "no reason": ("[[windows]]\nname='a'\ndays=[365]\n", "windows.0.why: this setting is missing"),
    "an unknown window": ("[[windows]]\nname='a'\nwhy='b'\ndays=[7]\n", "windows 'a': no indicator looks over 7 days"),
    "an unknown family": (
        "[[detectors]]\nname='a'\nwhy='b'\nwithout=['baseline']\n",
        "detectors 'a': baseline is no family of detectors that are combined (there are: peer, change,",
    ),
    "a name given twice": (
        "[[windows]]\nname='a'\nwhy='b'\ndays=[365]\n[[windows]]\nname='a'\nwhy='b'\ndays=[90]\n",
        "windows: the name 'a' is given 2 times",
    ),
    "the run's own": (
        "[[windows]]\nname='as run'\nwhy='b'\ndays=[365]\n",
        "windows: 'as run' is always there; it is not to be named",
    ),
    "peers by area alone": (
        "[[peers]]\nname='a'\nwhy='b'\nby=['area']\n",
        "peers 'a': by takes the first of role, rank, area, found ['area']",
    ),
    "peers that say nothing": ("[[peers]]\nname='a'\nwhy='b'\n", "peers 'a': says neither by nor smallest_group"),
    "groups too small to be judged": (
        "[[peers]]\nname='a'\nwhy='b'\nsmallest_group=29\n",
        "peers 'a': nothing is said of fewer than 30 peers",
    ),
    "a rate over 1": (
        "[[selection]]\nname='a'\nwhy='b'\nby={method='fdr',q=2}\n",
        "selection.0.by.fdr.q: input should be less than 1, found 2",
    ),
}


@pytest.mark.parametrize("fault", BAD)
def test_a_bad_plan_is_refused_in_the_users_words(fault: str, tmp_path: Path) -> None:
    text, told = BAD[fault]
    path = tmp_path / "plan.toml"
    path.write_text(f"title = 'A plan'\n{text}", encoding="utf-8")
    with pytest.raises(UsageError) as refused:
        load_plan(path)
    assert told in str(refused.value.found)
    assert (refused.value.expected, refused.value.where) != (None, None)
    assert "docs/reference/specifications.md" in str(refused.value.hint)


def test_all_faults_of_a_plan_are_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    path.write_text("title = 'A plan'\n" + BAD["an unknown window"][0] + BAD["peers by area alone"][0], "utf-8")
    with pytest.raises(UsageError, match="has 2 faults"):
        load_plan(path)


def test_a_plan_that_is_not_there_or_not_toml_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "plan.toml"
    for text in (None, "title ="):
        if text is not None:
            path.write_text(text, encoding="utf-8")
        with pytest.raises(UsageError, match="cannot be read") as refused:
            load_plan(path)
        assert refused.value.where == str(path)
