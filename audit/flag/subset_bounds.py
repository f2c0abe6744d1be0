"""How many of a subset of a run's flags can be false: bounds that hold for all subsets at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np

from data.vocabulary import BY_COMPARISON
from models.selection.false_bounds import FalseBound
from pipeline.run_folder import RunFolder


@dataclass(frozen=True)
class SubsetBound:
    """Of `size` flags of one as-of date, kind and concern, at most `false` are about subjects without concern.

    None where the highest were taken, whoever they are: nothing bounds how many of those are false.
    """

    as_of: str
    subject_kind: str
    concern: str
    size: int
    false: int | None
    confidence: float
    dependence: str

    def sentence(self) -> str:
        """Return the bound in plain words, with what it rests on."""
        about = f"{self.concern}, {self.subject_kind}s, {self.as_of}"
        if self.false is None:
            return (
                f"{about}: these {self.size} stand highest, whoever they are. Nothing bounds how many of them are"
                " false; most may be."
            )
        rests = "" if self.dependence == "any" else ", and the p-values are independent or positively dependent"
        return (
            f"{about}: of these {self.size} that rest on comparison at"
            f" most {self.false} are false, with {self.confidence:.0%} confidence, if what each rests on holds{rests}."
        )


def subset_bounds(folder: RunFolder, flags: Sequence[Mapping[str, Any]]) -> list[SubsetBound]:
    """Bound the false among a subset of a run's flags, for each as-of date, kind of subject and concern.

    However the subset was chosen the bound holds, since it holds for all subsets at once. Flags with another promise
    have rates of their own and are left out.
    """
    selections = {(s["as_of"], s["subject_kind"], s["concern"]): s for s in folder.manifest["selections"]}
    bounds = []
    for key, rows in groupby(sorted(_compared(flags), key=_selection), key=_selection):
        selection, p_values = selections[key], np.array([row["p_value"] for row in rows])
        false = None
        # Runs from before bounds were left out by capacity hold them still.
        if selection["level"] is not None:
            bound = FalseBound(selection["possible"], selection["bound_level"], selection["confidence"])
            false = bound.at_most(p_values)
        bounds.append(SubsetBound(*key, len(p_values), false, selection["confidence"], selection["dependence"]))
    return bounds


def strongest_of(flags: Sequence[Mapping[str, Any]], most: int) -> list[Mapping[str, Any]]:
    """Return the so many strongest that rest on comparison, for each as-of date, kind of subject and concern.

    Those that tie with the last of them come along.
    """
    strongest: list[Mapping[str, Any]] = []
    for _, rows in groupby(sorted(_compared(flags), key=_selection), key=_selection):
        group = sorted(rows, key=lambda row: (row["p_value"], row["flag_id"]))
        cut = group[min(most, len(group)) - 1]["p_value"]
        strongest += [row for row in group if row["p_value"] <= cut]
    return strongest


def _compared(flags: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return [row for row in flags if row["promise"] in BY_COMPARISON]


def _selection(row: Mapping[str, Any]) -> tuple[str, str, str]:
    return str(row["as_of"]), row["subject_kind"], row["concern"]
