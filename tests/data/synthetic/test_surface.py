"""What the surface of rows may tell: nothing about which of them were planted."""

from __future__ import annotations

import numpy as np

from benchmarks.synthetic_surface import precisions_by_chance
from data.store import Store


def test_people_with_many_rows_and_more_planted_ones_are_no_surprise() -> None:
    """Rows taken blindly hold as many planted ones as chance gives, though people with many rows have more of them."""
    draw = np.random.default_rng(3)
    size = np.concatenate([np.full(400, 2), np.full(100, 40)])
    owner = np.repeat(np.arange(500), size)
    planted = (draw.random(len(owner)) < np.where(size[owner] > 2, 0.2, 0.01)).astype(float)
    top = draw.permutation(len(owner))[:400]
    by_chance = precisions_by_chance(owner, planted, top)
    assert abs(by_chance.mean() - planted.mean()) < 0.02
    assert 0.02 < (by_chance >= planted[top].mean()).mean() < 0.98


def test_rows_that_the_surface_picks_out_are_one() -> None:
    owner = np.repeat(np.arange(200), 10)
    planted = np.zeros(len(owner))
    planted[::20] = 1
    assert (precisions_by_chance(owner, planted, np.flatnonzero(planted)) < 0.5).all()


def test_planted_force_is_reported_as_many_minutes_after_the_incident_as_ordinary_force(opened: Store) -> None:
    spans = opened.rows(
        """
        SELECT f.force_id IN (SELECT row_id FROM truth_row WHERE table_name = 'use_of_force') AS planted,
               count(DISTINCT date_diff('minute', i.opened_at, f.used_at)) AS different,
               min(date_diff('minute', i.opened_at, f.used_at)), max(date_diff('minute', i.opened_at, f.used_at))
        FROM use_of_force f JOIN incident i USING (incident_id) GROUP BY 1 ORDER BY 1"""
    )
    (_, different, earliest, latest), (_, _, first, last) = spans
    assert (earliest, latest, different) == (5, 29, 25)
    assert earliest <= first <= last <= latest
