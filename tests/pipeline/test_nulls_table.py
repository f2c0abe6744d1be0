"""What a run compared people with is in the run: every fitted null, with the parameters that give its p-values."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from models.nulls.gamma_poisson import upper_tail
from models.nulls.parameters import parameters_of
from pipeline.detector_scores import seed_of
from pipeline.run_folder import RunFolder


@pytest.fixture(scope="module")
def nulls(finished: RunFolder) -> list[dict[str, Any]]:
    rows = finished.table("nulls").to_pylist()
    return [row | {"parameters": json.loads(row["parameters"] or "null")} for row in rows]


def test_every_detector_and_rule_that_scored_somebody_has_a_row(
    nulls: list[dict[str, Any]], finished: RunFolder
) -> None:
    keys = ("as_of", "subject_kind", "concern", "detector")
    scored = {tuple(row[k] for k in keys) for row in finished.table("scores").select(keys).to_pylist()}
    rows = {tuple(row[k] for k in keys) for row in nulls}
    assert scored <= rows
    # A rule of whose claims there are none has a row, and scores of nobody.
    assert {detector for *_, detector in rows - scored} <= finished.settings.repertoire.rules.keys()


def test_a_seed_is_the_one_that_the_detector_was_given(nulls: list[dict[str, Any]], finished: RunFolder) -> None:
    assert all(row["seed"] is not None for row in nulls if row["detector"] in finished.settings.repertoire.detectors)
    row = next(row for row in nulls if row["detector"] == "isolation_forest" and row["concern"] == "standards")
    detector = finished.settings.repertoire.detectors["isolation_forest"]

    class View:
        kind, concern, as_of = row["subject_kind"], row["concern"], row["as_of"]

    assert row["seed"] == seed_of(finished.settings, detector, View)  # type: ignore[arg-type]


def test_a_p_value_follows_from_the_parameters_that_were_kept(nulls: list[dict[str, Any]], finished: RunFolder) -> None:
    """Take a contribution that the run listed, and compute its p-value from the null's shape and nothing else."""
    scores = [row for row in finished.table("scores").to_pylist() if row["detector"] == "peer_rate"]
    checked = 0
    for score in scores:
        for part in json.loads(score["contributions"]):
            null = next(
                row["parameters"]
                for row in nulls
                if (row["detector"], row["concern"], row["subject_kind"], row["indicator"], row["window_days"])
                == ("peer_rate", score["concern"], score["subject_kind"], part["indicator"], part["window_days"])
            )
            if null["kind"] != "RateNull":
                continue
            assert null["fitted"]["shape"] == part["shape"]
            p_value = upper_tail(np.array([part["observed"]]), np.array([part["expected"]]), null["fitted"]["shape"])
            assert float(p_value[0]) == part["p_value"]
            checked += 1
    assert checked


def test_what_is_no_number_is_told_by_its_name_and_what_is_not_finite_is_none() -> None:
    assert parameters_of({("a", 1): (np.float64(np.inf), np.array([1, 2]), np.log, None, True)}) == {
        "a, 1": [None, [1, 2], "log", None, True]
    }
