"""The command `explain`, as its users call it."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from audit.flag.comparison import FlagComparison
from audit.flag.explanation import _changes
from audit.flag.explanation import explain as explain_flag
from audit.flag.fewer_counts import fewer_counts
from audit.flag.rerun import CitedRowStore, Rerun
from audit.flag.rule_comparison import RuleComparison
from data.store import Store
from models.detectors import detectors
from models.detectors.peer_rate import PeerRate
from models.nulls.series_nulls import SeriesNull, SeriesPValues
from models.panel import Panel, Series
from models.series_detector import SeriesDetector
from pipeline.compare import combine_p_values
from pipeline.run_folder import RunFolder
from tests.command_line import json_of, output_of, refusal_of

SEPARATE = {name for name, detector in detectors().items() if isinstance(detector, SeriesDetector)}
"""The detectors that look at one indicator after the other."""


def flag_of(folder: RunFolder, subject: int, family: str) -> dict[str, Any]:
    """The flag that a family of evidence raised about somebody."""
    rows: list[dict[str, Any]] = folder.table("flags").to_pylist()
    return next(row for row in rows if row["subject_id"] == subject and row["family"] == family)


def test_explain_says_why_compared_with_whom_on_which_rows_and_what_would_change_it(finished: RunFolder) -> None:
    flag = flag_of(finished, 7, "peer")
    text = output_of("explain", finished.path, flag["flag_id"][:12])
    assert "not a finding" in " ".join(text.split())
    assert "160 peers" in text
    assert "roster_edit.parquet" in text
    assert "would not reach the cut" in text
    explanation = json_of("explain", finished.path, flag["flag_id"], "--rows", 3, "--no-removal")
    assert {cited[0] for cited in explanation["cited"]} >= {"roster_edit", "shift", "posting", "officer"}
    assert len(explanation["rows"]["roster_edit"]) == 3
    assert all(row["officer_id"] == 7 for row in explanation["rows"]["roster_edit"])


def test_an_explanation_fits_a_screen_and_says_how_to_see_the_rest(
    finished: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    flag = flag_of(finished, 7, "peer")
    whole = output_of("explain", finished.path, flag["flag_id"], "--no-removal")
    monkeypatch.setattr("opencse.commands.explain.screen", lambda: os.terminal_size((100, 40)))
    brief = output_of("explain", finished.path, flag["flag_id"])
    assert len(brief.splitlines()) <= 40
    assert "would not reach the cut" in brief
    assert "without" in brief
    assert "--full" in brief
    assert output_of("explain", finished.path, flag["flag_id"], "--no-removal", "--full") == whole


def test_the_number_of_tests_is_the_one_that_chances_were_multiplied_by(finished: RunFolder) -> None:
    for row in finished.table("scores").to_pylist():
        listed = [c for c in json.loads(row["contributions"]) if "tests" in c]
        assert bool(listed) == (row["detector"] in SEPARATE and row["contributions"] != "[]")
        if listed:
            assert {c["tests"] for c in listed} == {listed[0]["tests"]}
            assert row["p_value"] == min(1.0, listed[0]["p_value"] * listed[0]["tests"])


def test_what_explain_says_would_change_a_contradiction_does(finished: RunFolder) -> None:
    flag = flag_of(finished, 8, "contradiction")
    explanation = json_of("explain", finished.path, flag["flag_id"], "--no-removal")
    counts = explanation["scores"][0]["contributions"][0]
    line, *practices = explanation["changes"]
    assert all("not about a person" in practice for practice in practices)
    fewer = int(line.removeprefix("With ").split(" of the ")[0])
    with Store(threads=1) as store:
        again = RuleComparison(Rerun(finished, finished.settings), flag, store)
        assert not again.reaches(counts | {"hit_days": counts["hit_days"] - fewer})
        assert again.reaches(counts | {"hit_days": counts["hit_days"] - fewer + 1})


def test_a_flag_there_is_none_of_is_refused(finished: RunFolder) -> None:
    error = refusal_of("explain", finished.path, "zzzz")
    assert error.exit_code == 2
    assert "zzzz" in str(error)


def test_peers_are_everybody_of_the_group_with_what_each_showed(finished: RunFolder) -> None:
    flag = flag_of(finished, 7, "peer")
    explanation = json_of("explain", finished.path, flag["flag_id"], "--no-removal", "--peers")
    lists = {(one["detector"], one["indicator"], one["window_days"]): one for one in explanation["peers"]}
    (detector,) = flag["detectors"][:1]
    score = next(s for s in explanation["scores"] if s["detector"] == detector)
    part = score["contributions"][0]
    members = lists[detector, part["indicator"], part["window_days"]]["members"]
    own = next(member for member in members if member["subject"])
    assert own["subject_id"] == 7
    assert own["value"] == part["observed"]
    assert len(members) == score["peers"]
    values = {
        (row["officer_id"]): row["value"]
        for row in finished.table("features").to_pylist()
        if (row["indicator"], row["window_days"]) == (part["indicator"], part["window_days"])
    }
    assert all(member["value"] == values[member["subject_id"]] for member in members)
    text = output_of("explain", finished.path, flag["flag_id"], "--no-removal", "--peers")
    assert "* 7" in text


def test_the_ancestry_of_a_flag_is_written_as_prov(finished: RunFolder, tmp_path: Path) -> None:
    flag = flag_of(finished, 8, "contradiction")
    output_of("explain", finished.path, flag["flag_id"], "--no-removal", "--prov", tmp_path / "flag.json")
    document = json.loads((tmp_path / "flag.json").read_text(encoding="utf-8"))
    assert f"run:flag/{flag['flag_id']}" in document["entity"]
    again = refusal_of("explain", finished.path, flag["flag_id"], "--no-removal", "--prov", tmp_path / "flag.json")
    assert "exists already" in str(again)


def test_what_explain_says_of_a_count_is_where_the_chance_crosses_the_cut(finished: RunFolder) -> None:
    flag = flag_of(finished, 7, "peer")
    rerun, settings = Rerun(finished, finished.settings), finished.settings
    (name,) = flag["detectors"]
    detector = settings.repertoire.detectors[name]
    for line in fewer_counts(rerun, flag, detector, flag["threshold"]) or ["nothing"]:
        most, observed = (int(part) for part in re.findall(r"at most (\d+) instead of (\d+)", line)[0])
        assert f": {observed - most} fewer" in line
        assert most < observed
    strict = fewer_counts(rerun, flag, detector, flag["threshold"] / 4000)
    loose = fewer_counts(rerun, flag, detector, flag["threshold"])
    assert strict is not None
    assert loose is not None
    assert sum(map(_fewer, strict)) < sum(map(_fewer, loose))
    (pattern,) = [d for d in settings.detectors if d.name == "hbos"]
    assert fewer_counts(rerun, flag, pattern, flag["threshold"]) is None


def _fewer(line: str) -> int:
    return int(re.findall(r": (\d+) fewer", line)[0])


@dataclass(frozen=True)
class LongTailed:
    """A null whose chances are the square roots of those of the null of the count: one with a longer tail."""

    null: SeriesNull

    def test(self, panel: Panel, series: Series) -> SeriesPValues:
        own = self.null.test(panel, series)
        return replace(own, p_value=np.sqrt(own.p_value))


@pytest.mark.parametrize("longer", [False, True])
def test_so_many_fewer_as_explain_says_would_have_cleared_the_flag_and_one_less_would_not(
    longer: bool, finished: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever tail the chances have that the detector goes by."""
    flag = flag_of(finished, 7, "peer")
    scores = explain_flag(finished, flag["flag_id"], rows=0).scores
    flag |= {"threshold": 1e-4}
    fit = PeerRate.fit_nulls
    if longer:
        monkeypatch.setattr(PeerRate, "fit_nulls", lambda *given: [n and LongTailed(n) for n in fit(*given)])
    rerun = Rerun(finished, finished.settings)
    (said,) = _changes(rerun, flag, scores)
    name, window, most = re.findall(
        r"(.+) over (?:the \d+ of )?(\d+) days.*: \d+ fewer \(at most (\d+) instead of .+", said
    )[0]
    with Store(threads=1) as store:
        comparison = FlagComparison(rerun, flag, CitedRowStore(store, rerun.absent, rerun.coarse, rerun.filled))
        monkeypatch.setattr(FlagComparison, "_written", {})
        key = name.replace(" ", "_"), int(window)
        chances = [combined_with(comparison, key, float(most) + more) for more in (0, 1)]
    assert chances[0] > flag["threshold"] >= chances[1]


def combined_with(comparison: FlagComparison, key: tuple[str, int], value: float) -> float:
    """Return the chance that all detectors together give the subject with another count."""
    alone = comparison.panel.take(np.array([comparison.at]))
    series = [replace(s, cells=replace(s.cells, value=np.array([value]))) if s.key == key else s for s in alone.series]
    p_values = comparison._start.copy()
    for n, fitted in comparison._over_cut:
        p_values[n] = fitted.score(replace(alone, series=tuple(series))).p_value[0]
    return float(combine_p_values(p_values[np.newaxis, :], comparison.detectors, comparison.settings)[0])
