"""The ancestry of one flag as a tree: detectors, what they read, the cited rows, and the files these lie in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from dossier.evidence_slices import Citation, by_name
from dossier.material import Material
from models.lineage import PEER_GROUP

Node = dict[str, Any]


def lineage_tree(material: Material, flag: dict[str, Any], evidence: list[Citation]) -> Node:
    """Return a flag's ancestry: each node has a kind, a name, facts in pairs, and the nodes it comes from.

    From the flag to its detectors or rules, to the indicators they read, to the tables whose rows are cited, to the
    source files with their digests.
    """
    parts = [_part(material, flag, name, cited) for name, cited in by_name(evidence, "indicator")]
    facts = [("concern", flag["concern"]), ("audience", flag["audience"]), ("policy", _policy(flag))]
    by_rule = flag["family"] == "contradiction"
    own = [part for part in parts if part["name"] in flag["detectors"]]
    other = [part for part in parts if part["name"] not in flag["detectors"]]
    if by_rule:
        below = [*own, *other]
    else:
        below = [_node("detector", name, [("question", material.question(name))], other) for name in flag["detectors"]]
    return _node("flag", flag["flag_id"], facts, below)


def _part(material: Material, flag: dict[str, Any], name: str, cited: list[Citation]) -> Node:
    kind = "rule" if name in flag["detectors"] else "peer group" if name == PEER_GROUP else "indicator"
    reads = material.reads.get((flag["concern"], name), {})
    columns = "; ".join(f"{table}: {', '.join(read)}" for table, read in reads.items())
    facts = [
        (
            "question",
            material.question(name) if kind != "peer group" else "Where does this person stand, and since when?",
        ),
        ("reads", columns),
        *(("SQL", f"lineage/{file}") for file in material.statements(name, str(flag["as_of"]))),
    ]
    tables = [_table(material, table, rows) for table, rows in by_name(cited, "table_name")]
    return _node(kind, name, facts, tables)


def _table(material: Material, table: str, cited: list[Citation]) -> Node:
    counts = sorted(Counter(citation.part for citation in cited).items())
    facts = [(f"{part} rows", f"{number:,}") for part, number in counts]
    files = [
        _node("file", name, [("SHA-256", material.digests.get(name, "")), ("rows cited", _span(rows))], ())
        for name, rows in by_name(cited, "source_file")
    ]
    return _node("table", table, facts, files)


def _span(cited: list[Citation]) -> str:
    rows = sorted({citation.source_row for citation in cited})
    listed = ", ".join(f"{row:,}" for row in rows[:5])
    return listed if len(rows) <= 5 else f"{listed} and {len(rows) - 5:,} more"


def _policy(flag: dict[str, Any]) -> str:
    return f"{flag['policy']}, version {flag['policy_version']}"


def _node(kind: str, name: str, facts: Iterable[tuple[str, Any]], below: Iterable[Node]) -> Node:
    return {"kind": kind, "name": name, "facts": [[k, str(v)] for k, v in facts if v], "below": list(below)}
