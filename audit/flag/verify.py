"""Verify: does a run folder hold what was sealed, its evidence what flags cite, and do its records give it again?"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from audit.flag.cited_rows import EvidenceRow, evidence_of, faults_of, loaded_rows
from audit.flag.rederivation import rederivation_faults
from audit.flag.replay import replay
from data.errors import OpencseError, UsageError, VerificationFailed
from data.progress import StageProgress
from models.lineage import lineage, lineage_faults
from models.purposes import Purposes, from_content
from pipeline import verify_script
from pipeline.digest import file_digest, table_digest
from pipeline.evidence import FLAG_ID
from pipeline.pseudonyms import Pseudonyms
from pipeline.run_folder import MANIFEST, RunFolder
from pipeline.run_ledger import FLAGS, read_lines, record_lines
from pipeline.seal import SCRIPT, PageWriter, code_digest, verification_script
from pipeline.settings import CodeNotTrusted

Flags = list[dict[str, Any]]
"""The rows of a run's flags."""

Evidence = Mapping[str, list[EvidenceRow]]
"""The rows that each flag cites, by its id."""


@dataclass(frozen=True)
class CheckResult:
    """One thing that was checked: what, how many, and what is wrong with it; or why it could not be checked."""

    name: str
    checked: int
    faults: tuple[str, ...]
    unchecked: str = ""


@dataclass(frozen=True)
class Trusted:
    """What a reader brings: the checkpoint they kept, the public key of whoever signs, copies they kept."""

    checkpoint: Path | None = None
    key: str | None = None
    kept: Path | None = None


def verify(
    folder: RunFolder,
    *,
    records: Path | None = None,
    trusted: Trusted | None = None,
    deep: bool = False,
    page: PageWriter | None = None,
    pseudonyms: Pseudonyms | None = None,
    progress: StageProgress | None = None,
) -> list[CheckResult]:
    """Check a run folder, from the digest of every file to the audience of every flag.

    The script in the folder is not run: the same checks come from here. With `trusted` the ledger is held to what the
    reader kept. With `deep` every flag is replayed; with `records` the input files are checked and the whole run is
    made again and compared, with its page where `page` writes it; a run that was pseudonymised takes the pseudonyms of
    its key for that.

    Raises:
        UsageError: the pseudonyms are not those of the run.
    """
    made_by = folder.manifest.get("pseudonyms")
    if pseudonyms is not None and pseudonyms.facts() != made_by:
        raise UsageError("The key is not the one that the run was pseudonymised with.", where=str(folder.path))
    tell = progress or (lambda _: None)
    tell("files and ledger")
    checks = [_ledger(folder, trusted or Trusted()), _files(folder)]
    try:
        flags, evidence = folder.table("flags").to_pylist(), evidence_of(folder)
        lines, ids = _lines(folder, flags)
        checks += [_counts(folder), lines, _evidence(folder, flags, evidence), *ids]
        checks.append(_purposes(folder, flags, evidence))
        if deep:
            tell("replaying every flag")
            checks.append(_replayed(folder))
        if records is not None:
            checks.append(_inputs(folder, records))
            has_key = pseudonyms is not None or made_by is None
            checks.append(_rederived(folder, records, pseudonyms, page, tell) if has_key else _LACKS_KEY)
    except CodeNotTrusted as error:
        name = "made again" if records is not None else "replayed"
        checks.append(
            CheckResult(
                name, 0, (), unchecked=f"the run names code of its own ({error.found}), which --trust-code runs"
            )
        )
    except VerificationFailed as error:
        checks.append(CheckResult("evidence", 0, tuple(line.strip() for line in error.lines())))
    return checks


def _ledger(folder: RunFolder, trusted: Trusted) -> CheckResult:
    """Check files, leaves, root, proofs, flags, evidence and scores as the script in each run folder does."""
    report = verify_script.check(folder.path, trusted.checkpoint, trusted.key, trusted.kept)
    faults = list(report.faults)
    path, ours = folder.path / SCRIPT, folder.manifest["code"]["sha256"] == code_digest()
    if ours and path.is_file() and path.read_bytes() != verification_script():
        faults.append(f"{SCRIPT} is not the script that this version of OpenCSE puts there")
    return CheckResult("files and ledger", len(report.checked), tuple(faults))


def _files(folder: RunFolder) -> CheckResult:
    """Tell of tables that have changed whether their rows have, or another library wrote the same rows again."""
    outputs = folder.manifest["outputs"]
    faults = []
    for entry in (entry for entry in outputs if "rows_sha256" in entry):
        path = folder.path / entry["path"]
        if path.is_file() and file_digest(path) != entry["sha256"]:
            faults.append(f"{entry['path']}: {_change(path, entry['rows_sha256'])}")
    return CheckResult("rows of tables", len(outputs), tuple(faults))


