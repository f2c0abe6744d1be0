"""A detector that keeps no rate: it takes no part in a selection by rate, and does where the strongest are taken."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from models.nulls.parameters import FittedNull
from models.nulls.tail_null import TailNull
from models.scores import ContributionList, Scores
from pipeline.compare import Comparison, compare_panel
from pipeline.detector_scores import DetectorScores
from pipeline.promised import kept_sentence, measured_rates, promises
from pipeline.settings import Settings, over_defaults
from pipeline.unsettled import unsettled_notes
from tests.models.panels import LAST, N, a_panel

BY_RATE = {"method": "fdr", "q": 0.1}
BY_CAPACITY = {"method": "capacity", "per_thousand": 5}


def settings(selection: dict[str, object]) -> Settings:
    return over_defaults({"selection": {"standards": selection}}, where="a test")


def compared(selection: dict[str, object]) -> Comparison:
    """Pairs say of the last person what is impossible, and the rates of nobody anything."""
    chosen = settings(selection)
    known = {d.name: d for d in chosen.detectors}
    panel = a_panel(known["pairs"])
    p_values = {"pairs": np.full(N, 0.5), "peer_rate": np.full(N, 0.5)}
    p_values["pairs"][LAST] = 1e-12
    scores = [
        DetectorScores(
            known[name], panel, Scores(score=-np.log10(p), p_value=p, contributions=ContributionList(N), assumption="")
        )
        for name, p in p_values.items()
    ]
    return compare_panel(panel, chosen, scores=scores)


def test_by_rate_it_flags_nobody_and_counts_as_no_test_but_still_ranks() -> None:
    one = compared(BY_RATE)
    assert not one.flags
    assert one.combined[LAST] == 0.5
    assert np.argmin(one.ranking) == LAST
    assert one.ranking[LAST] == pytest.approx(2e-12)


def test_where_the_strongest_are_taken_it_takes_part() -> None:
    one = compared(BY_CAPACITY)
    assert one.combined[LAST] == pytest.approx(2e-12)
    (flag, *_) = one.flags
    assert flag.detectors == ("pairs",)


def test_a_run_names_what_did_not_settle_and_would_have_taken_part() -> None:
    null = TailNull(start=0.0, share=0.3, scale=1.0, shape=0.0, converged=False)
    one = compared(BY_RATE)
    restless = [replace(s, scores=replace(s.scores, nulls=(FittedNull(null, "complaints", 365),))) for s in one.scores]
    (note,) = unsettled_notes([replace(one, scores=tuple(restless))], [])
    assert note.startswith(f"{one.panel.as_of}: peer_rate by complaints over 365 days, standards, officers: ")
    assert "no p-value" in note
    assert unsettled_notes([one], []) == []


def test_a_run_says_what_each_concern_promises_and_who_only_ranks() -> None:
    by_rate, welfare, culture = promises(settings(BY_RATE))
    assert "rate of 0.1" in by_rate
    assert kept_sentence(measured_rates(), "standards", 0.1) in by_rate
    assert "Scores of hbos, pairs, principal_components only rank" in by_rate
    assert "culture: selected by comparison at a false discovery rate of 0.1" in culture
    assert kept_sentence(measured_rates(), "culture", 0.1) in culture
    assert "no rate is promised" in welfare
    by_capacity, *_ = promises(settings(BY_CAPACITY))
    assert "pairs" not in by_capacity


def test_what_drawn_forces_kept_is_promised_of_the_settings_they_were_measured_under_alone() -> None:
    own = settings(BY_RATE)
    fewer = own.models.model_copy(update={"detectors": own.models.detectors[:-1]})
    for sentence in promises(own.model_copy(update={"models": fewer})):
        assert kept_sentence(measured_rates(), sentence.partition(":")[0], 0.1) not in sentence
    stricter = own.selection | {"culture": own.selection["culture"].model_copy(update={"q": 0.05})}
    standards, _, culture = promises(own.model_copy(update={"selection": stricter}))
    assert "It was kept" in standards
    assert "measured under the default settings" in culture
