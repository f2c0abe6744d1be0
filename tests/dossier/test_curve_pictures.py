"""The pictures of how often the first of a method's list are right."""

from __future__ import annotations

from datetime import date

import pandas as pd

from dossier.curve_pictures import curve_pictures


def curve(scope: str, name: str, points: list[tuple[int, int]], *, kind: str = "officer") -> pd.DataFrame:
    """A curve of a force of 1,000, from its points: how many are selected, and how many of them are right."""
    selected, hits = (pd.Series(column, dtype=float) for column in zip(*points, strict=True))
    columns = {
        "as_of": date(2026, 9, 1),
        "subject_kind": kind,
        "concern": "standards",
        "scope": scope,
        "name": name,
        "over": "score",
        "selected": selected,
        "selected_per_1000": selected,
        "hits": hits,
        "precision": hits / selected,
        "precision_low": 0.0,
        "precision_high": 1.0,
    }
    return pd.DataFrame(columns)


def test_the_best_detectors_and_the_best_baseline_are_drawn_over_the_length_of_the_list() -> None:
    detectors = [curve("detector", f"d{n}", [(1, 1), (20, 10 - n), (900, 20)]) for n in range(5)]
    baselines = [curve("baseline", f"b{n}", [(20, 3 + n), (21, 20)]) for n in range(2)]
    teams = curve("detector", "team", [(1, 1)], kind="unit")
    (picture,) = curve_pictures(pd.concat([*detectors, *baselines, teams]))
    labels = [row[0] for row in picture.rows]
    assert sorted(set(labels)) == ["b1 (baseline)", "d0 (detector)", "d1 (detector)", "d2 (detector)"]
    # Nobody but the first and the first twenty can be cut off: whoever ties stands or falls together.
    assert [row[1:] for row in picture.rows if row[0] == "d0 (detector)"] == [
        (1.0, 0.0, 1.0, 1.0, 1.0),
        (0.5, 0.0, 1.0, 10.0, 20.0),
    ]
    assert [row[-1] for row in picture.rows if row[0] == "b1 (baseline)"] == [20.0, 21.0]
    assert (picture.chart, picture.axis) == ("curves", "precision")


def test_without_a_truth_there_is_nothing_to_draw() -> None:
    unknown = curve("detector", "d0", [(1, 1), (20, 10)]).assign(precision=float("nan"))
    assert curve_pictures(unknown) == ()
