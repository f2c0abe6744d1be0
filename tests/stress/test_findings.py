"""Findings: their figures against a hand-made plan, and the kept pages against the tables they are made from."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import scipy.stats

from data.errors import UsageError
from data.synthetic.generate import GENERATOR
from opencse.docs import __main__ as command
from opencse.docs import findings_pages as pages
from opencse.docs import kept_figures, result_ages, stated_budget_page, week_page
from stress.cell import RESULTS
from stress.findings import finding_tables as tables
from stress.plan import TWIN
from stress.ranking import COMBINED
from stress.scenarios import scenarios

ROOT = Path(__file__).parent.parent.parent
SICKNESS = "sickness_as_misconduct"
SEEDS = (1, 2, 3)
INNOCENTS = {(TWIN, 0.0): (2, 3, 4), (SICKNESS, 1.0): (2, 4, 4), (SICKNESS, 2.0): (9, 13, 10)}
"""Innocents flagged among 1,000 people, by scenario and dose, in three worlds."""

ILL = {(TWIN, 0.0): (0, 1, 0), (SICKNESS, 1.0): (0, 1, 1), (SICKNESS, 2.0): (5, 6, 7)}
"""Those of them with a disability, of whom there are 100."""


def rows_of(basis: str, scope: str, name: str, by: str, group: str, wrong: int, n: int) -> list[dict[str, Any]]:
    about = {"basis": basis, "scope": scope, "name": name, "by": by, "group": group}
    found = {
        "innocent_flagged_per_46000": (46.0 * wrong, wrong, 1000),
        "flags_per_1000": (1000 * (wrong + 5) / n, wrong + 5, n),
        "false_positive_rate": (wrong / n, wrong, n),
        "precision": (5 / (5 + wrong), 5, 5 + wrong),
        "recall": (0.5, 5, 10),
    }
    return [about | {"measure": m, "value": v, "count": float(c), "n": float(k)} for m, (v, c, k) in found.items()]


def write_folder(folder: Path, *, failed: bool = False) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for (scenario, dose), counts in INNOCENTS.items():
        for at, seed in enumerate(SEEDS):
            cell = {"world": "demo", "people": 1000, "seed": seed, "set": "s", "scenario": scenario, "dose": dose}
            cell |= {"subject_kind": "officer", "concern": "standards", "code_version": "1", "code_digest": "ab"}
            ill = ILL[scenario, dose][at]
            told = [
                *rows_of("flagged", "all", "all", "all", "all", counts[at], 990),
                *rows_of("flagged", "family", "peer", "all", "all", counts[at], 990),
                *rows_of("flagged", "all", "all", "disability", "yes", ill, 100),
                *rows_of("flagged", "all", "all", "disability", "no", counts[at] - ill, 890),
                *rows_of("equal_workload", "detector", COMBINED, "all", "all", 1 + int(dose), 990),
                *rows_of("equal_workload", "detector", "peer_rate", "all", "all", 7, 990),
                *rows_of("equal_workload", "baseline", "raw_complaint_count", "all", "all", 15, 990),
            ]
            rows += [cell | row for row in told]
    table = pd.DataFrame(rows).reindex(columns=RESULTS.names)
    pq.write_table(pa.Table.from_pandas(table, schema=RESULTS, preserve_index=False), folder / "results.parquet")
    plan = {"title": "made by hand", "seeds": list(SEEDS), "people": [1000], "worlds": {"demo": {"planted": True}}}
    plan["sets"] = {"s": {"selection": {"standards": {"method": "fdr", "q": 0.1, "dependence": "positive"}}}}
    (folder / "plan.json").write_text(json.dumps(plan))
    (folder / "failures").mkdir(exist_ok=True)
    if failed:
        place = {"world": "demo", "people": 1000, "seed": 1, "set": "s", "scenario": SICKNESS, "dose": 1.0}
        told = {"cell": "c", **place, "error": "upside down", "details": ""}
        (folder / "failures" / "c.json").write_text(json.dumps(told))
    return folder


def test_worlds_with_nothing_planted_count_for_the_promise_only(tmp_path: Path) -> None:
    folder = write_folder(tmp_path)
    plan = json.loads((folder / "plan.json").read_text())
    (folder / "plan.json").write_text(json.dumps(plan | {"worlds": {"demo": {"planted": False}}}))
    told = tables.tables_of([folder])
    assert (len(told.everybody), len(told.groups)) == (0, 0)
    assert set(told.budget["planted"]) == {False}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tables.FindingTables:
    return tables.tables_of([write_folder(tmp_path_factory.mktemp("findings"))])


def test_changes_are_paired_by_world_with_students_interval(made: tables.FindingTables) -> None:
    rows = made.everybody
    (row,) = rows[(rows["method"] == "flagged") & (rows["dose"] == 2.0)].to_dict("records")
    before, after = (46.0 * np.array(INNOCENTS[k]) for k in ((TWIN, 0.0), (SICKNESS, 2.0)))
    interval = scipy.stats.ttest_rel(after, before).confidence_interval()
    assert (row["innocents_twin"], row["innocents_value"]) == pytest.approx((before.mean(), after.mean()))
    assert row["innocents_effect"] == pytest.approx((after - before).mean(), rel=1e-5)
    assert (row["innocents_low"], row["innocents_high"]) == pytest.approx((interval.low, interval.high), rel=1e-5)
    assert row["precision_value"] == pytest.approx(np.mean([5 / 14, 5 / 18, 5 / 15]), rel=1e-5)
    assert row["seeds"] == 3


def test_all_detectors_together_and_baselines_stand_side_by_side_and_single_detectors_do_not(
    made: tables.FindingTables,
) -> None:
    assert set(made.everybody["method"]) == {"flagged", "detectors", "raw_complaint_count"}
    equal = made.everybody[made.everybody["basis"] == "equal_workload"]
    assert sorted(equal[equal["dose"] == 2.0]["innocents_value"]) == [46 * 3, 46 * 15]


def test_tables_come_back_from_csv_as_they_went_in(made: tables.FindingTables, tmp_path: Path) -> None:
    tables.write(made, tmp_path)
    back = tables.read(tmp_path)
    for name in ("everybody", "groups", "budget", "plans"):
        before, after = getattr(made, name), getattr(back, name)
        assert before.to_csv(index=False) == after.to_csv(index=False)
    with pytest.raises(UsageError, match="no findings"):
        tables.read(tmp_path / "elsewhere")


def test_the_page_on_sickness_says_what_it_costs_and_whom(made: tables.FindingTables) -> None:
    page = pages.pages(made, {SICKNESS: "It is the ill who are flagged."})[f"{pages.FOLDER}/{SICKNESS}.md"]
    # By hand: means of 9, 13, 10 and of 5, 6, 7, times 46.
    assert "of 46,000 people 491 are flagged for standards wrongly, +353, " in page
    assert "276 of them have a disability (+261, " in page
    assert "**It is the ill who are flagged.**" in page
    assert scenarios()[SICKNESS].question in page
    assert "| `raw_complaint_count` | 2 | 690 | 690 | 0 |" in page
    assert "| nothing wrong | 138 |" in page


def test_the_index_says_which_results_are_older_than_the_code(made: tables.FindingTables, tmp_path: Path) -> None:
    def index(generator: object) -> str:
        plans = made.plans.assign(generator=[generator])
        return pages.pages(tables.FindingTables(made.everybody, made.groups, made.budget, plans), {})[
            f"{pages.FOLDER}/index.md"
        ]

    assert f"of worlds of generator {GENERATOR}, as this code makes them" in index(GENERATOR)
    assert "of worlds of generator 4, **older than this code**" in index(4)
    assert "of worlds of a generator before 5" in index(None)
    assert "older than this code" in pages.pages(made, {})[f"{pages.FOLDER}/{SICKNESS}.md"]
    (tmp_path / "the_week.json").write_text('{"generators": [4, 5]}')
    older = [line.split("]")[0] for line in result_ages.other_ages(tmp_path) if "generators 4 and 5, **older" in line]
    assert older == ["[The week"]


def test_pages_tell_the_verdict_of_the_budget(made: tables.FindingTables) -> None:
    page = pages.pages(made, {})[f"{pages.FOLDER}/{SICKNESS}.md"]
    # Of three cells all are over 10%: by hand, t is 5.8, 5.5 and 24 with two degrees of freedom, so q is at most 0.016.
    assert "| demo 1,000 s | standards | stops holding at dose 1 (it does with nothing wrong, too) | 39.2% |" in page
    (row,) = made.budget.to_dict("records")
    assert (row["scenario"], row["verdict"]) == (SICKNESS, "exceeds")
    assert row["q_value"] == pytest.approx(0.0157, abs=2e-4)
    assert "No sentence has been written yet." in page


def test_where_nothing_moves_nothing_is_listed_and_a_failed_control_stands_first(made: tables.FindingTables) -> None:
    still = made.everybody.assign(**dict.fromkeys(("rate_effect", "precision_effect", "recall_effect"), 0.0))
    failed = made.plans.assign(controls="demo 1,000 s: CONTROLS FAILED: placebo indicator.")
    calm = pages.pages(tables.FindingTables(still, made.groups.iloc[:0], made.budget, failed), {})
    page = calm[f"{pages.FOLDER}/{SICKNESS}.md"]
    assert "At an equal workload nothing moves, by any method and at any dose." in page
    assert "On whom it falls" not in page
    for text in calm.values():
        assert text.splitlines()[4].startswith("CONTROLS FAILED in what this rests on (made by hand)")
    moving = pages.pages(made, {})[f"{pages.FOLDER}/{SICKNESS}.md"]
    assert "nothing moves" not in moving
    assert "CONTROLS FAILED" not in moving


def test_the_same_cells_in_two_folders_and_failed_cells_are_refused(tmp_path: Path) -> None:
    one, two = write_folder(tmp_path / "one"), write_folder(tmp_path / "two")
    with pytest.raises(UsageError, match="same scenarios"):
        tables.tables_of([one, two])
    with pytest.raises(UsageError, match="failed"):
        tables.tables_of([write_folder(tmp_path / "three", failed=True)])


def test_the_command_writes_tables_and_pages_and_keeps_what_is_written_by_hand(tmp_path: Path) -> None:
    folder, sentences = write_folder(tmp_path / "out"), tmp_path / pages.FOLDER / pages.SENTENCES
    sentences.parent.mkdir(parents=True)
    sentences.write_text(f'{SICKNESS} = "Kept."\n')
    (sentences.parent / "gone.md").write_text("a scenario that there is no more")
    for results in (kept_figures.RESULTS, stated_budget_page.RESULTS, week_page.RESULTS):
        (tmp_path / results).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / results, tmp_path / results)
    command.main([folder], root=tmp_path)
    before = {p.name: p.read_bytes() for p in sentences.parent.iterdir()}
    assert set(before) == {"index.md", f"{SICKNESS}.md", "sentences.toml", "stated-budget.md", "the-week.md"}
    assert b"Kept." in before["index.md"]
    command.main([], root=tmp_path)
    assert {p.name: p.read_bytes() for p in sentences.parent.iterdir()} == before


def test_every_scenario_that_was_measured_has_a_sentence_and_no_other_has() -> None:
    measured = set(tables.read(ROOT / command.TABLES).everybody["scenario"])
    assert set(pages.read_sentences(ROOT / pages.FOLDER)) == measured
