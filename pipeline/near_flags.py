"""Who stands out most where nobody passes: no flags, and no finding, but where a reader would begin to look."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

_SELECTION = ("as_of", "concern", "subject_kind")


def near_flags(scores: pa.Table, flags: pa.Table, manifest: Mapping[str, Any], most: int) -> Iterator[dict[str, Any]]:
    """Yield the so many subjects with the least p-value of any detector, where nobody was flagged.

    For each as-of date, concern and kind without a flag, each with the detector that gives it; those that tie with the
    last come along. The p-value is that of one detector among several and of one subject among many: as such it is no
    evidence. `needed` is the p-value of all detectors together at which the first would have been flagged, None where
    selection is by capacity.

    Example:
        >>> row = {"as_of": None, "concern": "standards", "subject_kind": "officer", "peer_group": "all", "peers": 9}
        >>> scores = [row | {"subject_id": n, "detector": "d", "p_value": p} for n, p in enumerate([0.5, 0.2, None])]
        >>> nobody = pa.Table.from_pylist([row]).slice(0, 0)
        >>> near = near_flags(pa.Table.from_pylist(scores), nobody, {"selections": []}, 1)
        >>> [(one["subject_id"], one["p_value"]) for one in near]
        [(1, 0.2)]
    """
    flagged = {tuple(row.values()) for row in flags.select(list(_SELECTION)).to_pylist()}
    needed = {
        (str(s["as_of"]), s["concern"], s["subject_kind"]): s["level"] / s["compared"]
        for s in manifest["selections"]
        if s["level"] is not None and s["compared"]
    }
    tested = scores.filter(pc.is_valid(scores["p_value"]))
    keys = [*_SELECTION, "p_value", "subject_id", "detector"]
    ordered = tested.sort_by([(key, "ascending") for key in keys])
    selection, listed, last = None, set[int](), 0.0
    for row in ordered.select([*keys, "peer_group", "peers"]).to_pylist():
        own = tuple(row[name] for name in _SELECTION)
        if own in flagged:
            continue
        if own != selection:
            selection, listed, last = own, set(), 0.0
        fits = len(listed) < most or row["p_value"] == last
        if row["subject_id"] not in listed and fits:
            listed.add(row["subject_id"])
            last = row["p_value"]
            yield row | {"needed": needed.get((str(own[0]), own[1], own[2]))}
