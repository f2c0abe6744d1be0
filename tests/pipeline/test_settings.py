"""Settings reach what they are about, and leave the catalogue as it is."""

from __future__ import annotations

import pytest

from data.errors import UsageError
from models.detectors import detectors
from models.pattern import Pattern
from pipeline.settings import load, resolve


def test_the_null_of_scores_reaches_every_pattern_and_not_the_catalogue() -> None:
    settings = resolve(load().model_dump(mode="python") | {"calibration": {"scores": "rank"}}, where="test")
    patterns = [d for d in settings.detectors if isinstance(d, Pattern)]
    assert patterns
    assert {d.null for d in patterns} == {"rank"}
    assert "rank" not in {d.null for d in detectors().values() if isinstance(d, Pattern)}
    assert [d.name for d in settings.detectors] == [d.name for d in load().detectors]


def test_a_weight_stands_for_a_family_and_one_not_named_counts_one() -> None:
    combination = {"method": "bonferroni", "weights": {"pattern": 0.5}}
    settings = resolve(load().model_dump(mode="python") | {"combination": combination}, where="test")
    assert settings.combination.weight("pattern") == 0.5
    assert settings.combination.weight("peer") == 1.0


@pytest.mark.parametrize(
    ("section", "content"),
    [
        ("calibration", {"scores": "conformal"}),
        ("combination", {"method": "fisher", "weights": {}}),
        ("combination", {"method": "bonferroni", "weights": {"peer": 0.0}}),
        ("across_dates", {"method": "always"}),
        ("bounds", {"confidence": 1.0}),
    ],
)
def test_what_would_promise_nothing_is_refused(section: str, content: dict[str, object]) -> None:
    with pytest.raises(UsageError, match=section):
        resolve(load().model_dump(mode="python") | {section: content}, where="test")
