"""Evidence, curves, capacities, stability, the files written and the account printed."""

from __future__ import annotations

import json
import math
import shutil
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
from scipy.stats import spearmanr
from sklearn.metrics import precision_recall_curve, roc_curve
from typer.testing import CliRunner

from audit.rates import RateOptions, Truth, rates
from audit.rates.audit_inputs import AuditInputs
from audit.rates.date_overlap import date_overlap
from audit.rates.inputs import Background, read_background, read_table, read_truth, records_beside
from audit.rates.intervals import clustered
from audit.rates.population import AuditTables
from audit.rates.rates_report import rates_report, write
from audit.rates.rates_summary import summarise
from audit.rates.sweeps import capacities, curves
from data.contract import CONTRACT
from data.errors import InputRejected, UsageError
from opencse.cli import app
from pipeline.run_folder import RunFolder
from tests.audit.little_audits import AS_OF, LittleAudit, little_audit
from tests.audit.sample_audit import RECORDS, TRUTH
from tests.folders import content_of


def tables_of(audit: LittleAudit) -> AuditTables:
    return AuditTables.of(
        audit.flags, subjects=audit.subjects, scores=audit.scores, people=audit.people, units=audit.units
    )


# ---------------------------------------------------------------- evidence

FLAGS = pd.DataFrame(
    [
        ("a", "officer", 1, AS_OF, "standards", "peer", ["peer_rate"]),
        ("b", "officer", 1, AS_OF, "standards", "contradiction", ["badge_rule"]),
        ("c", "officer", 2, AS_OF, "standards", "peer", ["peer_rate", "shape"]),
        ("d", "officer", 3, AS_OF, "standards", "peer", ["peer_rate"]),
    ],
    columns=["flag_id", "subject_kind", "subject_id", "as_of", "concern", "family", "detectors"],
)
SUBJECTS = pd.DataFrame({"subject_kind": "officer", "as_of": AS_OF, "subject_id": range(1, 11)})
PLANTED = pd.DataFrame(
    [
        ("officer", 1, "standards", "padding", date(2025, 6, 1), None),
        ("officer", 2, "standards", "lookups", date(2025, 6, 1), None),
        ("officer", 2, "welfare", "burnout", date(2025, 6, 1), None),
        ("officer", 4, "standards", "padding", date(2025, 6, 1), None),
    ],
    columns=["subject_kind", "subject_id", "concern", "typology", "started_on", "ended_on"],
)
ROWS = pd.DataFrame(
    [
        *(("shift", n, "padding", "officer", 1, date(2025, 9, 1), date(2025, 9, 1)) for n in (1, 2, 3, 4)),
        ("shift", 5, "padding", "officer", 1, date(2026, 2, 1), date(2025, 9, 1)),
        ("shift", 6, "padding", "officer", 1, date(2024, 9, 1), date(2024, 9, 1)),
        ("system_access", 7, "lookups", "officer", 2, date(2025, 9, 1), date(2025, 9, 1)),
        ("absence", 8, "burnout", "officer", 2, date(2025, 9, 1), date(2025, 9, 1)),
        ("shift", 9, "padding", "officer", 4, date(2025, 9, 1), date(2025, 9, 1)),
    ],
    columns=["table_name", "row_id", "typology", "subject_kind", "subject_id", "known_on", "on"],
)
EVIDENCE = pd.DataFrame(
    [
        *(("a", "shift", n, "direct") for n in (1, 2, 50)),
        ("a", "shift", 3, "comparison"),
        ("b", "shift", 1, "direct"),
        ("b", "complaint", 2, "direct"),
        ("c", "system_access", 7, "direct"),
        ("c", "absence", 8, "direct"),
        ("d", "shift", 9, "direct"),
    ],
    columns=["flag_id", "table_name", "row_id", "part"],
)


def evidence_rows(rows: pd.DataFrame = ROWS) -> dict[tuple[str, str, str], dict[str, float]]:
    table = rates(FLAGS, subjects=SUBJECTS, evidence=EVIDENCE, truth=Truth.of(PLANTED, rows=rows))
    some = table[table["measure"].str.startswith("evidence") & (table["concern"] == "standards")]
    return {(r["measure"], r["name"], r["group"]): r for r in some.to_dict("records")}


