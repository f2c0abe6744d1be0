"""One cause with many rows is one cause: it flags nobody, whether it is a video, a complainant or a long case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from data.arrow import arrow_schema
from data.contract import CONTRACT
from data.sample_records import arrow_table
from data.synthetic.memory_world import make_world
from data.synthetic.world import load as load_world
from features.indicators import indicators
from models.scores import Contribution
from pipeline.settings import Settings, load
from pipeline.trial import Trial, try_records
from pipeline.wording import contribution_sentence

SETTINGS = """
[features]
indicators = ["complaints", "days_served"]
[models]
rules = []
detectors = ["peer_rate"]
"""
VIRAL = 60


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    path: Path = tmp_path_factory.mktemp("settings") / "settings.toml"
    path.write_text(SETTINGS)
    return load(path)


@pytest.fixture(scope="module")
def records() -> Mapping[str, pa.Table]:
    """A force in which nothing is planted: a wide null of complaints, and nobody flagged by them."""
    made = make_world(load_world("drawn-null", seed=11, people=400, months=14)).records
    return {name: made[name] for name in ("officer", "unit", "posting", "complaint")}


def complained_of(trial: Trial) -> set[int]:
    return set(trial.flags["subject_id"].to_pylist())


def with_complaints(records: Mapping[str, pa.Table], rows: list[dict[str, Any]]) -> dict[str, pa.Table]:
    complaint = records["complaint"]
    taken = max(complaint["allegation_id"].to_pylist())
    numbered = [row | {"allegation_id": taken + n} for n, row in enumerate(rows, 1)]
    more = arrow_table(CONTRACT["complaint"], numbered).cast(arrow_schema(CONTRACT["complaint"], strict=True))
    return {**records, "complaint": pa.concat_tables([complaint, more.select(complaint.column_names)])}


def sixty(records: Mapping[str, pa.Table], officer: int, *, one_day: bool) -> list[dict[str, Any]]:
    """Sixty cases by sixty people, about one day of an officer or about sixty."""
    last = max(records["complaint"]["known_on"].to_pylist())
    cases = max(records["complaint"]["complaint_id"].to_pylist())
    people = 1 << 40
    days = [last - timedelta(days=30 if one_day else 30 + n) for n in range(VIRAL)]
    return [
        {
            "complaint_id": cases + n,
            "officer_id": officer,
            "complainant_id": people + n,
            "category": "powers",
            "source": "public",
            "occurred_on": day,
            "received_on": day + timedelta(days=2),
            "outcome": None,
            "finalised_on": None,
            "known_on": day + timedelta(days=3),
        }
        for n, day in enumerate(days, 1)
    ]


def test_sixty_complaints_of_one_video_raise_no_flag_and_sixty_of_sixty_days_do(
    records: Mapping[str, pa.Table], settings: Settings
) -> None:
    whom = records["posting"]["officer_id"].to_pylist()[7]
    as_of = [max(records["complaint"]["known_on"].to_pylist()) + timedelta(days=1)]
    before = complained_of(try_records(records, settings=settings, as_of=as_of))
    video = with_complaints(records, sixty(records, whom, one_day=True))
    trial = try_records(video, settings=settings, as_of=as_of)
    assert complained_of(trial) == before
    assert whom not in before
    value = next(
        row
        for row in trial.features.to_pylist()
        if (row["officer_id"], row["indicator"], row["window_days"]) == (whom, "complaints", 365)
    )
    assert value["n_rows"] >= VIRAL
    assert value["value"] <= value["n_rows"] - VIRAL + 1
    days = with_complaints(records, sixty(records, whom, one_day=False))
    assert whom in complained_of(try_records(days, settings=settings, as_of=as_of))


def test_a_release_with_five_allegations_a_case_flags_whom_one_with_one_flags(
    records: Mapping[str, pa.Table], settings: Settings
) -> None:
    as_of = [max(records["complaint"]["known_on"].to_pylist()) + timedelta(days=1)]
    once = try_records(records, settings=settings, as_of=as_of)
    rows = records["complaint"].to_pylist()
    case = {row["complaint_id"]: 1 + 2 * (row["complaint_id"] % 3) for row in rows}
    extra = [row | {"category": "other"} for row in rows for _ in range(case[row["complaint_id"]] - 1)]
    many = try_records(with_complaints(records, extra), settings=settings, as_of=as_of)
    assert len(extra) > len(rows)
    assert complained_of(many) == complained_of(once)
    values = [t.features.select(["officer_id", "indicator", "window_days", "value"]) for t in (once, many)]
    assert values[0].equals(values[1])


def test_a_flag_says_both_rows_and_causes() -> None:
    counted = Contribution(indicator="complaints", window_days=365, observed=1.0, n_rows=4, exposure=365.0)
    sentence = contribution_sentence(counted, indicators()["complaints"])
    assert "complaints: 1 in 365 days (4 allegations in 1 complaint; days served: 365)" in sentence
    several = contribution_sentence(replace(counted, observed=2.0), indicators()["complaints"])
    assert "4 allegations in 2 complaints" in several
