"""Groups too small to be peer groups keep a level of their own, drawn towards the wider group's."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from data.arrays import Floats
from models.detectors import detectors
from models.panel import Panel
from models.peers import peer_groups
from tests.models.panels import a_panel

N = 600


def posted(role: list[str], area: list[int]) -> Panel:
    """The usual panel with everybody posted as said; groups of fewer than 100 give way to wider ones."""
    view = a_panel(detectors()["peer_rate"], n=N, outstanding=False)
    subjects = pa.table({"role": role, "rank": ["constable"] * N, "area_id": pa.array(area, pa.int64())})
    return replace(view, peers=peer_groups(subjects, smallest=100))


def raised(view: Panel, who: Floats, *, by: float) -> Panel:
    """Multiply the first series' values of some."""
    first, *rest = view.series
    value = np.where(who, first.cells.value * by, first.cells.value)
    return replace(view, series=(replace(first, cells=replace(first.cells, value=value)), *rest))


def test_a_small_group_is_named_from_wide_to_narrow() -> None:
    subjects = pa.table(
        {"role": ["custody", "custody"], "rank": ["constable"] * 2, "area_id": pa.array([1, 2], pa.int64())}
    )
    groups = peer_groups(subjects, smallest=2)
    assert groups.labels[0] == "role=custody rank=constable"
    assert groups.small_groups[0] == ("role=custody rank=constable area=1",)
    assert peer_groups(subjects, smallest=3).small_groups[1] == (
        "role=custody",
        "role=custody rank=constable",
        "role=custody rank=constable area=2",
    )
    assert peer_groups(subjects, smallest=1).small_groups == ((), ())


def test_peers_are_by_what_is_recorded() -> None:
    everybody = {"subject_id": [1, 2], "role": pa.nulls(2, pa.string()), "area_id": [9, 9], "team_id": [3, 3]}
    ranked = pa.table({**everybody, "rank": ["sergeant"] * 2})
    assert set(peer_groups(ranked, smallest=2).labels) == {"rank=sergeant team=3"}
    unranked = pa.table({**everybody, "rank": pa.nulls(2, pa.string())})
    assert set(peer_groups(unranked, smallest=2).labels) == {"team=3"}
    teams = pa.table({**everybody, "subject_id": [3, 4], "team_id": [3, 4], "rank": pa.nulls(2, pa.string())})
    assert set(peer_groups(teams, smallest=1).labels) == {"everybody"}


def test_a_role_with_a_level_of_its_own_is_not_unusual_for_it() -> None:
    small = np.arange(N) < 60
    role = ["custody" if n < 60 else "roads" if n < 150 else "response" for n in range(N)]
    view = posted(role, [1] * N)
    # The null before its tail is lengthened: a rate of four times is what the longer tail allows anybody.
    fit_nulls = detectors()["peer_rate"].fit_nulls  # type: ignore[attr-defined]
    busy = raised(view, small, by=4.0)
    with_finer, without = (
        fit_nulls(v, v.series)[0].test(v, v.series[0]).p_value
        for v in (busy, replace(busy, peers=replace(busy.peers, small_groups=())))
    )
    assert np.mean(without[small] <= 0.05) > 0.3
    assert np.mean(with_finer[small] <= 0.05) < 0.12


def test_one_unusual_person_does_not_set_the_level_of_a_few_colleagues() -> None:
    one = np.arange(N) == 0
    area = [2 if n < 6 else 3 if n < 90 else 1 for n in range(N)]
    view = raised(posted(["response"] * N, area), one, by=40.0)
    null = detectors()["peer_rate"].fit_nulls(view, view.series)[0]  # type: ignore[attr-defined]
    factor = null.small_groups.level["role=response rank=constable area=2"]
    assert 0.5 < factor < 2.0
    assert null.test(view, view.series[0]).p_value[0] < 1e-4


def test_whoever_is_in_no_small_group_is_left_alone() -> None:
    view = posted(["response"] * N, [1] * N)
    null = detectors()["peer_rate"].fit_nulls(view, view.series)[0]  # type: ignore[attr-defined]
    assert null.small_groups.factor(view).tolist() == pytest.approx([1.0] * N)