def test_cited_rows_are_compared_with_planted_ones_by_hand() -> None:
    """Officer 1 cites shifts 1, 2, 50 and complaint 2, of which 1 and 2 were planted, and shifts 3 and 4 were missed.

    Officer 2 cites a look-up that was planted and an absence planted for another concern. Officer 3 is innocent and
    officer 4 not flagged: neither counts. Shift 5 became known too late to be cited and shift 6 is too old.
    """
    found = evidence_rows()
    precision, recall = found["evidence_precision", "all", "all"], found["evidence_recall", "all", "all"]
    assert (precision["count"], precision["n"]) == (3, 6)
    assert (recall["count"], recall["n"]) == (3, 5)
    assert (precision["value"], precision["low"], precision["high"]) == pytest.approx(
        clustered(np.array([2.0, 1.0]), np.array([4.0, 2.0]))
    )
    assert recall["status"] == "too_few"


def test_evidence_is_measured_by_family_detector_and_typology() -> None:
    found = evidence_rows()
    assert (found["evidence_precision", "contradiction", "all"]["count"], 2) == (1, 2)
    assert found["evidence_precision", "contradiction", "all"]["n"] == 2
    assert found["evidence_precision", "peer_rate", "all"]["n"] == 5
    assert found["evidence_recall", "shape", "all"]["value"] == 1.0
    assert found["evidence_recall", "all", "padding"]["value"] == 0.5
    assert found["evidence_recall", "all", "lookups"]["value"] == 1.0


def test_without_the_days_of_rows_all_planted_rows_count() -> None:
    found = evidence_rows(ROWS.drop(columns=["known_on", "on"]))
    assert found["evidence_recall", "all", "all"]["n"] == 7


# ---------------------------------------------------------------- curves and capacities


def test_a_curve_is_that_of_scikit_learn() -> None:
    audit = little_audit(21, people=150)
    table = curves(tables_of(audit), audit.truth, RateOptions())
    points = table[(table["concern"] == "standards") & (table["name"] == "count") & (table["over"] == "score")]
    merged = audit.subjects.merge(
        audit.scores[(audit.scores["concern"] == "standards") & (audit.scores["detector"] == "count")], on="subject_id"
    )
    from tests.audit.test_rates import Twin

    true = merged["subject_id"].isin(Twin(audit).spells("officer", "standards"))
    wrong, right, cuts = roc_curve(true, merged["score"], drop_intermediate=False)
    assert points["threshold"].tolist() == cuts[1:].tolist()
    assert points["recall"].to_numpy() == pytest.approx(right[1:])
    assert points["false_positive_rate"].to_numpy() == pytest.approx(wrong[1:])
    precision, _, _ = precision_recall_curve(true, merged["score"])
    assert points["precision"].to_numpy() == pytest.approx(precision[:-1][::-1])
    assert points["selected"].iloc[-1] == 150


def test_curves_over_p_values_leave_out_those_about_whom_nothing_can_be_said() -> None:
    audit = little_audit(22)
    table = curves(tables_of(audit), None, RateOptions())
    said = audit.scores[(audit.scores["concern"] == "welfare") & (audit.scores["detector"] == "shape")]
    points = table[(table["concern"] == "welfare") & (table["name"] == "shape") & (table["over"] == "p_value")]
    assert points["selected"].iloc[-1] == said["p_value"].notna().sum()
    assert points["threshold"].tolist() == sorted(said["p_value"].dropna())
    assert points["precision"].isna().all()
    assert "p_value" not in set(table.loc[table["name"] == "count", "over"])


def test_capacities_give_the_rates_of_that_workload() -> None:
    audit = little_audit(23, people=100)
    table = capacities(tables_of(audit), audit.truth, RateOptions(), per_1000=(50.0,))
    alone = audit.rates(workload=50.0)
    alone = alone[alone["basis"] == "equal_workload"].reset_index(drop=True)
    pd.testing.assert_frame_equal(table.drop(columns="selected_per_1000"), alone)


# ---------------------------------------------------------------- stability


def two_dates() -> tuple[LittleAudit, date]:
    later = AS_OF + timedelta(days=30)
    first, second = little_audit(24), little_audit(25)
    ids = dict(zip(sorted(second.subjects["subject_id"]), sorted(first.subjects["subject_id"]), strict=True))

    def moved(table: pd.DataFrame) -> pd.DataFrame:
        return table.assign(as_of=later, subject_id=table["subject_id"].map(ids))

    both = replace(
        first,
        subjects=pd.concat([first.subjects, moved(second.subjects)[1:]]),
        scores=pd.concat([first.scores, moved(second.scores)]),
        flags=pd.concat([first.flags, moved(second.flags)]),
    )
    return both, later


