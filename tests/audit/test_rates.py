"""Rates equal a plain reading of their definitions, and what fairlearn computes, on drawn and on worked audits."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from fairlearn.metrics import MetricFrame, count, false_positive_rate, selection_rate
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import precision_score, recall_score

from audit.rates import COLUMNS, PositiveDefinition, RateOptions, Truth, rates
from audit.rates.groups import INTENSITY
from data.errors import UsageError
from tests.audit.little_audits import AS_OF, CONCERNS, DETECTORS, LittleAudit, little_audit

LOOK_BACK = 365


class Twin:
    """The definitions in plain Python, over lists of rows."""

    def __init__(self, audit: LittleAudit) -> None:
        self.audit = audit
        self.subjects = audit.subjects.to_dict("records")
        self.people = {p["officer_id"]: p for p in audit.people.to_dict("records")}
        self.truth = audit.truth_subject.to_dict("records")
        self.archetypes = audit.truth_archetype.to_dict("records")
        self.flags, self.scores = audit.flags.to_dict("records"), audit.scores.to_dict("records")

    def spells(self, kind: str, concern: str | None) -> set[int]:
        return {
            t["subject_id"]
            for t in self.truth
            if t["subject_kind"] == kind and concern in (None, t["concern"]) and running(t)
        }

    def group(self, by: str, subject: dict[str, Any], concern: str) -> set[str]:
        who = subject["subject_id"]
        if by == "all":
            return {"all"}
        if by == "borough":
            return {{2: "North", 3: "South"}[subject["area_id"]]}
        if by in ("rank", "role"):
            return {subject[by]}
        if by == "archetype":
            of = [a for a in self.archetypes if a["officer_id"] == who]
            return {a["archetype"] for a in of if running(a)} or {"no archetype"}
        if by == "standing":
            return {self.standing(subject, concern)}
        value = self.people.get(who, {}).get(by)
        if value is None or (isinstance(value, float) and math.isnan(value)):
            return {"unknown"}
        return {{True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else str(value)}

    def standing(self, subject: dict[str, Any], concern: str) -> str:
        who = subject["subject_id"]
        if who in self.spells("officer", concern):
            return "positive"
        if who in self.spells("officer", None):
            return "other_concern"
        if subject["team_id"] in self.spells("unit", None):
            return "member_of_planted_unit"
        mine = [t for t in self.truth if t["subject_kind"] == "officer"]
        past = any(t["subject_id"] == who and t["started_on"] < AS_OF for t in mine)
        return "past" if past else "clean"

    def weights(self, concern: str, basis: str, scope: str, name: str) -> dict[int, Fraction]:
        flags = [f for f in self.flags if f["concern"] == concern]
        if basis == "flagged":
            keep = {
                "all": lambda f: True,
                "family": lambda f: f["family"] == name,
                "detector": lambda f: name in f["detectors"],
            }
            return {f["subject_id"]: Fraction(1) for f in flags if keep[scope](f)}
        places = len({f["subject_id"] for f in flags})
        said = [s for s in self.scores if s["concern"] == concern and s["detector"] == name]
        if DETECTORS[name] in ("peer", "pattern"):
            said = [s for s in said if not math.isnan(s["p_value"])]
        if DETECTORS[name] == "contradiction":
            said = [s for s in said if s["score"] > 0]
        weights: dict[int, Fraction] = {}
        for score in sorted({s["score"] for s in said}, reverse=True):
            tied = [s["subject_id"] for s in said if s["score"] == score]
            room = min(len(tied), places - len(weights)) if sum(weights.values()) < places else 0
            weights |= dict.fromkeys(tied, Fraction(room, len(tied)))
        return {k: w for k, w in weights.items() if w}


def running(spell: dict[str, Any]) -> bool:
    ended = spell["ended_on"]
    lasts = ended is None or ended is pd.NaT or pd.isna(ended) or ended >= AS_OF - timedelta(days=LOOK_BACK)
    return bool(spell["started_on"] < AS_OF and lasts)


def expected(twin: Twin, row: dict[str, Any]) -> tuple[float, float]:
    """The count and the size of one row of the table, by the definition of its measure."""
    concern, positives = row["concern"], twin.spells("officer", row["concern"])
    chosen = twin.weights(concern, row["basis"], row["scope"], row["name"]) if row["basis"] != "truth" else {}
    members = [s["subject_id"] for s in twin.subjects if row["group"] in twin.group(row["by"], s, concern)]
    flagged = sum((chosen.get(m, Fraction(0)) for m in members), Fraction(0))
    hit = sum((chosen.get(m, Fraction(0)) for m in members if m in positives), Fraction(0))
    true = sum(m in positives for m in members)
    counted: tuple[Any, Any] = {
        "flags_per_1000": (flagged, len(members)),
        "precision": (hit, flagged),
        "false_discovery_proportion": (flagged - hit, flagged),
        "false_positive_rate": (flagged - hit, len(members) - true),
        "recall": (hit, true),
        "innocent_flagged_per_46000": (flagged - hit, len(twin.subjects)),
        "prevalence": (true, len(members)),
        "flag_rate_ratio": (flagged, len(members)),
        "not_flagged_ratio": (len(members) - flagged, len(members)),
        "false_positive_ratio": (flagged - hit, len(members) - true),
    }[row["measure"]]
    return float(counted[0]), float(counted[1])


SCALE = {"flags_per_1000": 1000.0, "innocent_flagged_per_46000": 46000.0}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_count_equals_a_plain_reading_of_its_definition(seed: int) -> None:
    twin = Twin(little_audit(seed))
    table = twin.audit.rates()
    checked = 0
    rng = np.random.default_rng(seed)
    rows = table[(table["measure"] != "tied_at_cut") & ~table["by"].isin(["typology", "service"])].to_dict("records")
    for row in (rows[i] for i in rng.choice(len(rows), 700, replace=False)):
        counts = expected(twin, row)
        assert (row["count"], row["n"]) == pytest.approx(counts), row
        if not isinstance(row["reference"], str):
            assert row["value"] == pytest.approx(
                SCALE.get(row["measure"], 1.0) * counts[0] / counts[1] if counts[1] else math.nan, nan_ok=True
            )
        else:
            other = expected(twin, row | {"group": row["reference"]})
            assert (row["reference_count"], row["reference_n"]) == pytest.approx(other)
            value = counts[0] / counts[1] / (other[0] / other[1]) if counts[1] and other[0] else math.nan
            assert row["value"] == pytest.approx(value, nan_ok=True)
        checked += 1
    assert checked == 700


def test_recall_by_typology_counts_those_with_the_typology() -> None:
    audit = little_audit(4)
    table = audit.rates()
    rows = table[(table["by"] == "typology") & (table["scope"] == "all")].to_dict("records")
    assert rows
    for row in rows:
        assert row["measure"] == "recall"
        planted = {
            t["subject_id"]
            for t in audit.truth_subject.to_dict("records")
            if (t["concern"], t["typology"]) == (row["concern"], row["group"]) and running(t)
        }
        flagged = set(audit.flags.loc[audit.flags["concern"] == row["concern"], "subject_id"])
        assert (row["count"], row["n"]) == (len(planted & flagged), len(planted))


def test_recall_by_intensity_counts_the_strongest_running_pattern_of_each() -> None:
    audit = little_audit(4)
    planted = audit.truth_subject.assign(intensity=np.linspace(1.0, 8.0, len(audit.truth_subject)))
    truth = Truth.of(planted, audit.truth_archetype, multiples=True)
    table = rates(audit.flags, subjects=audit.subjects, truth=truth)
    rows = table[(table["by"] == "intensity") & (table["scope"] == "all")].to_dict("records")
    assert {row["measure"] for row in rows} == {"recall"}
    counted = 0
    for kind, concern in {(row["subject_kind"], row["concern"]) for row in rows}:
        of_concern = planted[(planted["subject_kind"] == kind) & (planted["concern"] == concern)]
        running_spells = of_concern[[running(t) for t in of_concern.to_dict("records")]]
        strongest = running_spells.groupby("subject_id")["intensity"].max()
        bands = pd.cut(strongest, [0.0, 1.5, 2.0, 3.0, 5.0, np.inf], right=False, labels=[b for b, _ in INTENSITY])
        own = audit.flags[(audit.flags["concern"] == concern) & (audit.flags["subject_kind"] == kind)]
        present = set(audit.subjects.loc[audit.subjects["subject_kind"] == kind, "subject_id"])
        for row in (r for r in rows if (r["subject_kind"], r["concern"]) == (kind, concern)):
            members = set(bands.index[bands == row["group"]]) & present
            assert (row["count"], row["n"]) == (len(members & set(own["subject_id"])), len(members))
            counted += len(members)
    assert counted > 10


def test_without_multiples_in_the_truth_there_is_no_intensity() -> None:
    assert "intensity" not in set(little_audit(4).rates()["by"])


@pytest.mark.parametrize("by", ["sex", "ethnicity", "disability"])
def test_rates_by_group_are_those_of_fairlearn(by: str) -> None:
    audit = little_audit(5, people=300)
    frame = audit.subjects.merge(audit.people, left_on="subject_id", right_on="officer_id", how="left")
    labels = frame[by].map(lambda v: "unknown" if pd.isna(v) else {"True": "yes", "False": "no"}.get(str(v), str(v)))
    true = frame["subject_id"].isin(Twin(audit).spells("officer", "standards")).astype(int)
    flags = audit.flags[audit.flags["concern"] == "standards"]
    said = frame["subject_id"].isin(flags["subject_id"]).astype(int)

    def precision(y: Any, p: Any) -> float:
        return float(precision_score(y, p, zero_division=np.nan))

    def recall(y: Any, p: Any) -> float:
        return float(recall_score(y, p, zero_division=np.nan))

    metrics = {"n": count, "rate": selection_rate, "fpr": false_positive_rate, "precision": precision, "recall": recall}
    theirs = MetricFrame(metrics=metrics, y_true=true, y_pred=said, sensitive_features=labels).by_group
    table = audit.rates()
    ours = table[(table["by"] == by) & (table["scope"] == "all") & (table["concern"] == "standards")]
    value = ours.pivot_table(index="group", columns="measure", values="value", dropna=False)
    assert sorted(value.index) == sorted(theirs.index)
    value = value.loc[theirs.index]
    for measure, name, scale in (
        ("flags_per_1000", "rate", 1000.0),
        ("false_positive_rate", "fpr", 1.0),
        ("precision", "precision", 1.0),
        ("recall", "recall", 1.0),
    ):
        assert value[measure].to_numpy() == pytest.approx(theirs[name].to_numpy(dtype=float) * scale, nan_ok=True), (
            measure
        )


def test_what_is_given_as_arrow_or_pandas_or_shuffled_gives_the_same_table() -> None:
    audit = little_audit(6)
    plain = audit.rates(intersections=True)
    tables = {k: v for k, v in vars(audit).items() if isinstance(v, pd.DataFrame)}
    arrow = {k: pa.Table.from_pandas(v, preserve_index=False) for k, v in tables.items()}
    shuffled = {k: v.sample(frac=1, random_state=3) for k, v in tables.items()}
    for others in (arrow, shuffled):
        again = LittleAudit(**others).rates(intersections=True)  # type: ignore[arg-type]
        pd.testing.assert_frame_equal(plain, again)


def values(table: pd.DataFrame, **wanted: str) -> dict[str, Any]:
    """The one row of a table with the wanted labels, for the standards concern in all unless said otherwise."""
    wanted = {"concern": "standards", "scope": "all", "by": "all"} | wanted
    chosen = table[np.logical_and.reduce([table[k] == v for k, v in wanted.items()])]
    assert len(chosen) == 1, (wanted, len(chosen))
    return dict(chosen.iloc[0])


def with_flags(audit: LittleAudit, who: list[int]) -> LittleAudit:
    rows = [(f"f{i}", "officer", s, AS_OF, "standards", "peer", ["peer_rate"]) for i, s in enumerate(who)]
    return replace(audit, flags=pd.DataFrame(rows, columns=audit.flags.columns))


def test_when_nobody_is_flagged_rates_are_zero_and_precision_is_undefined() -> None:
    audit = with_flags(little_audit(7), [])
    table = audit.rates()
    assert values(table, measure="flags_per_1000")["value"] == 0.0
    assert values(table, measure="flags_per_1000")["high"] > 0.0
    assert values(table, measure="precision")["status"] == "undefined"
    assert math.isnan(values(table, measure="precision")["value"])
    ratio = values(table, measure="flag_rate_ratio", by="sex", group="female")
    assert (ratio["status"], ratio["low"], ratio["high"]) == ("undefined", 0.0, math.inf)
    assert set(table.loc[table["basis"] == "equal_workload", "count"].dropna()) == {0.0} | set(
        table.loc[(table["basis"] == "equal_workload") & (table["measure"] == "not_flagged_ratio"), "count"]
    )


def test_when_everybody_is_flagged_the_false_positive_rate_is_one() -> None:
    audit = little_audit(8)
    table = with_flags(audit, audit.subjects["subject_id"].tolist()).rates()
    assert values(table, measure="false_positive_rate")["value"] == 1.0
    assert values(table, measure="recall")["value"] == 1.0
    assert values(table, measure="precision")["value"] == values(table, measure="prevalence", scope="truth")["value"]
    assert values(table, measure="false_positive_ratio", by="sex", group="female")["value"] == 1.0
    assert values(table, measure="not_flagged_ratio", by="sex", group="female")["status"] == "undefined"


def test_a_tiny_group_is_marked_and_its_value_given() -> None:
    audit = little_audit(9)
    one = audit.people.index[0]
    people = audit.people.assign(ethnicity="white")
    people.loc[one, "ethnicity"] = "mixed"
    table = replace(audit, people=people).rates()
    row = values(table, measure="flags_per_1000", by="ethnicity", group="mixed")
    assert (row["n"], row["status"]) == (1.0, "too_few")
    assert row["value"] in (0.0, 1000.0)
    assert values(table, measure="flag_rate_ratio", by="ethnicity", group="mixed")["status"] == "too_few"
    assert values(table, measure="flags_per_1000", by="ethnicity", group="white")["status"] == "ok"


def test_several_flags_of_one_subject_count_once() -> None:
    audit = little_audit(10)
    who = int(audit.subjects["subject_id"].iloc[0])
    assert values(with_flags(audit, [who, who, who]).rates(), measure="flags_per_1000")["count"] == 1.0


def test_a_flag_of_somebody_who_is_not_among_the_subjects_counts_nowhere() -> None:
    audit = little_audit(11)
    assert values(with_flags(audit, [99_999]).rates(), measure="flags_per_1000")["count"] == 0.0


SPELLS = [
    (AS_OF, None, False, "begins on the day"),
    (AS_OF - timedelta(days=1), None, True, "began the day before"),
    (AS_OF - timedelta(days=700), AS_OF - timedelta(days=365), True, "ended on the first day of the look-back"),
    (AS_OF - timedelta(days=700), AS_OF - timedelta(days=366), False, "ended the day before the look-back"),
    (AS_OF - timedelta(days=700), AS_OF + timedelta(days=90), True, "runs on"),
    (AS_OF + timedelta(days=5), AS_OF + timedelta(days=90), False, "is yet to come"),
]


@pytest.mark.parametrize(("started", "ended", "positive"), [s[:3] for s in SPELLS], ids=[s[3] for s in SPELLS])
def test_who_is_positive(started: date, ended: date | None, positive: bool) -> None:
    audit = little_audit(12)
    who = int(audit.subjects["subject_id"].iloc[0])
    planted = pd.DataFrame(
        [("officer", who, "standards", "disclosure", started, ended, 1.0)], columns=audit.truth_subject.columns
    )
    table = replace(audit, truth_subject=planted).rates()
    assert values(table, measure="prevalence", scope="truth")["count"] == float(positive)
    later = replace(audit, truth_subject=planted).rates(positive=PositiveDefinition(look_back_days=400))
    within = positive or (ended is not None and AS_OF - timedelta(days=400) <= ended < AS_OF)
    assert values(later, measure="prevalence", scope="truth")["count"] == float(within)


def test_innocent_people_of_a_breakdown_add_up_to_all_of_them() -> None:
    table = little_audit(13, people=200).rates()
    counted = table[table["measure"] == "innocent_flagged_per_46000"]
    keys = ["concern", "basis", "scope", "name"]
    whole = counted[counted["by"] == "all"].set_index(keys)["value"]
    for by in ("sex", "ethnicity", "disability", "rank", "role", "borough", "service", "standing"):
        assert counted[counted["by"] == by].groupby(keys)["value"].sum().loc[whole.index].to_numpy() == pytest.approx(
            whole.to_numpy()
        ), by


def test_every_selection_at_an_equal_workload_selects_as_many_if_there_are_as_many() -> None:
    audit = little_audit(14)
    table = audit.rates()
    for concern in CONCERNS:
        flagged = values(table, concern=concern, measure="flags_per_1000")["count"]
        for name in ("peer_rate", "shape", "count"):
            scope = "baseline" if name == "count" else "detector"
            row = values(
                table, concern=concern, measure="flags_per_1000", basis="equal_workload", scope=scope, name=name
            )
            assert row["count"] == pytest.approx(flagged)
    asked = audit.rates(workload=100.0)
    row = values(asked, measure="flags_per_1000", basis="equal_workload", scope="baseline", name="count")
    assert row["count"] == pytest.approx(6.0)


def test_those_of_whom_a_detector_says_nothing_are_never_selected() -> None:
    """Everybody is flagged, so there is room for all; yet no one without a p-value or a contradiction is selected."""
    audit = little_audit(19)
    table = with_flags(audit, audit.subjects["subject_id"].tolist()).rates()
    said = audit.scores[audit.scores["concern"] == "standards"]
    for name, able in (("shape", said["p_value"].notna()), ("badge_rule", said["score"] > 0)):
        row = values(table, measure="flags_per_1000", basis="equal_workload", scope="detector", name=name)
        assert row["count"] == (able & (said["detector"] == name)).sum()
        assert row["count"] < 60


def test_all_that_tie_at_a_cut_count_with_the_share_there_is_room_for() -> None:
    """Two places: one scores 9, four tie at 5, one of them positive. On average a quarter of each is selected."""
    audit = little_audit(15, people=20)
    ids = sorted(audit.subjects["subject_id"])
    score = dict.fromkeys(ids, 1.0) | {ids[0]: 9.0} | dict.fromkeys(ids[1:5], 5.0)
    scores = audit.scores[(audit.scores["detector"] == "count") & (audit.scores["concern"] == "standards")]
    scores = scores.assign(score=scores["subject_id"].map(score))
    planted = pd.DataFrame(
        [("officer", ids[1], "standards", "disclosure", date(2025, 6, 1), None, 1.0)],
        columns=audit.truth_subject.columns,
    )
    table = replace(with_flags(audit, ids[6:8]), scores=scores, truth_subject=planted).rates()
    at = {"basis": "equal_workload", "scope": "baseline", "name": "count"}
    assert values(table, measure="tied_at_cut", **at)["value"] == 4.0
    assert values(table, measure="recall", **at)["value"] == 0.25
    assert values(table, measure="precision", **at)["value"] == 0.125
    assert values(table, measure="false_positive_rate", **at)["value"] == pytest.approx(1.75 / 19)


def test_without_truth_there_are_flag_rates_and_no_error_rates() -> None:
    table = little_audit(16).rates(truth=False)
    assert set(table["measure"]) == {"flags_per_1000", "flag_rate_ratio", "not_flagged_ratio", "tied_at_cut"}
    assert not set(table["by"]) & {"archetype", "standing", "typology"}


def test_two_way_intersections_are_there_when_asked_for() -> None:
    table = little_audit(17, people=200).rates(intersections=True)
    crossed = table[table["by"] == "sex & ethnicity"]
    assert {"female & black", "male & white"} <= set(crossed["group"])
    assert set(crossed["reference"].dropna()) == {"male & white"}
    assert not table["by"].isin(["sex & sex", "ethnicity & sex"]).any()


def test_the_four_fifths_rule_passes_what_the_adverse_ratio_shows() -> None:
    """3.2% and 5.8%, as published: not being flagged is 0.97 times as likely, and being flagged 1.81 times."""
    n = 1000
    flagged = [*range(32), *range(n, n + 58)]
    subjects = pd.DataFrame({"subject_kind": "officer", "as_of": AS_OF, "subject_id": range(2 * n)})
    people = pd.DataFrame({"officer_id": range(2 * n), "ethnicity": ["white"] * n + ["black"] * n})
    rows = [("officer", s, AS_OF, "standards", "peer", ["peer_rate"]) for s in flagged]
    flags = pd.DataFrame(rows, columns=["subject_kind", "subject_id", "as_of", "concern", "family", "detectors"])
    table = rates(flags, subjects=subjects, people=people)
    blind = values(table, measure="not_flagged_ratio", by="ethnicity", group="black")
    assert blind["value"] == pytest.approx(0.942 / 0.968)
    assert blind["low"] > 0.8
    adverse = values(table, measure="flag_rate_ratio", by="ethnicity", group="black")
    assert adverse["value"] == pytest.approx(1.8125)
    assert adverse["low"] > 1.0


def test_units_are_measured_like_officers() -> None:
    units = pd.DataFrame(
        {"subject_kind": "unit", "as_of": AS_OF, "subject_id": range(1, 31), "role": "response", "area_id": [2, 3] * 15}
    )
    rows = [("unit", s, AS_OF, "culture", "unit", ["peer_rate"]) for s in (1, 2, 3)]
    flags = pd.DataFrame(rows, columns=["subject_kind", "subject_id", "as_of", "concern", "family", "detectors"])
    planted = pd.DataFrame(
        [("unit", s, "culture", "toxic_team", date(2025, 6, 1), None) for s in (3, 4)],
        columns=["subject_kind", "subject_id", "concern", "typology", "started_on", "ended_on"],
    )
    table = rates(flags, subjects=units, truth=Truth.of(planted))
    of = {"concern": "culture"}
    assert values(table, measure="precision", **of)["value"] == pytest.approx(1 / 3)
    assert values(table, measure="recall", **of)["value"] == 0.5
    assert values(table, measure="false_positive_rate", **of)["value"] == pytest.approx(2 / 28)
    assert values(table, measure="innocent_flagged_per_1000", **of)["value"] == pytest.approx(2000 / 30)


def test_a_missing_column_is_said_in_plain_words() -> None:
    audit = little_audit(18)
    with pytest.raises(UsageError, match="no subject_kind"):
        rates(audit.flags.drop(columns="subject_kind"), subjects=audit.subjects)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10_000), flagged=st.sampled_from([0.0, 0.02, 0.5, 1.0]), people=st.sampled_from([4, 13, 80]))
def test_whatever_is_flagged_values_lie_within_their_intervals(seed: int, flagged: float, people: int) -> None:
    table = little_audit(seed, people=people, flagged=flagged).rates(intersections=True)
    assert list(table.columns) == list(COLUMNS)
    told = table[table["status"] != "undefined"]
    known = told[told["interval"] != "none"]
    assert (known["low"] <= known["value"] + 1e-9).all()
    assert (known["value"] <= known["high"] + 1e-9).all()
    assert (table["status"].isin(["ok", "too_few", "undefined"])).all()
    assert table.loc[table["status"] == "undefined", "value"].isna().all()
    assert not table.duplicated(list(COLUMNS[:9])).any()


@pytest.mark.parametrize("truth", [True, False])
def test_measures_and_breakdowns_that_are_asked_for_are_those_of_the_whole_table(truth: bool) -> None:
    measures, by = ("precision", "flag_rate_ratio", "tied_at_cut", "prevalence"), ("all", "sex", "typology")
    audit = little_audit(3)
    whole, asked = audit.rates(truth=truth), audit.rates(truth=truth, measures=measures, by=by)
    selected = whole[whole["measure"].isin(measures) & whole["by"].isin(by)].reset_index(drop=True)
    assert len(asked) > 20
    pd.testing.assert_frame_equal(asked, selected)
    assert len(audit.rates(truth=truth, measures=())) == 0


def test_options_are_values() -> None:
    assert RateOptions() == RateOptions(positive=PositiveDefinition(365), confidence=0.95, smallest=10)
