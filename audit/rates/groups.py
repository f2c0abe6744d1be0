"""The groups that rates are broken down by, and the group each is compared with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array, vstack

from audit.rates.truth_tables import CHARACTERISTICS
from data.arrays import Bools, Ids

REFERENCE: Final[Mapping[str, str]] = {
    "sex": "male",
    "ethnicity": "white",
    "age_band": "26-40",
    "disability": "no",
    "religion": "none",
    "carer": "no",
    "archetype": "no archetype",
    "standing": "clean",
}
"""The group that others of a breakdown are compared with; of breakdowns not named here it is the largest group."""

UNKNOWN: Final = "unknown"
"""The group of those whose attribute is not recorded."""

SERVICE: Final[tuple[tuple[str, float], ...]] = (
    ("under 2 years", 2.0),
    ("2 to 4 years", 5.0),
    ("5 to 9 years", 10.0),
    ("10 to 19 years", 20.0),
    ("20 years or more", np.inf),
)
"""The bands of length of service: a label, and the years from which on the next band begins."""

TOGETHER: Final = " & "
"""Stands between the two parts of an intersection, in its name and in its groups' names."""


@dataclass(frozen=True)
class Groups:
    """Groups of subjects: `member` has a row for each group and a column for each subject.

    `reference` holds the position of the group that each is compared with; its own where it is the reference, -1 where
    there is none.
    """

    by: tuple[str, ...]
    names: tuple[str, ...]
    member: csr_array
    reference: npt.NDArray[np.int64]

    def __add__(self, other: Groups) -> Groups:
        shifted = np.where(other.reference < 0, -1, other.reference + len(self.by))
        return Groups(
            self.by + other.by,
            self.names + other.names,
            csr_array(vstack([self.member, other.member], format="csr")),
            np.concatenate([self.reference, shifted]),
        )


def everybody(n: int) -> Groups:
    """Return the one group of all subjects."""
    return Groups(("all",), ("all",), csr_array(np.ones((1, n))), np.array([-1]))


def partition(by: str, labels: npt.NDArray[np.object_]) -> Groups:
    """Return the groups of one attribute: every subject is in one; those without a value are `unknown`."""
    filled = np.array([UNKNOWN if v is None else str(v) for v in labels.tolist()], dtype=object)
    names, code = np.unique(filled.astype(str), return_inverse=True) if len(filled) else (np.zeros(0, str), filled)
    n = len(filled)
    member = csr_array((np.ones(n), (code.astype(np.int64), np.arange(n))), shape=(len(names), n))
    known = tuple(str(name) for name in names)
    return Groups((by,) * len(known), known, member, _references(by, known, member))


def overlapping(by: str, who: Mapping[str, Bools], *, n: int, rest: str | None = None) -> Groups:
    """Return groups in which a subject may be several times; `rest` names a group of those in none."""
    masks = dict(who)
    if rest is not None:
        masks[rest] = ~np.any(list(who.values()), axis=0) if who else np.ones(n, dtype=np.bool_)
    known = tuple(masks)
    member = csr_array(np.array([masks[k] for k in known], dtype=np.float64).reshape(len(known), n))
    reference = _references(by, known, member) if rest is not None else np.full(len(known), -1)
    return Groups((by,) * len(known), known, member, reference)


def _references(by: str, names: tuple[str, ...], member: csr_array) -> npt.NDArray[np.int64]:
    if not names:
        return np.zeros(0, dtype=np.int64)
    wanted = TOGETHER.join(REFERENCE.get(part, "") for part in by.split(TOGETHER))
    sizes = np.asarray(member.sum(axis=1)).reshape(-1)
    chosen = names.index(wanted) if wanted in names else int(np.argmax(sizes))
    return np.full(len(names), chosen)


def service_bands(years: npt.NDArray[np.float64]) -> npt.NDArray[np.object_]:
    """Return the band of each length of service in years; None where it is NaN."""
    edges = np.array([above for _, above in SERVICE[:-1]])
    labels = np.array([label for label, _ in SERVICE], dtype=object)
    banded: npt.NDArray[np.object_] = labels[np.searchsorted(edges, np.nan_to_num(years), side="right")]
    banded[np.isnan(years)] = None
    return banded


def characteristics(people: pd.DataFrame, ids: Ids) -> dict[str, npt.NDArray[np.object_]]:
    """Return the protected characteristics of officers as labels, aligned to `ids`; None where not recorded."""
    known = people["officer_id"].to_numpy(dtype=np.int64)
    order = np.argsort(known, kind="stable")
    at = np.searchsorted(known[order], ids)
    there = at < len(known)
    there[there] = known[order][at[there]] == ids[there]
    found = {}
    for name in CHARACTERISTICS:
        if name in people:
            values = people[name].to_numpy(dtype=object)[order]
            labels = np.full(len(ids), None, dtype=object)
            labels[there] = [_label(v) for v in values[at[there]].tolist()]
            if (labels != None).any():  # noqa: E711 - element by element; an attribute that nobody has is no breakdown
                found[name] = labels
    return found


def _label(value: object) -> str | None:
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return None
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    return str(value)


def intersections(labels: Mapping[str, npt.NDArray[np.object_]]) -> Groups | None:
    """Return the groups of every two attributes together; None where there are not two."""
    whole: Groups | None = None
    for one, two in combinations(labels, 2):
        pairs = [
            f"{UNKNOWN if a is None else a}{TOGETHER}{UNKNOWN if b is None else b}"
            for a, b in zip(labels[one].tolist(), labels[two].tolist(), strict=True)
        ]
        groups = partition(f"{one}{TOGETHER}{two}", np.array(pairs, dtype=object))
        whole = groups if whole is None else whole + groups
    return whole
