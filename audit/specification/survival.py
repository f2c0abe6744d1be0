"""Which flags survive which choices: the share of all specifications that flags a subject, and what loses it.

Where not every specification was run, one that was drawn stands for several (`weight`), so that shares are estimates of
those of all, with a standard error.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import numpy as np
import pyarrow as pa

from audit.specification.choices import DIMENSIONS, SpecificationPlan, changed
from audit.specification.curve import Curve, CurveSlice
from data.arrays import Bools, Floats

_CHOICE: Final = pa.struct([("dimension", pa.string()), ("choice", pa.string())])
_BY: Final = pa.struct([*_CHOICE, pa.field("specifications", pa.int64()), pa.field("share", pa.float64())])

SCHEMA: Final = pa.schema(
    [
        ("as_of", pa.date32()),
        ("subject_kind", pa.string()),
        ("concern", pa.string()),
        ("subject_id", pa.int64()),
        ("basis", pa.string()),
        ("flag_id", pa.string()),
        ("flagged_by_run", pa.bool_()),
        ("specifications", pa.int64()),
        ("survived", pa.int64()),
        ("share", pa.float64()),
        ("standard_error", pa.float64()),
        ("by_choice", pa.list_(_BY)),
        ("changes", pa.int64()),
        ("smallest_change", pa.list_(_CHOICE)),
        ("as_small", pa.int64()),
        ("right", pa.bool_()),
    ]
)
"""The columns of `survival.parquet`; see `docs/reference/specifications.md`."""

COMPARED, BY_CONSTRUCTION = "specifications", "by construction"
"""What a row rests on: specifications that were run, or, for contradictions, that no choice bears on them."""


@dataclass(frozen=True, kw_only=True)
class Survival:
    """How one subject's flag fares: aligned with the columns of `SCHEMA`."""

    as_of: date
    subject_kind: str
    concern: str
    subject_id: int
    basis: str
    flag_id: str | None
    flagged_by_run: bool
    specifications: int | None = None
    survived: int | None = None
    share: float | None = None
    standard_error: float | None = None
    by_choice: tuple[Mapping[str, Any], ...] = ()
    changes: int | None = None
    smallest_change: tuple[Mapping[str, str], ...] = ()
    as_small: int | None = None
    right: bool | None = None

    @property
    def change(self) -> str:
        """The smallest change in words."""
        if self.basis == BY_CONSTRUCTION:
            return "no choice bears on it"
        changes = " and ".join(f"{part['dimension']}: {part['choice']}" for part in self.smallest_change)
        return (
            changes + (f" (or {self.as_small - 1} as small)" if self.as_small and self.as_small > 1 else "") or "none"
        )


def survivals(curve: Curve) -> list[Survival]:
    """Return every subject flagged by any specification, and every flag by contradiction, in a total order.

    First by date, kind and concern; then the run's own flags before others, those that survive most first.
    """
    ids = {
        (f["as_of"], f["subject_kind"], f["concern"], f["subject_id"]): f["flag_id"]
        for f in curve.values.flags.to_pylist()
        if f["family"] not in ("contradiction", "excess")
    }
    rows = [survival for part in curve.slices for survival in _of_slice(part, curve.plan, ids)]
    rows += [_contradiction(row) for row in curve.contradictions]
    return sorted(rows, key=_order)


def _order(survival: Survival) -> tuple[Any, ...]:
    place = (
        survival.as_of,
        survival.subject_kind,
        survival.concern,
        survival.basis != COMPARED,
        not survival.flagged_by_run,
    )
    return (*place, -(survival.share or 0.0), survival.subject_id, survival.flag_id or "")


def _contradiction(row: Mapping[str, Any]) -> Survival:
    key = {name: row[name] for name in ("as_of", "subject_kind", "concern", "subject_id", "flag_id")}
    return Survival(**key, basis=BY_CONSTRUCTION, flagged_by_run=True)


