"""Verify: does a run folder hold what its manifest says, and its evidence what its flags cite?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from audit.flag.cited_rows import EvidenceRow, evidence_of, faults_of, loaded_rows
from data.errors import OpencseError, VerificationFailed
from models.lineage import lineage, lineage_faults
from models.purposes import Purposes, from_content
from pipeline.digest import file_digest
from pipeline.evidence import flag_id
from pipeline.flag import Flag
from pipeline.run_folder import MANIFEST, RunFolder
from pipeline.seal import code_digest
from pipeline.settings import CodeNotTrusted


@dataclass(frozen=True)
class CheckResult:
    """One thing that was checked: what, how many, and what is wrong with it; or why it could not be checked."""

    name: str
    checked: int
    faults: tuple[str, ...]
    unchecked: str = ""


def verify(folder: RunFolder, *, records: Path | None = None) -> list[CheckResult]:
    """Check a run folder: every file's digest, the row counts, every cited row's digest, every flag's id, the purposes.

    With `records`, the input files there are checked against the manifest as well. Nothing is computed anew; that is
    what replay does.
    """
    checks = [_files(folder), _counts(folder)]
    try:
        checks += [_evidence(folder), _flag_ids(folder), _purposes(folder)]
    except VerificationFailed as error:
        checks.append(CheckResult("evidence", 0, tuple(line.strip() for line in error.lines())))
    if records is not None:
        checks.append(_inputs(folder, records))
    return checks


def _files(folder: RunFolder) -> CheckResult:
    listed = {o["path"]: o["sha256"] for o in folder.manifest["outputs"]}
    there = {p.relative_to(folder.path).as_posix() for p in folder.path.rglob("*") if p.is_file()} - {MANIFEST}
    faults = [f"{name} is listed but missing" for name in sorted(listed.keys() - there)]
    faults += [f"{name} is there but not listed" for name in sorted(there - listed.keys())]
    for name in sorted(there & listed.keys()):
        if file_digest(folder.path / name) != listed[name]:
            faults.append(f"{name} has changed since the run")
    return CheckResult("files", len(listed), tuple(faults))


def _counts(folder: RunFolder) -> CheckResult:
    counts = folder.manifest["counts"]
    faults = [
        f"{c['table']}: {c['rows_in']:,} rows in, but {c['loaded']:,} loaded and {c['quarantined']:,} quarantined"
        for c in counts
        if c["rows_in"] != c["loaded"] + c["quarantined"]
    ]
    return CheckResult("row counts", len(counts), tuple(faults))


def _evidence(folder: RunFolder) -> CheckResult:
    kept = loaded_rows(folder)
    evidence = evidence_of(folder)
    flags = {f["flag_id"]: f for f in folder.table("flags").to_pylist()}
    faults = [f"evidence names the flag {i[:12]}, which is not there" for i in sorted(evidence.keys() - flags.keys())]
    for name, flag in flags.items():
        found = faults_of(evidence.get(name, []), kept, flag["as_of"])
        faults += [f"flag {name[:12]}: {fault}" for fault in found]
        if not evidence.get(name):
            faults.append(f"flag {name[:12]} cites no evidence")
    return CheckResult("evidence rows", sum(map(len, evidence.values())), tuple(faults))


def _flag_ids(folder: RunFolder) -> CheckResult:
    evidence = evidence_of(folder)
    flags = folder.table("flags").to_pylist()
    faults = [
        f"flag {row['flag_id'][:12]}: the id is not that of its content and evidence"
        for row in flags
        if flag_id(_flag(row), _bound(evidence.get(row["flag_id"], []))) != row["flag_id"]
    ]
    return CheckResult("flag ids", len(flags), tuple(faults))


def _flag(row: dict[str, object]) -> Flag:
    fields = {k: v for k, v in row.items() if k not in ("flag_id", "detectors")}
    return Flag(**fields, detectors=tuple(row["detectors"]))  # type: ignore[arg-type]


def _bound(rows: list[EvidenceRow]) -> Iterator[tuple[str, int, str, str, str]]:
    return ((r.table_name, r.row_id, r.row_sha256, r.indicator, r.part) for r in rows)


def _purposes(folder: RunFolder) -> CheckResult:
    """Hold what fed each concern to the purposes recorded, to the declarations, and to the flags and their evidence."""
    recorded = folder.manifest.get("purposes", {})
    try:
        purposes = from_content(recorded, where=MANIFEST)
        listed = folder.json("lineage/purposes.json")
        settings = folder.settings
        faults = lineage_faults(listed, purposes)
        if settings.in_force.to_json() != recorded:
            faults.append("the purposes in the settings are not those in the manifest")
        if folder.manifest["code"]["sha256"] == code_digest():
            declared = lineage(purposes, indicators=settings.indicators, rules=settings.rules)
            faults += [
                f"what fed {is_['concern']} is not what the run's declarations read"
                for is_, said in zip(declared, listed, strict=False)
                if is_ != said
            ]
        faults += _crossings(folder, listed, purposes)
    except CodeNotTrusted as error:
        return CheckResult(
            "purposes", 0, (), unchecked=f"the run names code of its own, which was not run: {error.found}"
        )
    except (OpencseError, KeyError, TypeError, AttributeError) as error:
        return CheckResult(
            "purposes", 0, (f"the purposes or the lineage cannot be read: {str(error).splitlines()[0]}",)
        )
    return CheckResult("purposes", sum(len(entry["fed_by"]) for entry in listed), tuple(faults))


def _crossings(folder: RunFolder, listed: list[dict[str, Any]], purposes: Purposes) -> Iterator[str]:
    """Yield flags that go to another audience than their concern's, or cite rows that fed no part of it."""
    fed = {(e["concern"], f["name"], table) for e in listed for f in e["fed_by"] for table in f["reads"]}
    evidence = evidence_of(folder)
    for flag in folder.table("flags").to_pylist():
        start, concern = flag["flag_id"][:12], flag["concern"]
        if flag["audience"] != purposes.audience[concern]:
            yield f"flag {start} of {concern} goes to {flag['audience']}"
        cited = {(r.indicator, r.table_name) for r in evidence.get(flag["flag_id"], [])}
        for name, table in sorted(cited):
            if (concern, name, table) not in fed:
                yield f"flag {start} cites {table} for {name}, which did not feed {concern}"


def _inputs(folder: RunFolder, records: Path) -> CheckResult:
    listed = {i["name"]: i["sha256"] for i in folder.manifest["inputs"]}
    faults = []
    for name, sha256 in sorted(listed.items()):
        path = records / name
        if not path.is_file():
            faults.append(f"{name} is missing from {records}")
        elif file_digest(path) != sha256:
            faults.append(f"{name} is not the file that the run read")
    return CheckResult("input files", len(listed), tuple(faults))
