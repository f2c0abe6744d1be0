"""Settings reach what they are about, and leave the catalogue as it is."""

from __future__ import annotations

import sys

import pytest

from data.errors import UsageError
from models.detectors import detectors
from models.pattern import Pattern
from pipeline.settings import CodeNotTrusted, load, resolve


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


def named(estimator: str) -> dict[str, object]:
    content = load().model_dump(mode="python")
    content["models"]["estimators"] = [{"name": "theirs", "estimator": estimator, "parameters": {}}]
    return content


@pytest.mark.parametrize("estimator", ["subprocess.Popen", "pdb.run", "this.s", "sklearn_evil.Forest"])
def test_an_estimator_of_another_package_is_refused_before_it_is_imported(estimator: str) -> None:
    before = set(sys.modules)
    with pytest.raises(CodeNotTrusted, match=estimator):
        resolve(named(estimator), where="test")
    assert estimator.partition(".")[0] not in set(sys.modules) - before


@pytest.mark.parametrize("estimator", ["", "plainword", "a..b", "os.system('true')", "sklearn.x\x1b[31m"])
def test_what_is_no_name_of_an_estimator_is_refused_even_where_code_is_trusted(estimator: str) -> None:
    with pytest.raises(UsageError, match="estimator"):
        resolve(named(estimator), where="test", trust_code=True)


def test_trusted_code_reaches_the_detector_that_names_it() -> None:
    trusted = resolve(named("own_package.Distance"), where="test", trust_code=True)
    detector = trusted.detectors[-1]
    assert isinstance(detector, Pattern)
    assert (detector.name, detector.trust_code) == ("theirs", True)
    ordinary = resolve(named("sklearn.ensemble.IsolationForest"), where="test").detectors[-1]
    assert isinstance(ordinary, Pattern)
    assert not ordinary.trust_code
