"""An explanation with ids as the records wrote them, for a reader who has the list that gives them back."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from audit.flag.explanation import Explanation
from audit.flag.peer_list import PeerList
from pipeline.given_ids import GivenIds


def with_given_ids(explanation: Explanation, ids: GivenIds) -> Explanation:
    """Return an explanation whose rows have the texts of ids, and whose flag and scores have them beside the numbers.

    The same explanation where all ids are numbers, or the list is not there.
    """
    if ids.empty:
        return explanation
    rows = {name: [ids.row(name, row) for row in rows] for name, rows in explanation.rows.items()}
    return replace(
        explanation,
        flag=ids.flag(explanation.flag),
        scores=tuple(ids.flag(score) for score in explanation.scores),
        rows=rows,
        changes=tuple(ids.sentence(change) for change in explanation.changes),
    )


def given_facts(explanation: Explanation, ids: GivenIds) -> dict[str, Any]:
    """Return an explanation as plain facts; the texts of the keys of rows to be removed stand beside them as `ids`."""
    facts = asdict(explanation)
    if explanation.removal is not None and not ids.empty:
        facts["removal"]["ids"] = [ids.row_id(row.table_name, row.row_id) for row in explanation.removal.rows]
    return facts


def given_peers(peers: PeerList, ids: GivenIds, kind: str) -> dict[str, Any]:
    """Return a list of peers as plain facts; each has the text of its id as `id`. `kind` is the kind of subject."""
    facts = asdict(peers)
    if ids.empty:
        return facts
    if peers.peer_group is not None:
        facts["peer_group"] = ids.sentence(peers.peer_group)
    for member in facts["members"]:
        member["id"] = ids.text(kind, member["subject_id"])
    return facts
