from __future__ import annotations

import numpy as np
import pytest

from data.errors import UsageError
from data.synthetic import keys
from data.synthetic.streams import Streams, pick, sample


def test_ids_of_a_table_are_unique_across_cells_and_namespaces() -> None:
    number = np.arange(5_000)
    parts = [keys.ordinary(seed=1, table="shift", cell=cell, number=number) for cell in (0, 1, 1023)]
    parts += [
        keys.planted(seed=1, table="shift", cell=0, name=name, subject=subject, number=number)
        for name in ("burnout", "toxic_team")
        for subject in (0, 7, keys.SUBJECTS - 1)
    ]
    together = np.concatenate(parts)
    assert len(np.unique(together)) == len(together)
    assert together.min() >= 0
    assert together.max() < 2**52


def test_ids_do_not_depend_on_how_many_are_asked_for_at_once() -> None:
    whole = keys.ordinary(seed=3, table="shift", cell=5, number=np.arange(100))
    half = keys.ordinary(seed=3, table="shift", cell=5, number=np.arange(50, 100))
    assert (whole[50:] == half).all()


def test_names_that_share_an_id_range_are_refused() -> None:
    seen: dict[int, str] = {}
    clash: list[str] = []
    for number in range(5_000):
        other = seen.setdefault(keys.namespace(f"name {number}"), f"name {number}")
        if other != f"name {number}":
            clash = [other, f"name {number}"]
            break
    with pytest.raises(UsageError, match="same id range"):
        keys.check_namespaces(clash)


def test_too_many_planted_rows_are_refused() -> None:
    with pytest.raises(UsageError, match="too many rows"):
        keys.planted(seed=1, table="shift", cell=0, name="burnout", subject=0, number=np.array([keys.SEQUENCE]))


def test_a_stream_depends_on_its_name_alone() -> None:
    streams = Streams(7)
    first = streams.draw("a", 1).random(5)
    streams.draw("b").random(1_000)
    assert (streams.draw("a", 1).random(5) == first).all()
    assert (streams.part("a").draw(1).random(5) == first).all()
    assert not (streams.draw("a", 2).random(5) == first).any()
    assert not (Streams(8).draw("a", 1).random(5) == first).any()


def test_picks_follow_the_weights() -> None:
    drawn = pick(Streams(1).draw("x"), 200_000, (0.5, 0.3, 0.2, 0.0))
    shares = np.bincount(drawn, minlength=4) / len(drawn)
    assert np.allclose(shares, (0.5, 0.3, 0.2, 0.0), atol=0.005)


def test_a_larger_sample_only_adds_to_a_smaller_one() -> None:
    weights = np.array([1.0, 0.0, 3.0, 1.0, 2.0, 0.0, 5.0])
    small, large = (set(sample(Streams(2).draw("s"), weights, count).tolist()) for count in (2, 4))
    assert small < large
    assert not {1, 5} & set(sample(Streams(2).draw("s"), weights, 99).tolist())


def test_each_bit_of_a_number_bears_on_every_bit_of_its_id() -> None:
    number = np.arange(4_000)
    ids = keys.ordinary(seed=1, table="shift", cell=0, number=number)
    for bit in range(12):
        other = keys.ordinary(seed=1, table="shift", cell=0, number=number ^ (1 << bit))
        flipped = ((ids ^ other)[:, None] >> np.arange(42)) & 1
        assert (abs(flipped.mean(axis=0) - 0.5) < 0.06).all(), bit
