"""The rows said to clear a flag do clear it, and where it is said that fewer would not, they do not."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.flag.cited_rows import RowKey, cited_rows, evidence_of, loaded_rows
from audit.flag.comparison import FlagComparison, _with, reading
from audit.flag.removal import Removal, _confirmed, _removal, _search, smallest_removal
from audit.flag.rerun import CitedRowStore, Rerun
from data.store import Store
from data.vocabulary import BY_COMPARISON
from features.indicators import indicators
from pipeline.compare import compare_panel
from pipeline.run_folder import RunFolder
from tests import small_force


def flags_of(folder: RunFolder) -> list[dict[str, Any]]:
    return list(folder.table("flags").to_pylist())


def lightest_of_each_family(folder: RunFolder) -> dict[str, dict[str, Any]]:
    """For each family the flag that rests on the fewest rows: quick to look into."""
    return {flag["family"]: flag for flag in reversed(by_weight(folder))}


def by_weight(folder: RunFolder) -> list[dict[str, Any]]:
    evidence = evidence_of(folder)

    def rows(flag: dict[str, Any]) -> tuple[int, str]:
        return sum(row.part == "direct" for row in evidence[flag["flag_id"]]), flag["flag_id"]

    return sorted(flags_of(folder), key=rows)


@given(st.integers(1, 6), st.integers(1, 6), st.integers(0, 4), st.integers(0, 4))
def test_the_search_finds_as_few_as_trying_everything(ones: int, others: int, need: int, either: int) -> None:
    """Two kinds of rows: a flag goes when enough of one kind are gone, or enough of both together."""
    rows = [("a", n) for n in range(ones)] + [("b", n) for n in range(others)]

    def clears(gone: frozenset[tuple[str, int]]) -> bool:
        a, b = (sum(table == name for table, _ in gone) for name in "ab")
        return a > need or a + 2 * b > 3 + either

    found, sure = _search(rows, clears, lambda key: key[0])
    everything = [frozenset(c) for n in range(len(rows) + 1) for c in combinations(rows, n)]
    fewest = min((len(c) for c in everything if clears(c)), default=0)
    assert len(found) == fewest
    assert sure == (fewest > 0)


def test_where_there_is_too_much_to_try_the_set_is_called_an_upper_bound() -> None:
    rows = [("a", n) for n in range(30)]
    found, sure = _search(rows, lambda gone: sum(n for _, n in gone) > 100, lambda key: key)
    assert not sure
    assert sum(n for _, n in found) > 100
    assert all(sum(n for _, n in found - {key}) <= 100 for key in found)


def test_a_contradiction_is_only_called_smallest_where_nothing_between_was_left_untried(finished: RunFolder) -> None:
    flag = lightest_of_each_family(finished)["contradiction"]
    removal = smallest_removal(finished, flag["flag_id"])
    assert 0 < len(removal.rows) <= removal.among
    assert ("fewer would not do" in removal.sentence()) == removal.smallest


@pytest.mark.parametrize(("needed", "smallest"), [(2, True), (3, False)])
def test_what_had_to_be_widened_is_an_upper_bound(needed: int, smallest: bool, finished: RunFolder) -> None:
    """Where peers compared anew ask for more rows than the search found, sets of another make-up were not tried."""
    flag = lightest_of_each_family(finished)["peer"]
    direct = {(row.table_name, row.row_id): row for row in evidence_of(finished)[flag["flag_id"]]}
    order = sorted(direct)[:5]
    found = frozenset(order[:2])
    removal = _removal(direct, found, True, _confirmed(found, order, Confirmation(needed)))  # type: ignore[arg-type]
    assert len(removal.rows) == needed
    assert removal.smallest is smallest


@pytest.mark.nightly
def test_a_run_on_records_without_the_rows_does_not_raise_the_flag(
    finished: RunFolder, force: Path, tmp_path: Path, runner: Any
) -> None:
    """A set is found for a flag of every kind; one that rests on comparison is run again, from files."""
    picked = lightest_of_each_family(finished)
    assert {"contradiction", "peer"} <= set(picked)
    removals = {family: smallest_removal(finished, flag["flag_id"]) for family, flag in picked.items()}
    assert any(r.smallest for r in removals.values())
    for removal in removals.values():
        assert 0 < len(removal.rows) <= removal.among
        assert all(row.part == "direct" for row in removal.rows)
    chosen = picked["peer"]
    records = tmp_path / "records"
    records.mkdir()
    for path in force.glob("*.parquet"):
        table = pq.read_table(path)
        gone = {r.source_row for r in removals["peer"].rows if r.table_name == path.stem}
        pq.write_table(table.take([n for n in range(len(table)) if n + 1 not in gone]), records / path.name)
    again = flags_of(runner(records, as_of=(small_force.AS_OF,)))
    same = [f for f in again if f["subject_id"] == chosen["subject_id"] and f["concern"] == chosen["concern"]]
    assert [f for f in same if f["family"] != "contradiction"] == []


def test_unless_everybody_is_compared_anew_the_peers_are_said_to_be_what_they_are(finished: RunFolder) -> None:
    for flag in lightest_of_each_family(finished).values():
        held = smallest_removal(finished, flag["flag_id"], confirm=False)
        assert held.rows
        assert held.flags_besides is None
        assert "peers and the cut being what they are" in held.sentence()


def test_one_other_flag_is_one(finished: RunFolder) -> None:
    rows = tuple(next(iter(evidence_of(finished).values()))[:1])
    sentence = Removal(rows, 5, smallest=False, flags_besides=1).sentence()
    assert "1 other flag of the concern would come or go" in sentence


@pytest.mark.parametrize("rows", [0, 1])
def test_the_sentence_says_how_sure_it_is(rows: int, finished: RunFolder) -> None:
    some = next(iter(evidence_of(finished).values()))[:rows]
    sentence = Removal(tuple(some), 5, smallest=False, flags_besides=0).sentence()
    assert ("upper bound" in sentence) == (rows > 0)


def test_a_flag_that_does_not_follow_from_its_run_is_said_to_be_none(
    finished: RunFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FlagComparison, "clears", lambda self, rows: True)
    removal = smallest_removal(finished, lightest_of_each_family(finished)["peer"]["flag_id"])
    assert (removal.rows, removal.among) == ((), 0)
    assert "replay" in removal.sentence()


class Confirmation:
    """A comparison in which a flag goes once so many rows are away; it counts how often it is asked."""

    def __init__(self, needed: int) -> None:
        self.needed, self.asked = needed, 0

    def again_without(self, rows: frozenset[tuple[str, int]]) -> tuple[bool, int]:
        self.asked += 1
        return len(rows) >= self.needed, len(rows)


@given(st.integers(1, 200), st.integers(1, 220), st.integers(1, 5))
def test_as_few_more_rows_as_needed_are_taken_away_in_few_tries(rows: int, needed: int, first: int) -> None:
    order = [("complaint", number) for number in range(rows)]
    comparison = Confirmation(needed)
    removal, others = _confirmed(frozenset(order[:first]), order, comparison)  # type: ignore[arg-type]
    smallest = max(needed, min(first, rows))
    assert len(removal) == (0 if needed > rows else smallest)
    assert others == len(removal)
    assert comparison.asked <= 2 * rows.bit_length() + 2


def test_only_indicators_that_read_a_removed_row_are_computed_again() -> None:
    declared = list(indicators().values())
    affected = {i.name for i in reading(declared, {"expense"})}
    assert {i.name for i in declared if "expense" in i.tables} <= affected < {i.name for i in declared}
    assert {i.exposure for i in declared if i.name in affected and "expense" in i.tables} - affected <= {
        i.exposure for i in declared if not isinstance(i.exposure, str)
    }
    assert reading(declared, {"posting"}) == declared
    assert reading(declared, set()) == []


def test_rows_of_one_flag_leave_nothing_behind_for_the_next(finished: RunFolder) -> None:
    evidence, loaded = evidence_of(finished), loaded_rows(finished)
    flags = finished.table("flags").to_pylist()
    with Store(threads=1) as store:
        rows = CitedRowStore(store, set(finished.manifest["absent"]), {})
        for flag in (*flags[:3], flags[0]):
            cited = cited_rows(evidence[flag["flag_id"]], loaded, flag["as_of"])
            rows.hold(cited)
            counts = {name: store.value(f"SELECT count(*) FROM loaded.{name}") for name in store.tables("loaded")}
            assert {name: n for name, n in counts.items() if n} == {name: len(t) for name, t in cited.items() if len(t)}


def comparison_of(folder: RunFolder, flag: dict[str, Any], store: Store) -> tuple[FlagComparison, list[RowKey]]:
    cited = evidence_of(folder, flag["flag_id"])[flag["flag_id"]]
    rerun = Rerun(folder, folder.settings)
    rows = CitedRowStore(store, rerun.absent, rerun.coarse, rerun.filled)
    rows.hold(cited_rows(cited, loaded_rows(folder, cited), flag["as_of"]))
    direct = {(row.table_name, row.row_id) for row in cited if row.part == "direct"}
    return FlagComparison(rerun, flag, rows), sorted(direct)


def test_removal_by_doubling_takes_away_what_removal_row_by_row_does(finished: RunFolder) -> None:
    flag = [flag for flag in by_weight(finished) if flag["family"] == "peer"][-1]
    with Store(threads=1) as store:
        comparison, order = comparison_of(finished, flag, store)
        first = frozenset(order[:1])
        one_by_one = next(n for n in range(1, len(order) + 1) if comparison.again_without(frozenset(order[:n]))[0])
        assert one_by_one > 1
        rows, others = _confirmed(first, order, comparison)
        assert rows == frozenset(order[:one_by_one])
        assert others == comparison.again_without(rows)[1]


def test_values_without_many_sets_of_rows_at_once_are_those_without_each(finished: RunFolder) -> None:
    for flag in (flag for flag in by_weight(finished) if flag["promise"] in BY_COMPARISON):
        with Store(threads=1) as store:
            one, order = comparison_of(finished, flag, store)
            sets = [frozenset(order[:size]) for size in range(1, min(12, len(order)) + 1)] + [frozenset(order)]
            alone = [one._changed(rows) for rows in sets]
        with Store(threads=1) as store:
            other, _ = comparison_of(finished, flag, store)
            other.foresee(sets)
            assert set(sets) <= set(other._foreseen)
            for rows, expected in zip(sets, alone, strict=True):
                found = other._changed(rows)
                assert expected.keys() == found.keys()
                for key, cells in expected.items():
                    for name in ("value", "exposure", "n_rows", "status"):
                        np.testing.assert_array_equal(getattr(cells, name), getattr(found[key], name))
        assert any(alone)


def test_the_search_foresees_every_set_that_halving_and_proof_come_upon() -> None:
    rows = [("a", n) for n in range(20)]
    foreseen: set[frozenset[tuple[str, int]]] = set()
    asked: list[frozenset[tuple[str, int]]] = []

    def clears(gone: frozenset[tuple[str, int]]) -> bool:
        asked.append(gone)
        return len(gone) > 6

    _search(rows, clears, lambda key: key[0], foreseen.update)
    assert set(asked) <= foreseen


def test_what_has_not_changed_need_not_be_computed_again(finished: RunFolder) -> None:
    """Everybody compared anew by every detector and baseline comes to the same as with what the run wrote down."""
    flag = lightest_of_each_family(finished)["peer"]
    with Store(threads=1) as store:
        comparison, order = comparison_of(finished, flag, store)
        for rows in (frozenset(order[:1]), frozenset(order)):
            changed = comparison._changed(rows)
            at = comparison.at
            series = tuple(replace(s, cells=_with(s.cells, at, changed.get(s.key))) for s in comparison.panel.series)
            anew = compare_panel(replace(comparison.panel, series=series), comparison.settings)
            before = compare_panel(comparison.panel, comparison.settings)
            mine = {flag["subject_id"]}
            others = (set(anew.selected.tolist()) ^ set(before.selected.tolist())) - mine
            assert comparison.again_without(rows) == (not mine & set(anew.selected.tolist()), len(others))


def test_where_more_is_taken_away_than_the_search_found_it_is_an_upper_bound(finished: RunFolder) -> None:
    evidence = next(rows for rows in evidence_of(finished).values() if len(rows) > 2)
    direct = {(row.table_name, row.row_id): row for row in evidence[:3]}
    found = frozenset([*direct][:1])
    assert _removal(direct, found, True, (found, 0)).smallest
    assert not _removal(direct, found, True, (frozenset([*direct][:2]), 0)).smallest
