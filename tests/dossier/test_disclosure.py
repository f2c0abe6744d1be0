"""Published counts against those who would undo the rounding: by adding, by subtracting, by comparing tables."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dossier.publication.disclosure import (
    POSSIBLE,
    SMALLEST_GROUP,
    TOGETHER,
    Band,
    PublishedTables,
    feasible,
    publishable,
)


def worlds(published: PublishedTables) -> dict[tuple[str, str], set[int]]:
    """Every value that each count can have in any force that fits what is published: tried out one by one."""
    sums: dict[str, dict[int, list[tuple[int, ...]]]] = {}
    for name, table in published.tables.items():
        for values in product(*(range(band.low, band.high + 1) for band, _ in table.values())):
            sums.setdefault(name, {}).setdefault(sum(values), []).append(values)
    shared = set.intersection(*(set(of) for of in sums.values())) if sums else set()
    if published.total is not None:
        shared &= set(range(published.total.low, published.total.high + 1))
    return {
        (name, group): {values[at] for total in shared for values in sums[name][total]}
        for name, table in published.tables.items()
        for at, group in enumerate(table)
    }


@st.composite
def partitions(draw: st.DrawFn) -> dict[str, dict[str, int]]:
    """One set of people by up to three characteristics of up to four groups each."""
    people = draw(st.integers(0, 40))
    tables = {}
    for name in draw(st.sampled_from([["sex"], ["sex", "age"], ["sex", "age", "faith"]])):
        groups = draw(st.integers(1, 4))
        cuts = sorted(draw(st.lists(st.integers(0, people), min_size=groups - 1, max_size=groups - 1)))
        edges = [0, *cuts, people]
        tables[name] = {f"{name} {n}": edges[n + 1] - edges[n] for n in range(groups)}
    return tables


@given(partitions())
def test_whatever_a_reader_adds_and_subtracts_three_values_of_every_count_stay_possible(
    tables: dict[str, dict[str, int]],
) -> None:
    published = publishable(tables)
    for (name, group), values in worlds(published).items():
        assert tables[name][group] in values
        assert len(values) >= POSSIBLE
        if tables[name][group] < 5:
            assert 0 in values


@given(partitions())
def test_the_bounds_that_the_rule_is_checked_by_are_those_found_by_trying_everything(
    tables: dict[str, dict[str, int]],
) -> None:
    published = PublishedTables(
        Band.of(sum(next(iter(tables.values())).values())),
        {name: {group: (Band.of(n), None) for group, n in counts.items()} for name, counts in tables.items()},
        (),
    )
    bounds = feasible(published.total, published.tables)
    for (name, group), values in worlds(published).items():
        assert (min(values), max(values)) == (bounds[name][group].low, bounds[name][group].high)


def test_a_table_that_would_give_another_away_is_withheld() -> None:
    # By sex at least 4 + 5 and at most 9 people could be counted: subtraction would say who the few are.
    given_away = {"sex": {"a": 9}, "age": {"x": 4, "y": 0, "z": 5}}
    naive = {name: {g: (Band.of(n), None) for g, n in counts.items()} for name, counts in given_away.items()}
    assert feasible(Band.of(9), naive)["age"]["z"] == Band(5, 9)
    tight: Mapping[str, Mapping[str, int]] = {"sex": {"a": 20}, "age": {"u": 4, "v": 4, "w": 4, "x": 4, "y": 4}}
    open_to_attack = {name: {g: (Band.of(n), None) for g, n in counts.items()} for name, counts in tight.items()}
    assert feasible(Band.of(20), open_to_attack)["age"]["u"] == Band(4, 4)
    published = publishable(tight)
    assert published.withheld == ("age",)


def test_one_person_more_or_less_is_seen_only_at_the_edge_of_a_band_and_never_below_five() -> None:
    seen = [n for n in range(100) if publishable({"t": {"a": n, "b": 50}}) != publishable({"t": {"a": n + 1, "b": 50}})]
    assert all((n + 1) % 5 == 0 or (n + 51) % 5 == 0 for n in seen)
    assert not set(seen) & {0, 1, 2, 3}


def test_small_groups_are_put_together_and_a_group_in_which_nearly_everybody_is_counted_is_withheld() -> None:
    counted = {"faith": {"none": 30, "first": 2, "second": 1}}
    people = {"faith": {"none": 400, "first": 12, "second": 13, "third": 14}}
    table = publishable(counted, people).tables["faith"]
    assert set(table) == {"none", TOGETHER}
    assert table[TOGETHER] == (Band(0, 4), Band(35, 39))
    assert publishable(counted, {"faith": {"none": 400, "first": 3}}).withheld == ("faith",)
    assert publishable({"t": {"a": SMALLEST_GROUP}}, {"t": {"a": SMALLEST_GROUP + 2}}).withheld == ("t",)


def test_tables_of_different_people_are_refused() -> None:
    with pytest.raises(ValueError, match="count"):
        publishable({"sex": {"a": 3}, "age": {"x": 4}})