def _of_slice(
    part: CurveSlice, plan: SpecificationPlan, ids: Mapping[tuple[date, str, str, int], str]
) -> Iterator[Survival]:
    masks = choice_masks(part, plan)
    share, error = shares(part)
    by_choice = {key: _weighted(part, mask) for key, mask in masks.items()}
    changes_of = np.array([changed(s.choices) for s in part.specifications])
    for at, subject in enumerate(part.candidates.tolist()):
        flagged_by_run = bool(part.own[at])
        changes, smallest, as_small = _smallest(part, plan, part.flagged[:, at] != flagged_by_run, changes_of)
        yield Survival(
            as_of=part.as_of,
            subject_kind=part.kind,
            concern=part.concern,
            subject_id=subject,
            basis=COMPARED,
            flag_id=ids.get((part.as_of, part.kind, part.concern, subject)),
            flagged_by_run=flagged_by_run,
            specifications=len(part.specifications),
            survived=int(part.flagged[:, at].sum()),
            share=float(share[at]),
            standard_error=float(error[at]),
            by_choice=tuple(
                {"dimension": d, "choice": c, "specifications": int(masks[d, c].sum()), "share": float(of[at])}
                for (d, c), of in by_choice.items()
            ),
            changes=changes,
            smallest_change=smallest,
            as_small=as_small,
            right=None if part.right is None else bool(part.right[at]),
        )


def choice_masks(part: CurveSlice, plan: SpecificationPlan) -> dict[tuple[str, str], Bools]:
    """Return which specifications make each choice; a choice that none makes is left out."""
    names = [plan.names(s.choices) for s in part.specifications]
    masks: dict[tuple[str, str], Bools] = {}
    for at, dimension in enumerate(DIMENSIONS):
        chosen = np.array([choices[at] for choices in names], dtype=object)
        masks |= {
            (dimension, name): np.asarray(chosen == name, dtype=np.bool_) for name in dict.fromkeys(chosen.tolist())
        }
    return masks


def shares(part: CurveSlice) -> tuple[Floats, Floats]:
    """Return the share of all specifications that flags each candidate, and its standard error; 0 where all were run.

    The error is that of a simple sample without replacement from the specifications that were not all run. Source:
    Cochran (1977), Sampling Techniques, equation 2.20 and section 5.4.
    """
    weight = part.weight
    share = _weighted(part, np.ones(len(weight), dtype=np.bool_))
    drawn = weight > 1.0
    n = int(drawn.sum())
    if n < 2:
        return share, np.zeros(len(share))
    total, rest = float(weight.sum()), float(weight[drawn].sum())
    p = part.flagged[drawn].mean(axis=0)
    error = rest / total * np.sqrt(p * (1 - p) / (n - 1) * max(1 - n / rest, 0.0))
    return share, np.asarray(error, dtype=np.float64)


def _weighted(part: CurveSlice, mask: Bools) -> Floats:
    """Return the share of some specifications, each counted by its weight, that flags each candidate."""
    weight = part.weight[mask]
    # Counted where all weigh the same: then nothing is rounded.
    if (weight == weight[0]).all():
        return np.asarray(part.flagged[mask].sum(axis=0) / len(weight), dtype=np.float64)
    return np.asarray((part.flagged[mask] * weight[:, None]).sum(axis=0) / weight.sum(), dtype=np.float64)


def _smallest(
    part: CurveSlice, plan: SpecificationPlan, otherwise: Bools, changes_of: np.ndarray
) -> tuple[int | None, tuple[Mapping[str, str], ...], int | None]:
    """Return in how many choices the nearest specification that decides otherwise differs, which, and how many do."""
    if not otherwise.any():
        return None, (), None
    least = int(changes_of[otherwise].min())
    nearest = np.flatnonzero(otherwise & (changes_of == least))
    choices = part.specifications[int(nearest[0])].choices
    named = zip(DIMENSIONS, plan.names(choices), choices, strict=True)
    return least, tuple({"dimension": d, "choice": name} for d, name, at in named if at), len(nearest)


def table(survivals: list[Survival]) -> pa.Table:
    """Return survivals as rows of `survival.parquet`."""
    return pa.Table.from_pylist([vars(survival) for survival in survivals], schema=SCHEMA)
