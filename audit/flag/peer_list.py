"""With whom a flag's subject was compared: every member of the peer group, with what each showed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from audit.flag.replay import find_flag
from pipeline.run_folder import RunFolder

_SAME: Final = ("as_of", "subject_kind", "concern")


@dataclass(frozen=True)
class Peer:
    """One member of a peer group: what a detector said of them, and what they showed of one indicator."""

    subject_id: int
    subject: bool
    score: float
    p_value: float | None
    value: float | None
    exposure: float | None
    status: str | None


@dataclass(frozen=True)
class PeerList:
    """The members of one peer group, those that stand out most first.

    `indicator` and `window_days` say what the members' values are of; None for a rule, whose scores are all there is.
    """

    detector: str
    peer_group: str | None
    indicator: str | None
    window_days: int | None
    members: tuple[Peer, ...]


def peer_lists(folder: RunFolder, flag: str) -> list[PeerList]:
    """Return, for each detector of a flag and each indicator it rests on, everybody it was compared with.

    All that it takes is in the run: `scores.parquet` says who is of the same peer group, `features.parquet` what each
    member showed. For a rule the group is everybody whose claims could be judged.

    Raises:
        UsageError: there is no such flag.
    """
    row = find_flag(folder, flag)
    scores = _where(folder.table("scores"), {name: row[name] for name in _SAME})
    features = _where(folder.table("features"), {name: row[name] for name in ("as_of", "subject_kind")})
    lists = []
    for detector in row["detectors"]:
        of = _where(scores, {"detector": detector}).to_pylist()
        own = next(score for score in of if score["subject_id"] == row["subject_id"])
        members = [score for score in of if score["peer_group"] == own["peer_group"]]
        parts = [part for part in json.loads(own["contributions"]) if "indicator" in part and "window_days" in part]
        measured = [] if row["family"] == "contradiction" else parts
        lists += [_list(row, detector, own["peer_group"], members, part, features) for part in measured or [None]]
    return lists


def _list(
    flag: Mapping[str, Any],
    detector: str,
    group: str | None,
    members: list[dict[str, Any]],
    part: dict[str, Any] | None,
    features: pa.Table,
) -> PeerList:
    indicator, window = (None, None) if part is None else (part["indicator"], part["window_days"])
    subject = "officer_id" if flag["subject_kind"] == "officer" else "unit_id"
    rows = [] if part is None else _where(features, {"indicator": indicator, "window_days": window}).to_pylist()
    shown = {row[subject]: row for row in rows}
    peers = [
        Peer(
            score["subject_id"],
            score["subject_id"] == flag["subject_id"],
            score["score"],
            score["p_value"],
            *(shown.get(score["subject_id"], {}).get(name) for name in ("value", "exposure", "status")),
        )
        for score in members
    ]
    peers.sort(key=lambda peer: (-peer.score, peer.subject_id))
    return PeerList(detector, group, indicator, window, tuple(peers))


def _where(table: pa.Table, values: dict[str, Any]) -> pa.Table:
    for name, value in values.items():
        table = table.filter(pc.equal(table[name], pa.scalar(value, table.schema.field(name).type)))
    return table
