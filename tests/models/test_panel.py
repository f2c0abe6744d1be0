"""What a detector sees: who stands in it, in which order, in which peer group, with which indicators."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.indicators import indicators
from features.table import OK, Cells, FeatureTable
from models.panel import Panel, build_panel
from models.peers import PeerGroups, peer_groups

NAMES = ("complaints", "grievances", "internal_misconduct_cases", "psychological_sickness_days")


def cells(name: str, window: int, n: int) -> Cells:
    rows = np.arange(n)
    return Cells(name, window, rows.astype(float), np.full(n, 200.0), rows, np.full(n, OK, np.int8))


def panel(labels: tuple[str, ...], *, small_groups: tuple[tuple[str, ...], ...] = ()) -> Panel:
    peers = PeerGroups(labels, {label: labels.count(label) for label in labels}, small_groups)
    return Panel("officer", date(2026, 1, 1), "standards", np.arange(1, len(labels) + 1), peers, ())


def table(*, posted_on: list[date | None] | None = None) -> FeatureTable:
    subjects = {"subject_id": [4, 7, 9], "role": ["response"] * 3, "rank": ["constable"] * 3, "area_id": [1, 1, 2]}
    if posted_on is not None:
        subjects["posted_on"] = posted_on
    serving = [name for name in NAMES if name in indicators()]
    listed = {(n, w): cells(n, w, 3) for n in reversed(serving) for w in (365, 90)}
    return FeatureTable("officer", date(2026, 1, 1), pa.table(subjects), listed)


def test_a_panel_holds_the_indicators_of_one_concern_in_order_of_name_and_window() -> None:
    features = table()
    view = build_panel(features, peer_groups(features.subjects, smallest=1), list(indicators().values()), "standards")
    keys = [series.key for series in view.series]
    assert keys == sorted(keys)
    assert ("complaints", 90) in keys
    assert all("standards" in series.indicator.concerns for series in view.series)
    assert not any(name == "psychological_sickness_days" for name, _ in keys)


def test_days_posted_are_counted_to_the_as_of_date_and_unknown_where_no_posting_is() -> None:
    features = table(posted_on=[date(2025, 12, 31), None, date(2025, 1, 1)])
    view = build_panel(features, peer_groups(features.subjects, smallest=1), [], "standards")
    assert view.days_posted is not None
    assert view.days_posted.tolist() == pytest.approx([1.0, np.nan, 365.0], nan_ok=True)
    bare = table()
    assert build_panel(bare, peer_groups(bare.subjects, smallest=1), [], "standards").days_posted is None


def test_a_series_without_partial_windows_counts_all_as_seen_in_whole() -> None:
    features = table()
    view = build_panel(features, peer_groups(features.subjects, smallest=1), list(indicators().values()), "standards")
    assert not view.series[0].partial.any()
    assert view.find("complaints", 365) is not None
    assert view.find("complaints", 12) is None


@given(st.lists(st.sampled_from("abcd"), min_size=1, max_size=12))
def test_group_numbers_name_each_subjects_own_label(labels: list[str]) -> None:
    view = panel(tuple(labels))
    assert [view.group_names[n] for n in view.group_of.tolist()] == labels


@given(st.lists(st.sampled_from("abcd"), max_size=12), st.lists(st.sampled_from("abcd"), unique=True))
def test_positions_among_another_panels_groups_are_those_of_the_same_name_or_none(
    labels: list[str], names: list[str]
) -> None:
    positions = panel(tuple(labels)).group_positions(names).tolist()
    assert positions == [names.index(label) if label in names else -1 for label in labels]


@given(st.permutations(range(6)))
def test_taking_subjects_in_another_order_and_back_changes_nothing(order: list[int]) -> None:
    view = panel(("a", "b", "a", "c", "b", "a"), small_groups=(("a1",), (), ("a2", "a3"), ("c1",), (), ("a1",)))
    turned = view.take(np.array(order))
    back = turned.take(np.argsort(order))
    assert turned.ids.tolist() == [n + 1 for n in order]
    assert back.ids.tolist() == view.ids.tolist()
    assert back.peers == view.peers


def test_small_groups_are_numbered_step_by_step_and_minus_one_stands_for_none() -> None:
    steps = panel(("a", "a", "a"), small_groups=(("x", "x1"), (), ("y",))).small_groups
    assert [names for names, _ in steps] == [("x", "y"), ("x1",)]
    assert [number.tolist() for _, number in steps] == [[0, -1, 1], [0, -1, -1]]


def test_a_panel_without_small_groups_has_no_steps() -> None:
    assert panel(("a", "b")).small_groups == ()