def _change(path: Path, rows_sha256: str) -> str:
    try:
        same = table_digest(pq.read_table(path)) == rows_sha256
    except (OSError, TypeError, ValueError, pa.ArrowException):
        return "it is no table that can be read"
    return (
        "its rows are those of the run; the file was written again" if same else "its rows have changed since the run"
    )


def _lines(folder: RunFolder, flags: Flags) -> tuple[CheckResult, list[CheckResult]]:
    """Check that the lines in the ledger say what the Parquet files say, and that flags go by the ids of theirs."""
    try:
        said = record_lines(folder.path)
    except (OSError, KeyError, TypeError, ValueError, pa.ArrowException) as error:
        fault = f"the tables cannot be read: {str(error).splitlines()[0]}"
        return CheckResult("lines of the ledger", 0, (fault,)), []
    faults = [
        f"{name} does not say what the Parquet files say"
        for name, lines in said.items()
        if read_lines(folder.path / name) != lines
    ]
    wrong = [
        f"flag {flag['flag_id'][:12]}: the id is not that of its content and evidence"
        for flag, line in zip(flags, said[FLAGS], strict=True)
        if flag["flag_id"] != hashlib.sha256(line).hexdigest()[:FLAG_ID]
    ]
    lines = CheckResult("lines of the ledger", sum(map(len, said.values())), tuple(faults))
    return lines, [CheckResult("flag ids", len(flags), tuple(wrong))]


def _replayed(folder: RunFolder) -> CheckResult:
    replays = replay(folder)
    faults = [f"flag {r.flag_id}: {fault}" for r in replays for fault in r.faults]
    return CheckResult("flags replayed", len(replays), tuple(faults))


_LACKS_KEY: Final = CheckResult(
    "made again from the records", 0, (), unchecked="the run was pseudonymised, and --pseudonymise names no key"
)


def _rederived(
    folder: RunFolder,
    records: Path,
    pseudonyms: Pseudonyms | None,
    page: PageWriter | None,
    progress: StageProgress,
) -> CheckResult:
    faults = rederivation_faults(folder, records, pseudonyms=pseudonyms, page=page, progress=progress)
    return CheckResult("made again from the records", len(folder.manifest["outputs"]), tuple(faults))


def _counts(folder: RunFolder) -> CheckResult:
    counts = folder.manifest["counts"]
    faults = [
        f"{c['table']}: {c['rows_in']:,} rows in, but {c['loaded']:,} loaded and {c['quarantined']:,} quarantined"
        for c in counts
        if c["rows_in"] != c["loaded"] + c["quarantined"]
    ]
    return CheckResult("row counts", len(counts), tuple(faults))


def _evidence(folder: RunFolder, flags: Flags, evidence: Evidence) -> CheckResult:
    kept = loaded_rows(folder)
    known = {flag["flag_id"]: flag for flag in flags}
    faults = [f"evidence names the flag {i[:12]}, which is not there" for i in sorted(evidence.keys() - known.keys())]
    for name, flag in known.items():
        found = faults_of(evidence.get(name, []), kept, flag["as_of"])
        faults += [f"flag {name[:12]}: {fault}" for fault in found]
        if not evidence.get(name):
            faults.append(f"flag {name[:12]} cites no evidence")
    return CheckResult("evidence rows", sum(map(len, evidence.values())), tuple(faults))


def _purposes(folder: RunFolder, flags: Flags, evidence: Evidence) -> CheckResult:
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
        faults += _crossings(flags, evidence, listed, purposes)
    except CodeNotTrusted as error:
        return CheckResult(
            "purposes", 0, (), unchecked=f"the run names code of its own ({error.found}), which --trust-code runs"
        )
    except (OpencseError, KeyError, TypeError, AttributeError) as error:
        return CheckResult(
            "purposes", 0, (f"the purposes or the lineage cannot be read: {str(error).splitlines()[0]}",)
        )
    return CheckResult("purposes", sum(len(entry["fed_by"]) for entry in listed), tuple(faults))


def _crossings(flags: Flags, evidence: Evidence, listed: list[dict[str, Any]], purposes: Purposes) -> Iterator[str]:
    """Yield flags that go to another audience than their concern's, or cite rows that fed no part of it."""
    fed = {(e["concern"], f["name"], table) for e in listed for f in e["fed_by"] for table in f["reads"]}
    for flag in flags:
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
