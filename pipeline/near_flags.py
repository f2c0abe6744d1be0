"""Who stands out most where nobody passes: no flags, and no finding, but where a reader would begin to look."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

_SELECTION = ("as_of", "concern", "subject_kind")


def near_flags(scores: pa.Table, most: int) -> Iterator[dict[str, Any]]:
    """Yield the so many subjects with the least p-value of any detector, for each as-of date, concern and kind.

    Each stands with the detector that gives it; those that tie with the last come along. The p-value is that of one
    detector among several and of one subject among many: as such it is no evidence.

    Example:
        >>> row = {"as_of": None, "concern": "standards", "subject_kind": "officer", "peer_group": "all", "peers": 9}
        >>> scores = [row | {"subject_id": n, "detector": "d", "p_value": p} for n, p in enumerate([0.5, 0.2, None])]
        >>> [(near["subject_id"], near["p_value"]) for near in near_flags(pa.Table.from_pylist(scores), 1)]
        [(1, 0.2)]
    """
    tested = scores.filter(pc.is_valid(scores["p_value"]))
    keys = [*_SELECTION, "p_value", "subject_id", "detector"]
    ordered = tested.sort_by([(key, "ascending") for key in keys])
    selection, listed, last = None, set[int](), 0.0
    for row in ordered.select([*keys, "peer_group", "peers"]).to_pylist():
        own = tuple(row[name] for name in _SELECTION)
        if own != selection:
            selection, listed, last = own, set(), 0.0
        fits = len(listed) < most or row["p_value"] == last
        if row["subject_id"] not in listed and fits:
            listed.add(row["subject_id"])
            last = row["p_value"]
            yield row