def test_stability_compares_each_date_with_the_one_before() -> None:
    audit, later = two_dates()
    table = date_overlap(tables_of(audit), RateOptions())
    assert set(table["as_of"]) == {later}
    row = table[(table["concern"] == "standards") & (table["measure"] == "kept_share") & (table["scope"] == "all")]
    flags = audit.flags[audit.flags["concern"] == "standards"]
    there = set(audit.subjects.loc[audit.subjects["as_of"] == later, "subject_id"])
    was = set(flags.loc[flags["as_of"] == AS_OF, "subject_id"]) & there
    now = set(flags.loc[flags["as_of"] == later, "subject_id"]) & there
    assert (row["count"].item(), row["n"].item()) == (len(was & now), len(was))
    assert row["reference_count"].item() == len(now - was)
    assert row["reference_n"].item() == len(there) - len(was)


def test_rank_correlations_are_those_of_scipy() -> None:
    audit, later = two_dates()
    table = date_overlap(tables_of(audit), RateOptions())
    scores = audit.scores[(audit.scores["concern"] == "welfare") & (audit.scores["detector"] == "count")]
    wide = scores.pivot_table(index="subject_id", columns="as_of", values="score").dropna()
    row = table[(table["measure"] == "rank_correlation") & (table["concern"] == "welfare") & (table["name"] == "count")]
    value = float(spearmanr(wide[AS_OF], wide[later]).statistic)
    assert row["value"].item() == pytest.approx(value)
    reach = 1.959964 * math.sqrt((1 + value**2 / 2) / (len(wide) - 3))
    assert row["low"].item() == pytest.approx(math.tanh(math.atanh(value) - reach), rel=1e-5)


# ---------------------------------------------------------------- inputs and files


def test_records_beside_the_truth_are_found() -> None:
    assert records_beside(TRUTH) == RECORDS


def test_every_planted_row_of_the_sample_is_told_its_days() -> None:
    truth = read_truth(TRUTH, records=RECORDS)
    assert truth.rows is not None
    assert len(truth.rows) > 50
    assert truth.rows["known_on"].notna().mean() > 0.95
    shift = truth.rows[truth.rows["table_name"] == "shift"].iloc[0]
    rows = pq.read_table(RECORDS / "shift.parquet").to_pandas().set_index("shift_id")
    assert pd.Timestamp(shift["known_on"]) == pd.Timestamp(rows.loc[shift["row_id"], "known_on"])
    assert pd.Timestamp(shift["on"]) == pd.Timestamp(rows.loc[shift["row_id"], "starts_at"]).normalize()


def test_tables_are_read_from_csv_as_from_parquet(tmp_path: Path) -> None:
    for name in ("officer", "protected_characteristic", "unit"):
        pa_csv.write_csv(pq.read_table(RECORDS / f"{name}.parquet"), tmp_path / f"{name}.csv")
    ours, theirs = read_background(RECORDS), read_background(tmp_path)
    assert ours.people is not None
    assert theirs.people is not None
    pd.testing.assert_frame_equal(ours.people, theirs.people, check_dtype=False)
    assert ours.units == theirs.units


