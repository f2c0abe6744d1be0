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

from audit.specification.choices import DIMENSIONS, Plan, changed
from audit.specification.curve import Curve, Side
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
        said = " and ".join(f"{part['dimension']}: {part['choice']}" for part in self.smallest_change)
        return said + (f" (or {self.as_small - 1} as small)" if self.as_small and self.as_small > 1 else "") or "none"


def survivals(curve: Curve) -> list[Survival]:
    """Return every subject flagged by any specification, and every flag by contradiction, in a total order.

    First by date, kind and concern; then the run's own flags before others, those that survive most first.
    """
    ids = {
        (f["as_of"], f["subject_kind"], f["concern"], f["subject_id"]): f["flag_id"]
        for f in curve.basis.flags.to_pylist()
        if f["family"] != "contradiction"
    }
    found = [one for side in curve.sides for one in _of_side(side, curve.plan, ids)]
    found += [_contradiction(row) for row in curve.contradictions]
    return sorted(found, key=_order)


def _order(one: Survival) -> tuple[Any, ...]:
    place = one.as_of, one.subject_kind, one.concern, one.basis != COMPARED, not one.flagged_by_run
    return (*place, -(one.share or 0.0), one.subject_id, one.flag_id or "")


def _contradiction(row: Mapping[str, Any]) -> Survival:
    same = {name: row[name] for name in ("as_of", "subject_kind", "concern", "subject_id", "flag_id")}
    return Survival(**same, basis=BY_CONSTRUCTION, flagged_by_run=True)


def _of_side(side: Side, plan: Plan, ids: Mapping[tuple[date, str, str, int], str]) -> Iterator[Survival]:
    masks = choice_masks(side, plan)
    share, error = shares(side)
    by_choice = {key: _weighted(side, mask) for key, mask in masks.items()}
    moved = np.array([changed(s.choices) for s in side.specifications])
    for at, subject in enumerate(side.candidates.tolist()):
        own = bool(side.own[at])
        changes, smallest, as_small = _smallest(side, plan, side.flagged[:, at] != own, moved)
        yield Survival(
            as_of=side.as_of,
            subject_kind=side.kind,
            concern=side.concern,
            subject_id=subject,
            basis=COMPARED,
            flag_id=ids.get((side.as_of, side.kind, side.concern, subject)),
            flagged_by_run=own,
            specifications=len(side.specifications),
            survived=int(side.flagged[:, at].sum()),
            share=float(share[at]),
            standard_error=float(error[at]),
            by_choice=tuple(
                {"dimension": d, "choice": c, "specifications": int(masks[d, c].sum()), "share": float(of[at])}
                for (d, c), of in by_choice.items()
            ),
            changes=changes,
            smallest_change=smallest,
            as_small=as_small,
            right=None if side.right is None else bool(side.right[at]),
        )


def choice_masks(side: Side, plan: Plan) -> dict[tuple[str, str], Bools]:
    """Return which specifications make each choice; a choice that none makes is left out."""
    names = [plan.names(s.choices) for s in side.specifications]
    masks: dict[tuple[str, str], Bools] = {}
    for at, dimension in enumerate(DIMENSIONS):
        made = np.array([said[at] for said in names], dtype=object)
        masks |= {(dimension, name): np.asarray(made == name, dtype=np.bool_) for name in dict.fromkeys(made.tolist())}
    return masks


def shares(side: Side) -> tuple[Floats, Floats]:
    """Return the share of all specifications that flags each candidate, and its standard error; 0 where all were run.

    The error is that of a simple sample without replacement from the specifications that were not all run. Source:
    Cochran (1977), Sampling Techniques, equation 2.20 and section 5.4.
    """
    weight = side.weight
    share = _weighted(side, np.ones(len(weight), dtype=np.bool_))
    drawn = weight > 1.0
    n = int(drawn.sum())
    if n < 2:
        return share, np.zeros(len(share))
    total, rest = float(weight.sum()), float(weight[drawn].sum())
    p = side.flagged[drawn].mean(axis=0)
    error = rest / total * np.sqrt(p * (1 - p) / (n - 1) * max(1 - n / rest, 0.0))
    return share, np.asarray(error, dtype=np.float64)


def _weighted(side: Side, mask: Bools) -> Floats:
    """Return the share of some specifications, each counted by its weight, that flags each candidate."""
    weight = side.weight[mask]
    # Counted where all weigh the same: then nothing is rounded.
    if (weight == weight[0]).all():
        return np.asarray(side.flagged[mask].sum(axis=0) / len(weight), dtype=np.float64)
    return np.asarray((side.flagged[mask] * weight[:, None]).sum(axis=0) / weight.sum(), dtype=np.float64)


def _smallest(
    side: Side, plan: Plan, turned: Bools, moved: np.ndarray
) -> tuple[int | None, tuple[Mapping[str, str], ...], int | None]:
    """Return in how many choices the nearest specification that decides otherwise differs, which, and how many do."""
    if not turned.any():
        return None, (), None
    least = int(moved[turned].min())
    nearest = np.flatnonzero(turned & (moved == least))
    choices = side.specifications[int(nearest[0])].choices
    said = zip(DIMENSIONS, plan.names(choices), choices, strict=True)
    return least, tuple({"dimension": d, "choice": name} for d, name, at in said if at), len(nearest)


def table(found: list[Survival]) -> pa.Table:
    """Return survivals as rows of `survival.parquet`."""
    return pa.Table.from_pylist([vars(one) for one in found], schema=SCHEMA)
