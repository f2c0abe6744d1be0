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


def read(inputs: ControlInput) -> list[Reading]:
    """Deal out exposures, with what was counted under them, and count on whom flags fall."""
    rng = inputs.generator("permuted_exposures")
    real = {kind: compare_altered(table, inputs.settings) for kind, table in inputs.tables.items()}
    readings: list[Reading] = []
    for _ in range(inputs.draws):
        for kind, table in inputs.tables.items():
            groups = whole_panel(table, inputs.settings).group_of
            permuted = compare_altered(permute_exposures(table, groups, rng), inputs.settings)
            readings += _overlaps(permuted, real[kind], inputs)
        inputs.progress(1)
    return readings


def permute_exposures(table: FeatureTable, groups: npt.NDArray[np.intp], rng: np.random.Generator) -> FeatureTable:
    """Give each subject another's exposure and what was counted under it, anew for each indicator, within peer groups.

    All windows of an indicator go together, so that what a year holds its last month still holds.
    """
    permutations = {name: _permutation(groups, rng) for name in sorted({name for name, _ in table.cells})}
    cells = {key: _rearranged(found, permutations[key[0]]) for key, found in table.cells.items()}
    subjects = table.subjects
    if "posted_on" in subjects.column_names:
        at = subjects.column_names.index("posted_on")
        subjects = subjects.set_column(at, "posted_on", subjects["posted_on"].take(pa.array(_permutation(groups, rng))))
    return replace(table, cells=cells, subjects=subjects)


def _permutation(groups: npt.NDArray[np.intp], rng: np.random.Generator) -> npt.NDArray[np.intp]:
    """Return for each position the one whose values it is given, a random other of the same group or itself."""
    # Both orders list the groups one after another: the first shuffles within each, the second keeps the positions.
    order = np.lexsort((rng.random(len(groups)), groups))
    source = np.empty(len(groups), dtype=np.intp)
    source[np.argsort(groups, kind="stable")] = order
    return source


def _rearranged(cells: Cells, at: npt.NDArray[np.intp]) -> Cells:
    columns: dict[str, Any] = {name: getattr(cells, name)[at] for name in ("value", "exposure", "n_rows", "status")}
    partial = None if cells.partial is None else cells.partial[at]
    return replace(cells, partial=partial, **columns)


def _overlaps(permuted: Sequence[Comparison], real: Sequence[Comparison], inputs: ControlInput) -> list[Reading]:
    readings = []
    for new, recorded in zip(permuted, real, strict=True):
        panel = new.panel
        readings.append(_reading(AGAIN, new, recorded, recorded.selected))
        if inputs.planted is not None:
            targets = inputs.planted.ids.get((panel.kind, panel.concern), np.zeros(0, dtype=np.int64))
            readings.append(_reading(PLANTED, new, recorded, targets))
    return readings


def _reading(what: str, new: Comparison, recorded: Comparison, targets: Ids) -> Reading:
    """Count flags on those sought; allowed is what falls on them if all members of a peer group are alike."""
    panel = new.panel
    target = np.isin(panel.ids, targets)
    size, targets_there, flagged = (
        np.bincount(panel.group_of, weights=w) for w in (np.ones(len(target)), target, new.selection.chosen)
    )
    return Reading(
        what=what,
        subject_kind=panel.kind,
        concern=panel.concern,
        count=float((new.selection.chosen & target).sum()),
        n=float(new.selection.chosen.sum()),
        allowed=float(np.sum(flagged * targets_there / np.maximum(size, 1.0))),
        real=float((recorded.selection.chosen & target).sum()),
        real_n=float(recorded.selection.chosen.sum()),
    )


CONTROL = Control(
    question="Whom do flags find when what each subject was exposed to, and what was counted under it, is dealt out"
    " anew among the members of its peer group, one indicator after another?",
    requirement="flags fall on the planted, and on those flagged as recorded, no more often than on any other member of"
    " the same peer group",
    detects="anything but the records of the subject that decides who is flagged: an id, an order of rows, a posting,"
    " or truth that reached what is being measured",
    blind_to="contradictions, which are not counted anew; a difference between peer groups, which stay as they are",
    read=read,
    unavailable=lambda inputs: None if inputs.tables else "the records give no value of any indicator",
    steps=lambda inputs: inputs.draws,
)