def test_folders_without_truth_or_records_are_refused_in_plain_words(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no truth in this folder"):
        read_truth(tmp_path)
    with pytest.raises(UsageError, match="records folder cannot be opened"):
        read_background(tmp_path / "none")
    (tmp_path / "officer.parquet").write_bytes(b"PAR1 not Parquet")
    with pytest.raises(InputRejected, match="officer cannot be read"):
        read_table(tmp_path, CONTRACT["officer"], ["officer_id"])


def invoke(*arguments: str) -> str:
    outcome = CliRunner().invoke(app, list(arguments), catch_exceptions=False)
    assert outcome.exit_code == 0, outcome.output
    return outcome.stdout


def test_the_command_writes_everything_and_prints_the_account(sample_run: RunFolder, tmp_path: Path) -> None:
    out = tmp_path / "audit"
    shown = invoke("rates", str(sample_run.path), "--truth", str(TRUTH), "--out", str(out))
    for title in ("What was flagged", "For each 46,000 people", "The same workload", "On whom flags fall"):
        assert title in shown
    assert "four-fifths rule" in shown
    assert sorted(p.name for p in out.iterdir()) == [
        *("audit.json", "capacities.parquet", "curves.parquet", "rates.csv", "rates.parquet")
    ]
    table = pq.read_table(out / "rates.parquet")
    assert {"sex & ethnicity", "archetype", "borough", "service", "typology"} <= set(table["by"].to_pylist())
    assert len(pd.read_csv(out / "rates.csv", low_memory=False)) == len(table)
    controls = json.loads((out / "audit.json").read_text(encoding="utf-8"))["controls"]
    assert shown.startswith(controls["headline"])
    refused = CliRunner().invoke(app, ["rates", str(sample_run.path), "--truth", str(TRUTH), "--out", str(out)])
    assert isinstance(refused.exception, UsageError)


def test_the_same_audit_is_written_to_the_same_bytes(tmp_path: Path) -> None:
    """With breakdowns crossed and every sweep, of tables whose rows stand in another order."""
    audit = little_audit(35, people=80)
    for name, rng in (("one", None), ("two", np.random.default_rng(1))):
        tables = {of: getattr(audit, of) for of in ("flags", "subjects", "scores")}
        if rng is not None:
            tables = {of: table.iloc[rng.permutation(len(table))] for of, table in tables.items()}
        inputs = AuditInputs(**tables, truth=audit.truth, about=Background(audit.people, None))
        write(rates_report(inputs, options=RateOptions(intersections=True)), tmp_path / name)
    written = content_of(tmp_path / "one")
    assert len(written) == 5
    assert content_of(tmp_path / "two") == written


def test_baselines_of_units_are_told_from_detectors_of_units(sample_run: RunFolder) -> None:
    """Baselines were once given the family of units, and stood among the detectors in every comparison."""
    scores = sample_run.table("scores").to_pandas()
    of = scores[scores["subject_kind"] == "unit"].groupby("detector")["family"].unique().str[0]
    assert of["raw_grievance_count"] == "baseline"
    assert of["peer_rate"] == "unit"


def test_an_attribute_that_nobody_has_is_no_breakdown() -> None:
    audit = little_audit(28)
    table = replace(audit, people=audit.people.assign(religion=None)).rates()
    assert "religion" not in set(table["by"])
    assert "sex" in set(table["by"])


def test_without_truth_the_account_says_first_that_there_are_no_error_rates(sample_run: RunFolder) -> None:
    shown = invoke("rates", str(sample_run.path), "--records", str(RECORDS))
    flowing = " ".join(shown.split())
    assert flowing.index("there are no error rates here") < flowing.index("What was flagged")
    for word in ("precision", "recall", "innocent", "false-positive rate"):
        assert word not in flowing
    assert "flag-rate ratio" in flowing


def test_the_account_is_short_and_every_value_in_it_has_an_interval() -> None:
    audit = little_audit(26, people=300)
    sections = summarise(audit.rates(intersections=True))
    assert sum(len(s.rows) for s in sections) < 200
    overview = next(s for s in sections if s.title.startswith("What was flagged"))
    assert all("(" in row[-1] and "–" in row[-1] for row in overview.rows if not row[-1].startswith("not computed"))


def test_an_audit_notes_what_determined_it() -> None:
    little = little_audit(27)
    inputs = AuditInputs(flags=little.flags, subjects=little.subjects, scores=little.scores)
    made = rates_report(inputs, options=RateOptions(), sweeps=False)
    assert made.facts["truth"] is False
    assert made.facts["look_back_days"] == 365
    assert made.facts["notes"] == []


@pytest.mark.parametrize(
    ("name", "column", "value", "said"),
    [
        ("truth_subject", "concern", "gossip", "concern is one of"),
        ("truth_subject", "started_on", date(2999, 1, 1), "started_on is a day"),
        ("truth_subject", "subject_id", None, "subject_id is never empty"),
        ("truth_archetype", "archetype", "a\x1b[31mb", "printable"),
    ],
)
def test_a_truth_with_a_row_that_the_contract_refuses_is_refused(
    name: str, column: str, value: object, said: str, tmp_path: Path
) -> None:
    """Records with such a row go on without it; a truth without it would count right flags as wrong."""
    shutil.copytree(TRUTH, tmp_path / "truth")
    rows = pq.read_table(TRUTH / f"{name}.parquet")
    values = [value, *rows[column].to_pylist()[1:]]
    at = rows.column_names.index(column)
    changed = rows.set_column(at, column, pa.array(values, rows.schema.field(column).type))
    pq.write_table(changed, tmp_path / "truth" / f"{name}.parquet")
    with pytest.raises(InputRejected, match=f"1 of {len(rows)} rows of {name}") as refusal:
        read_truth(tmp_path / "truth")
    assert said in str(refusal.value.expected)


# ---------------------------------------------------------------- what is not computed


def test_a_constant_or_empty_ranking_is_no_result_at_the_same_workload() -> None:
    audit = little_audit(31, people=100)
    scores = audit.scores.copy()
    scores.loc[scores["detector"] == "count", "score"] = 1.0
    scores.loc[scores["detector"] == "badge_rule", "score"] = 0.0
    inputs = AuditInputs(flags=audit.flags, subjects=audit.subjects, scores=scores, truth=audit.truth)
    made = rates_report(inputs, options=RateOptions())
    equal = made.rates[made.rates["basis"] == "equal_workload"]
    blank = equal[equal["name"].isin(["count", "badge_rule"])]
    assert len(blank)
    assert blank[["value", "low", "high", "count"]].isna().all(axis=None)
    assert set(blank["status"]) == {"undefined"}
    assert set(blank["because"]) == {
        "not computed, because it gives everybody whom it scores the same score",
        "not computed, because it contradicts nobody",
    }
    assert set(made.curves["name"]) == {"peer_rate", "shape"}
    assert set(made.capacities.loc[made.capacities["value"].notna(), "name"]) == {"peer_rate", "shape"}
    shown = {row[2] for s in summarise(made.rates) if s.title.startswith("The same workload") for row in s.rows}
    assert shown == {"peer_rate", "shape"}
    notes = [note for note in made.facts["notes"] if "is not computed, because" in note]
    assert len(notes) == 4  # two rankings for each of two concerns


def test_a_rule_that_contradicts_some_alike_ranks_them_before_the_others() -> None:
    audit = little_audit(32, people=100)
    scores = audit.scores.copy()
    alike = scores["detector"] == "badge_rule"
    scores.loc[alike, "score"] = (scores.loc[alike, "score"] > 2).astype(float)
    inputs = AuditInputs(flags=audit.flags, subjects=audit.subjects, scores=scores)
    made = rates_report(inputs, options=RateOptions(), sweeps=False)
    equal = made.rates[(made.rates["basis"] == "equal_workload") & (made.rates["name"] == "badge_rule")]
    assert equal["value"].notna().any()


def test_no_share_of_nothing_is_a_result() -> None:
    audit = little_audit(33, people=60)
    nobody = audit.flags.iloc[:0]
    inputs = AuditInputs(flags=nobody, subjects=audit.subjects, scores=audit.scores, truth=audit.truth)
    made = rates_report(inputs, options=RateOptions())
    rows = made.rates
    assert (rows["value"].isna() == rows["because"].notna()).all()
    assert not rows[(rows["n"] == 0) & rows["value"].notna()].size
    precision = rows[(rows["measure"] == "precision") & (rows["basis"] == "flagged")]
    assert set(precision["because"]) == {"not computed, because nobody is flagged"}
    assert rows.loc[rows["basis"] == "equal_workload", "value"].isna().all()
    text = " ".join(str(cell) for s in summarise(rows) for row in (*s.rows, s.sentences) for cell in row)
    assert "not computed, because nobody is flagged" in text
    assert "nan" not in text
    assert "undefined" not in text
    assert (
        not made.capacities[made.capacities["n"].gt(0) & made.capacities["count"].eq(0)]
        .query("measure == 'flags_per_1000' and by == 'all'")
        .size
    )


def test_a_ratio_says_of_which_group_there_is_nothing() -> None:
    audit = little_audit(34, people=60)
    women = audit.people.loc[audit.people["sex"] == "female", "officer_id"]
    flags = audit.flags[audit.flags["subject_id"].isin(women)]
    inputs = AuditInputs(flags=flags, subjects=audit.subjects, about=Background(audit.people, None))
    table = rates_report(inputs, options=RateOptions(), sweeps=False).rates
    ratio = table[(table["measure"] == "flag_rate_ratio") & (table["by"] == "sex") & (table["group"] == "female")]
    assert set(ratio["because"]) == {"not computed, because nobody of the reference group (male) is flagged"}
    assert set(ratio["high"]) == {float("inf")}  # how far it lies above, nothing bounds
