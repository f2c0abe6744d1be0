"""The ancestry of one flag as W3C PROV, in the JSON form of the PROV data model (PROV-JSON).

Entities are the flag, the rows it cites, the record files these came from, the tables of the run and what people
decided. Activities are the stages of the run and each review. OpenCSE, and whoever reviewed, are agents. Every digest
that stands there is one that the run was sealed with.

Sources: PROV-DM, https://www.w3.org/TR/prov-dm/; PROV-JSON, https://www.w3.org/Submission/prov-json/
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from audit.flag.cited_rows import evidence_of
from audit.flag.replay import find_flag
from data.staging import check_new, staged_file
from pipeline.given_ids import GivenIds, given_ids
from pipeline.run_folder import CONFIG, MANIFEST, RunFolder
from pipeline.run_ledger import LEAVES, read_leaves

Document = dict[str, Any]

_TABLES: Final = {"features.parquet": "featurise", "scores.parquet": "detect", "flags.parquet": "flag"}
"""Tables on the way to a flag, and the stage that makes each."""

_STAGES: Final = ("load", "featurise", "detect", "flag")
_ABOUT: Final = ("subject_kind", "subject_id", "as_of", "concern", "standard", "family", "promise", "score", "p_value")


def write_prov(folder: RunFolder, flag: str, path: Path) -> None:
    """Write the ancestry of one flag as a file that must not be there yet.

    Raises:
        UsageError: there is no such flag, or the file is there.
    """
    document = prov_document(folder, flag)
    check_new(path)
    with staged_file(path) as file:
        file.write_text(json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")


def prov_document(folder: RunFolder, flag: str) -> Document:
    """Return the ancestry of one flag as a PROV-JSON document.

    Raises:
        UsageError: there is no such flag.
    """
    row = find_flag(folder, flag)
    sealed = hashlib.sha256((folder.path / MANIFEST).read_bytes()).hexdigest()
    graph = _Graph({})
    graph.prefix(run=f"urn:opencse:run:{sealed[:32]}#", opencse="urn:opencse:terms#")
    _stages(graph, folder)
    _rows(graph, folder, row, given_ids(folder))
    _reviews(graph, folder, row["flag_id"])
    return graph.document


class _Graph:
    """A PROV-JSON document that grows: named things, and relations that are numbered as they come."""

    def __init__(self, document: Document) -> None:
        self.document = document

    def prefix(self, **prefixes: str) -> None:
        self.document["prefix"] = {**prefixes, "xsd": "http://www.w3.org/2001/XMLSchema#"}

    def add(self, kind: str, name: str, attributes: Mapping[str, Any] | None = None) -> str:
        """Add an entity, activity or agent, and return its name."""
        known = {f"opencse:{key}": _literal(value) for key, value in (attributes or {}).items() if value is not None}
        self.document.setdefault(kind, {})[name] = {k.replace("opencse:prov:", "prov:"): v for k, v in known.items()}
        return name

    def relate(self, relation: str, **ends: str | None) -> None:
        """Add a relation between things that are there."""
        relations = self.document.setdefault(relation, {})
        prefixed = {
            name.replace("opencse_", "opencse:") if name.startswith("opencse_") else f"prov:{name}": end
            for name, end in ends.items()
            if end is not None
        }
        relations[f"_:{relation}{len(relations) + 1}"] = prefixed


def _literal(value: Any) -> Any:
    if isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return {"$": str(value), "type": "xsd:long"}
    if isinstance(value, float):
        return {"$": repr(value), "type": "xsd:double"}
    if isinstance(value, list | tuple):
        return [_literal(one) for one in value]
    return {"$": value.isoformat(), "type": "xsd:date"}


def _named(kind: str, *parts: object) -> str:
    return f"run:{kind}/" + "/".join(quote(str(part), safe="") for part in parts)


def _stages(graph: _Graph, folder: RunFolder) -> None:
    """Add the software, the settings as its plan, the stages, and the tables they make on the way to a flag."""
    manifest = folder.manifest
    code, outputs = manifest["code"], {entry["path"]: entry["sha256"] for entry in manifest["outputs"]}
    software = graph.add("agent", "run:opencse", {"version": code["version"], "sha256": code["sha256"]})
    graph.document["agent"][software]["prov:type"] = _type("prov:SoftwareAgent")
    plan = graph.add("entity", _named("file", CONFIG), {"sha256": outputs.get(CONFIG)})
    graph.document["entity"][plan]["prov:type"] = _type("prov:Plan")
    for stage in _STAGES:
        graph.add("activity", _named("stage", stage))
        graph.relate("wasAssociatedWith", activity=_named("stage", stage), agent=software, plan=plan)
    for file in manifest["inputs"]:
        entity = graph.add(
            "entity", _named("records", file["name"]), {"sha256": file["sha256"], "bytes": file["bytes"]}
        )
        graph.relate("used", activity=_named("stage", "load"), entity=entity)
    before = None
    for table, stage in _TABLES.items():
        entity = graph.add("entity", _named("file", table), {"sha256": outputs.get(table)})
        graph.relate("wasGeneratedBy", entity=entity, activity=_named("stage", stage))
        if before is not None:
            graph.relate("used", activity=_named("stage", stage), entity=before)
            graph.relate("wasDerivedFrom", generatedEntity=entity, usedEntity=before)
        before = entity


def _type(name: str) -> dict[str, str]:
    return {"$": name, "type": "xsd:QName"}


def _rows(graph: _Graph, folder: RunFolder, row: Mapping[str, Any], ids: GivenIds) -> None:
    """Add the flag, and every row it cites with the file it came from."""
    flag = graph.add(
        "entity",
        _named("flag", row["flag_id"]),
        {
            **{name: row[name] for name in _ABOUT},
            **_text(ids, row["subject_kind"], row["subject_id"], "subject"),
            "detector": list(row["detectors"]),
            "prov:label": ids.sentence(row["explanation"]),
        },
    )
    graph.relate("wasGeneratedBy", entity=flag, activity=_named("stage", "flag"))
    graph.relate("wasDerivedFrom", generatedEntity=flag, usedEntity=_named("file", "scores.parquet"))
    graph.document["entity"][_named("file", "flags.parquet")]["prov:type"] = _type("prov:Collection")
    graph.relate("hadMember", collection=_named("file", "flags.parquet"), entity=flag)
    files = {file["name"] for file in folder.manifest["inputs"]}
    for cited in evidence_of(folder, row["flag_id"])[row["flag_id"]]:
        entity = _named("row", cited.table_name, cited.row_id)
        if entity not in graph.document["entity"]:
            at = {"sha256": cited.row_sha256, "source_file": cited.source_file, "source_row": cited.source_row}
            given = {} if ids.empty else {"row": ids.row_id(cited.table_name, cited.row_id)}
            graph.add("entity", entity, at | given)
            graph.relate("wasGeneratedBy", entity=entity, activity=_named("stage", "load"))
            if cited.source_file in files:
                source = _named("records", cited.source_file)
                graph.relate("wasDerivedFrom", generatedEntity=entity, usedEntity=source)
        graph.relate(
            "wasDerivedFrom",
            generatedEntity=flag,
            usedEntity=entity,
            opencse_indicator=cited.indicator,
            opencse_part=cited.part,
        )


def _text(ids: GivenIds, domain: str, number: int, name: str) -> dict[str, str]:
    return {} if ids.empty else {name: ids.text(domain, number)}


def _reviews(graph: _Graph, folder: RunFolder, flag_id: str) -> None:
    """Add what people decided about the flag: each decision an entity of its own, none of them revoked."""
    for at, leaf in enumerate(read_leaves(folder.path / LEAVES)):
        said = leaf.content
        if leaf.kind != "review" or said.get("flag_id") != flag_id:
            continue
        entity = graph.add(
            "entity", _named("review", at), {"outcome": said.get("outcome"), "reason": said.get("reason")}
        )
        activity = graph.add("activity", _named("looking", at))
        graph.document["activity"][activity] |= {"prov:endTime": said["at"]} if said.get("at") else {}
        graph.relate("used", activity=activity, entity=_named("flag", flag_id))
        graph.relate("wasGeneratedBy", entity=entity, activity=activity)
        graph.relate("wasDerivedFrom", generatedEntity=entity, usedEntity=_named("flag", flag_id))
        if said.get("reviewer"):
            agent = graph.add("agent", _named("reviewer", said["reviewer"]))
            graph.relate("wasAttributedTo", entity=entity, agent=agent)
            graph.relate("wasAssociatedWith", activity=activity, agent=agent)
