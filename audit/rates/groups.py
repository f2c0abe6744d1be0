"""The groups that rates are broken down by, and the group each is compared with."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np
import pandas as pd
from scipy.sparse import csr_array, vstack

from audit.rates.truth_tables import CHARACTERISTICS
from data.arrays import Bools, Floats, Ids, Integers, Texts

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

INTENSITY: Final[tuple[tuple[str, float], ...]] = (
    ("under 1.5 times peers", 1.5),
    ("1.5 to 2 times", 2.0),
    ("2 to 3 times", 3.0),
    ("3 to 5 times", 5.0),
    ("5 times or more", np.inf),
)
"""The bands of intensity: a label, and the multiple of what is ordinary for peers from which on the next begins."""

OF_POSITIVES: Final = ("typology", "intensity")
"""The breakdowns whose groups hold positives and nobody else."""

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
    reference: Integers

    def __add__(self, other: Groups) -> Groups:
        shifted = np.where(other.reference < 0, -1, other.reference + len(self.by))
        return Groups(
            self.by + other.by,
            self.names + other.names,
            csr_array(vstack([self.member, other.member], format="csr")),
            np.concatenate([self.reference, shifted]),
        )

    def only(self, breakdowns: Collection[str]) -> Groups:
        """Return the groups of some breakdowns, whole: what they are compared with stays among them.

        Example:
            >>> groups = everybody(2) + partition("sex", np.array(["male", "female"], dtype=object))
            >>> groups.only(("sex",)).names, groups.only(("sex",)).reference.tolist()
            (('female', 'male'), [1, 1])
        """
        at = np.flatnonzero([by in breakdowns for by in self.by])
        place = np.full(len(self.by) + 1, -1)
        place[at] = np.arange(len(at))
        return Groups(
            tuple(self.by[n] for n in at.tolist()),
            tuple(self.names[n] for n in at.tolist()),
            csr_array(self.member[at]),
            place[self.reference[at]],
        )


def everybody(n: int) -> Groups:
    """Return the one group of all subjects."""
    return Groups(("all",), ("all",), csr_array(np.ones((1, n))), np.array([-1]))


def partition(by: str, labels: Texts) -> Groups:
    """Return the groups of one attribute: every subject is in one; those without a value are `unknown`.

    Example:
        >>> groups = partition("sex", np.array(["male", "female", None, "male"], dtype=object))
        >>> groups.names, [groups.names[at] for at in groups.reference]
        (('female', 'male', 'unknown'), ['male', 'male', 'male'])
    """
    filled = np.array([UNKNOWN if v is None else str(v) for v in labels.tolist()], dtype=object)
    names, code = np.unique(filled.astype(str), return_inverse=True) if len(filled) else (np.zeros(0, str), filled)
    n = len(filled)
    member = csr_array((np.ones(n), (code.astype(np.int64), np.arange(n))), shape=(len(names), n))
    labelled = tuple(str(name) for name in names)
    return Groups((by,) * len(labelled), labelled, member, _references(by, labelled, member))


def overlapping(by: str, members: Mapping[str, Bools], *, n: int, rest: str | None = None) -> Groups:
    """Return groups of which a subject may be in several; `rest` names a group of those in none."""
    masks = dict(members)
    if rest is not None:
        masks[rest] = ~np.any(list(members.values()), axis=0) if members else np.ones(n, dtype=np.bool_)
    names = tuple(masks)
    member = csr_array(np.array([masks[k] for k in names], dtype=np.float64).reshape(len(names), n))
    reference = _references(by, names, member) if rest is not None else np.full(len(names), -1)
    return Groups((by,) * len(names), names, member, reference)


def _references(by: str, names: tuple[str, ...], member: csr_array) -> Integers:
    if not names:
        return np.zeros(0, dtype=np.int64)
    stated = TOGETHER.join(REFERENCE.get(part, "") for part in by.split(TOGETHER))
    sizes = np.asarray(member.sum(axis=1)).reshape(-1)
    at = names.index(stated) if stated in names else int(np.argmax(sizes))
    return np.full(len(names), at)


def service_bands(years: Floats) -> Texts:
    """Return the band of each length of service in years; None where it is NaN.

    Example:
        >>> service_bands(np.array([1.9, 2.0, 25.0, np.nan])).tolist()
        ['under 2 years', '2 to 4 years', '20 years or more', None]
    """
    return _bands(years, SERVICE)


def intensity_bands(multiples: Floats) -> dict[str, Bools]:
    """Return who is in each band of intensity that anybody is in; who has no multiple (NaN) is in none.

    Example:
        >>> {band: who.tolist() for band, who in intensity_bands(np.array([np.nan, 2.0, 7.5])).items()}
        {'2 to 3 times': [False, True, False], '5 times or more': [False, False, True]}
    """
    banded = _bands(multiples, INTENSITY)
    return {label: banded == label for label, _ in INTENSITY if (banded == label).any()}


def _bands(values: Floats, bands: tuple[tuple[str, float], ...]) -> Texts:
    edges = np.array([above for _, above in bands[:-1]])
    labels = np.array([label for label, _ in bands], dtype=object)
    banded: Texts = labels[np.searchsorted(edges, np.nan_to_num(values), side="right")]
    banded[np.isnan(values)] = None
    return banded


def characteristics(people: pd.DataFrame, ids: Ids) -> dict[str, Texts]:
    """Return the protected characteristics of officers as labels, aligned to `ids`; None where not recorded."""
    officers = people["officer_id"].to_numpy(dtype=np.int64)
    # Stable, so that of several rows of one person the first counts.
    order = np.argsort(officers, kind="stable")
    at = np.searchsorted(officers[order], ids)
    there = at < len(officers)
    there[there] = officers[order][at[there]] == ids[there]
    recorded = {}
    for name in CHARACTERISTICS:
        if name in people:
            values = people[name].to_numpy(dtype=object)[order]
            labels = np.full(len(ids), None, dtype=object)
            labels[there] = [_label(v) for v in values[at[there]].tolist()]
            if (labels != None).any():  # noqa: E711 - element by element; an attribute that nobody has is no breakdown
                recorded[name] = labels
    return recorded


def _label(value: object) -> str | None:
    if value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value)):
        return None
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    return str(value)


def intersections(labels: Mapping[str, Texts]) -> Groups | None:
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
