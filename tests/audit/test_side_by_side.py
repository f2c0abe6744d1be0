"""Flags side by side in one store give what each gives alone, also where rows that one needs are only in another's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from audit.flag.cited_rows import cited_rows, evidence_of, loaded_rows
from audit.flag.rerun import CitedRowStore, Rerun
from audit.flag.side_by_side import SideBySide, can_stand_together, reads_ids_as_names
from data.store import Store
from features.expression import col
from features.indicators import indicators
from features.relation import Related
from models.contradictions.rule import Counterpart
from models.rules import rules
from pipeline.run_folder import RunFolder

Rows = Mapping[str, pa.Table]


@pytest.fixture(scope="module")
def flags(finished: RunFolder) -> list[tuple[dict[str, Any], Rows]]:
    """Every flag of a run with the rows it cites."""
    evidence, loaded = evidence_of(finished), loaded_rows(finished)
    return [
        (flag, cited_rows(evidence[flag["flag_id"]], loaded, flag["as_of"]))
        for flag in finished.table("flags").to_pylist()
    ]


@pytest.fixture(scope="module")
def rerun(finished: RunFolder) -> Rerun:
    return Rerun(finished, finished.settings)


@pytest.fixture
def store(rerun: Rerun) -> Iterator[CitedRowStore]:
    with Store(threads=1) as store:
        yield CitedRowStore(store, rerun.absent, rerun.coarse, rerun.filled)


def spoiled(rows: Rows, rng: np.random.Generator) -> Rows:
    """The rows of a flag without some of them, whole but for its officer's own: what a forger might leave out."""
    part = {}
    for name, table in rows.items():
        keep = rng.random(len(table)) < 0.6 if name not in ("officer", "posting") else np.full(len(table), True)
        part[name] = table.take(np.flatnonzero(keep))
    return part


def variants(rows: Sequence[Rows]) -> list[Rows]:
    """Each flag's rows whole and twice with rows left out, side by side with those of the others."""
    rng = np.random.default_rng(11)
    return [*rows, *(spoiled(own, rng) for own in rows for _ in range(2))]


def test_rules_count_side_by_side_what_they_count_alone(
    flags: list[tuple[dict[str, Any], Rows]], store: CitedRowStore
) -> None:
    """Each rule on the rows of every flag, of whatever rule: what shows a source alive stands in many of them."""
    as_of = flags[0][0]["as_of"]
    first = sorted(flags, key=lambda pair: pair[0]["family"] != "contradiction")
    rows = variants([own for _, own in first[:3]])
    judged = 0
    for rule in rules().values():
        together = SideBySide(store, rows).counts(rule, as_of)
        for own, counts in zip(rows, together, strict=True):
            (alone,) = SideBySide(store, [own]).counts(rule, as_of)
            for one, other in zip(alone, counts, strict=True):
                for name in ("subject", "month", "hits", "judged", "cannot_say", "hit_days", "judged_days"):
                    assert getattr(one, name).tolist() == getattr(other, name).tolist(), (rule.name, name)
                judged += int(one.judged.sum())
    assert judged > 100


@pytest.mark.parametrize("kind", ["officer", "unit"])
def test_values_are_side_by_side_what_they_are_alone(
    kind: Any, flags: list[tuple[dict[str, Any], Rows]], rerun: Rerun, store: CitedRowStore
) -> None:
    about = [(flag, own) for flag, own in flags if flag["family"] != "contradiction"]
    chosen = [(flag, own) for flag, own in about if flag["subject_kind"] == kind][:4]
    rows = variants([own for _, own in chosen or about[:3]])
    as_of = about[0][0]["as_of"]
    declared = [i for i in rerun.settings.indicators if i.subject == kind]
    together = SideBySide(store, rows).values(declared, kind=kind, as_of=as_of, sources=rerun.sources)
    compared = 0
    for number, own in enumerate(rows):
        alone = SideBySide(store, [own]).values(declared, kind=kind, as_of=as_of, sources=rerun.sources)
        for at, subject in enumerate(alone.table.ids.tolist()):
            there = together.position(number, subject)
            assert there is not None
            assert alone.table.subjects.slice(at, 1).equals(together.table.subjects.slice(there, 1))
            for key, cells in alone.table.cells.items():
                other = together.table.cells[key]
                pairs = [(getattr(cells, n)[at], getattr(other, n)[there]) for n in ("value", "exposure", "n_rows")]
                assert all(np.array_equal(a, b, equal_nan=True) for a, b in pairs), key
                assert cells.status[at] == other.status[there]
                compared += 1
        assert together.position(number, -1) is None
    assert compared > 50


def test_everything_declared_can_be_replayed_side_by_side() -> None:
    assert [d.name for d in (*indicators().values(), *rules().values()) if not reads_ids_as_names(d)] == []


def test_what_reads_an_id_as_a_number_is_replayed_alone() -> None:
    shifts = indicators()["shifts_worked"]
    for where in (col.unit_id == 7, col.unit_id + 1 > 7, col.unit_id.is_in(7, 8), col.unit_id > 1):
        assert not reads_ids_as_names(replace(shifts, where=where))
    assert reads_ids_as_names(replace(shifts, where=(col.unit_id > 0) & (col.shift_id > col.officer_id)))
    assert not reads_ids_as_names(replace(shifts, aggregate="max", value=col.unit_id, missing="null"))
    same_start = Related(table="shift", pairs=((col.starts_at, col.starts_at),))
    assert not reads_ids_as_names(replace(shifts, having=(same_start,)))
    rule = rules()["force_not_attended"]
    assert not reads_ids_as_names(replace(rule, where=col.incident_id == 5))
    odd = Counterpart(table="attendance", pairs=((col.incident_id, col.incident_id + 1),))
    assert not reads_ids_as_names(replace(rule, borne_out_by=(odd,)))


def test_ids_of_0_or_less_do_not_stand_side_by_side() -> None:
    assert can_stand_together([{"shift": pa.table({"shift_id": [1, 2]})}])
    assert not can_stand_together([{"shift": pa.table({"shift_id": [1]})}, {"shift": pa.table({"shift_id": [0]})}])


def test_ids_as_large_as_can_be_keep_every_digit(
    store: CitedRowStore, flags: list[tuple[dict[str, Any], Rows]]
) -> None:
    """Pseudonyms of 64 bits leave no room to be counted up from."""
    flag, own = next((flag, own) for flag, own in flags if flag["family"] == "contradiction")
    large = {name: _moved(table, 2**63 - 1 - 10**9) for name, table in own.items()}
    rule = rules()[flag["detectors"][0]]
    expected = SideBySide(store, [own]).counts(rule, flag["as_of"])[0][0]
    for counts in SideBySide(store, [large, large]).counts(rule, flag["as_of"]):
        assert (counts[0].subject - (2**63 - 1 - 10**9)).tolist() == expected.subject.tolist()
        assert counts[0].hits.tolist() == expected.hits.tolist()


def _moved(table: pa.Table, by: int) -> pa.Table:
    for at, name in enumerate(table.column_names):
        if name.endswith("_id"):
            column = [None if i is None else i + by for i in table[name].to_pylist()]
            table = table.set_column(at, name, pa.array(column, pa.int64()))
    return table
