"""Rows are weighed by the values in which they count, over the days that records of a value and its exposure cover."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pyarrow as pa
import pytest

from audit.flag.cited_rows import RowKey, cited_rows, evidence_of, loaded_rows
from audit.flag.comparison import FlagComparison, RowWeight
from audit.flag.rerun import CitedRowStore, Rerun
from data.contract import CONTRACT
from data.sample_records import arrow_table, complete_rows
from data.store import Store
from features.table import FeatureTable
from pipeline.run import run
from pipeline.run_folder import RunFolder
from pipeline.settings import over_defaults
from tests import small_force

SUBJECT = 5
COVERED = 120
"""Over so many days before the as-of date there are tours, and assaults over all the days of the force."""

Rows = dict[str, list[dict[str, Any]]]


def assaults() -> Rows:
    """Two of everybody, far apart, and one every four days of the subject."""
    days = {officer: [officer % 90, 100 + officer % 95] for officer in range(1, small_force.OFFICERS + 1)}
    days[SUBJECT] = list(range(1, small_force.DAYS - 2, 4))
    given = [
        {"officer_id": officer, "occurred_at": f"{small_force.START + timedelta(days=day)}T12:00:00"}
        for officer, own in days.items()
        for day in own
    ]
    return {name: rows for name, rows in complete_rows({"assault": given}).items() if name == "assault"}


@pytest.fixture(scope="module")
def late_tours(tmp_path_factory: pytest.TempPathFactory, force_rows: Rows) -> RunFolder:
    """A run on records in which tours begin 80 days after what is counted against them."""
    place = tmp_path_factory.mktemp("late")
    begun = small_force.AS_OF - timedelta(days=COVERED)
    tours = {"shift": [tour for tour in force_rows["shift"] if tour["starts_at"].date() >= begun]}
    people = {name: force_rows[name] for name in ("unit", "officer", "posting")}
    records = small_force.write(place / "records", people | tours | assaults())
    chosen = {"features": {"indicators": ["assaults_suffered"]}, "models": {"rules": [], "detectors": ["peer_rate"]}}
    settings = over_defaults(chosen, where="a test")
    return run(records, out=place / "run", settings=settings, as_of=[small_force.AS_OF]).folder


def weights_of(folder: RunFolder, besides: Sequence[int] = ()) -> tuple[dict[RowKey, RowWeight], FeatureTable]:
    """Return what each row of the subject's flag weighs, other assaults being there besides, and everybody's values."""
    (flag,) = [flag for flag in folder.table("flags").to_pylist() if flag["subject_id"] == SUBJECT]
    cited = evidence_of(folder, flag["flag_id"])[flag["flag_id"]]
    rows = cited_rows(cited, loaded_rows(folder, cited), flag["as_of"])
    own = rows["assault"]
    others = arrow_table(CONTRACT["assault"], [row for row in assaults()["assault"] if row["assault_id"] in besides])
    rows["assault"] = pa.concat_tables([own, others], promote_options="default").select(own.column_names)
    rerun = Rerun(folder, folder.settings)
    with Store(threads=1) as store:
        held = CitedRowStore(store, rerun.absent, rerun.coarse, rerun.filled)
        held.hold(rows)
        keys = [(table, key) for table in rows for key in rows[table][str(CONTRACT[table].key)].to_pylist()]
        return FlagComparison(rerun, flag, held).counted(keys), rerun.table("officer", flag["as_of"])


def test_the_weights_of_cited_rows_add_up_to_the_values_that_they_count_in(late_tours: RunFolder) -> None:
    weights, table = weights_of(late_tours)
    counted = Counter(value for weight in weights.values() for value in weight.alike[0])
    at = table.ids.tolist().index(SUBJECT)
    assert counted == {key: cells.value[at] for key, cells in table.cells.items()}
    assert 0 < counted["assaults_suffered", 90] < counted["assaults_suffered", 365] < len(assaults_of_subject())
    assert sum(weight.weight for weight in weights.values()) == sum(counted.values())


def test_rows_from_before_their_opportunity_was_recorded_weigh_nothing(late_tours: RunFolder) -> None:
    alone, _ = weights_of(late_tours)
    before = [row for row in assaults_of_subject() if ("assault", row) not in alone]
    weights, _ = weights_of(late_tours, before)
    assert before
    assert {row: weights["assault", row].weight for row in before} == dict.fromkeys(before, 0)
    assert {key: weight for key, weight in weights.items() if weight.weight} == {
        key: weight for key, weight in alone.items() if weight.weight
    }


def assaults_of_subject() -> list[int]:
    return [row["assault_id"] for row in assaults()["assault"] if row["officer_id"] == SUBJECT]
