"""Exposures dealt out anew among peers: what flags then find, they find by chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from data.arrays import Ids
from features.table import Cells, FeatureTable
from pipeline.compare import Comparison
from stress.controls.altered_values import compare_altered, whole_panel
from stress.controls.control import Control, ControlInput, Reading

PLANTED = "flags on planted subjects"
AGAIN = "flags on those flagged as recorded"


def read(on: ControlInput) -> list[Reading]:
    """Deal out exposures, with what was counted under them, and count on whom flags fall."""
    rng = on.generator("permuted_exposures")
    real = {kind: compare_altered(table, on.settings) for kind, table in on.tables.items()}
    found: list[Reading] = []
    for _ in range(on.draws):
        for kind, table in on.tables.items():
            groups = whole_panel(table, on.settings).group_of
            dealt = compare_altered(deal_out(table, groups, rng), on.settings)
            found += _compared(dealt, real[kind], on)
        on.tell(1)
    return found


def deal_out(table: FeatureTable, groups: npt.NDArray[np.intp], rng: np.random.Generator) -> FeatureTable:
    """Give each subject another's exposure and what was counted under it, anew for each indicator, within peer groups.

    All windows of an indicator go together, so that what a year holds its last month still holds.
    """
    moved = {name: _shuffled(groups, rng) for name in sorted({name for name, _ in table.cells})}
    cells = {key: _taken(found, moved[key[0]]) for key, found in table.cells.items()}
    subjects = table.subjects
    if "posted_on" in subjects.column_names:
        at = subjects.column_names.index("posted_on")
        subjects = subjects.set_column(at, "posted_on", subjects["posted_on"].take(pa.array(_shuffled(groups, rng))))
    return replace(table, cells=cells, subjects=subjects)


def _shuffled(groups: npt.NDArray[np.intp], rng: np.random.Generator) -> npt.NDArray[np.intp]:
    """Return for each position the one whose values it is given, a random other of the same group or itself."""
    order = np.lexsort((rng.random(len(groups)), groups))
    taken = np.empty(len(groups), dtype=np.intp)
    taken[np.argsort(groups, kind="stable")] = order
    return taken


def _taken(cells: Cells, at: npt.NDArray[np.intp]) -> Cells:
    given: dict[str, Any] = {name: getattr(cells, name)[at] for name in ("value", "exposure", "n_rows", "status")}
    partial = None if cells.partial is None else cells.partial[at]
    return replace(cells, partial=partial, **given)


def _compared(dealt: Sequence[Comparison], real: Sequence[Comparison], on: ControlInput) -> list[Reading]:
    found = []
    for now, before in zip(dealt, real, strict=True):
        view = now.panel
        found.append(_reading(AGAIN, now, before, before.selected))
        if on.planted is not None:
            sought = on.planted.ids.get((view.kind, view.concern), np.zeros(0, dtype=np.int64))
            found.append(_reading(PLANTED, now, before, sought))
    return found


def _reading(what: str, now: Comparison, before: Comparison, sought: Ids) -> Reading:
    """Count flags on those sought; allowed is what falls on them if all members of a peer group are alike."""
    view = now.panel
    target = np.isin(view.ids, sought)
    size, there, flagged = (
        np.bincount(view.group_of, weights=w) for w in (np.ones(len(target)), target, now.selection.chosen)
    )
    return Reading(
        what=what,
        subject_kind=view.kind,
        concern=view.concern,
        count=float((now.selection.chosen & target).sum()),
        n=float(now.selection.chosen.sum()),
        allowed=float(np.sum(flagged * there / np.maximum(size, 1.0))),
        real=float((before.selection.chosen & target).sum()),
        real_n=float(before.selection.chosen.sum()),
    )


CONTROL = Control(
    question="Whom do flags find when what each subject was exposed to, and what was counted under it, is dealt out"
    " anew among the members of its peer group, one indicator after another?",
    holds="flags fall on the planted, and on those flagged as recorded, no more often than on any other member of the"
    " same peer group",
    sees="anything but the records of the subject that decides who is flagged: an id, an order of rows, a posting, or"
    " truth that reached what is being measured",
    blind_to="contradictions, which are not counted anew; a difference between peer groups, which stay as they are",
    read=read,
    lacks=lambda on: None if on.tables else "the records give no value of any indicator",
    pieces=lambda on: on.draws,
)
