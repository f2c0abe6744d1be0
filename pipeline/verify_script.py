"""Check a run folder of OpenCSE with Python alone: no other library, no network, nothing of OpenCSE.

    python verify.py [RUN] [--checkpoint FILE] [--key KEY] [--kept FOLDER]

RUN is the run folder, by default the one in which this file lies. Whoever can change a run can change this file too:
use a copy from somebody you trust. What it can find depends on what you bring:

- nothing: the folder is held to itself. A change to a part of it is found; a folder rewritten as a whole is not.
- `--checkpoint FILE`: the run's `ledger/checkpoint` as you kept it, or had it from somebody you trust. Then no change
  to anything that was sealed by then goes unnoticed, however well the rest was made to fit.
- `--key KEY`: the public key of whoever signs, `name+id+key`. Then the signature under the checkpoints is checked.
- `--kept FOLDER`: copies of `manifest.json` and `ledger/leaves.jsonl` as you kept them. Then what differs is named.

Ends with 0 if nothing is wrong and 1 if something is; what could not be checked is said.
"""

from __future__ import annotations

import argparse
import base64
import gc
import hashlib
import json
import stat
import sys
from collections.abc import Callable
from itertools import chain
from pathlib import Path
from typing import Any

from pipeline.verify_proofs import (
    CheckpointText,
    citations,
    digest_of,
    evidence_of,
    lines_of,
    proofs_of,
    read_json,
    root_of,
    row_names,
    sha256,
    signature_holds,
    tree_levels,
    tree_of,
)

DERIVED = {"manifest.json", "ledger/leaves.jsonl", "ledger/proofs.jsonl", "ledger/checkpoint"}


class CheckReport:
    """What was checked, what is wrong, and what could not be checked."""

    def __init__(self) -> None:
        self.checked: list[str] = []
        self.faults: list[str] = []
        self.unchecked: list[str] = []

    def expect(self, right: object, fault: str) -> bool:
        """Note a fault unless something is as it should be."""
        if not right:
            self.faults.append(fault)
        return bool(right)

    def show(self) -> int:
        """Print all of it and return the exit code."""
        for label, texts in (("checked", self.checked), ("not checked", self.unchecked), ("FAULT", self.faults[:50])):
            for text in texts:
                print(f"{label + ':':<13}{escaped(text)}")
        number = len(self.faults)
        if number > 50:
            print(f"... and {number - 50} more")
        print(f"{number or 'no'} fault{'s' if number > 1 else ''}")
        return 1 if self.faults else 0


def escaped(text: str) -> str:
    """Return a text with what could steer a terminal written out: file names are whatever somebody chose."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text)


# ---------------------------------------------------------------- the checks


def check_signature(report: CheckReport, checkpoint: CheckpointText, key: str, what: str) -> None:
    """Check the signature of a key under a checkpoint."""
    name, written, encoded = key.strip().split("+", 2)
    public = base64.b64decode(encoded)
    right_id = hashlib.sha256(name.encode() + b"\n" + public).digest()[:4]
    report.expect(right_id.hex() == written, "the key given with --key does not fit its own id")
    for line in checkpoint.signatures:
        dash, signer, content = line.split(" ")
        signature = base64.b64decode(content, validate=True)
        if dash == "\u2014" and signer == name and signature[:4] == right_id:
            holds = signature_holds(public[1:], checkpoint.text.encode(), signature[4:])
            report.expect(holds, f"{what}: the signature of {name} is not that of this checkpoint")
            report.checked.append(f"{what}: signature of {name}")
            return
    report.expect(False, f"{what} is not signed by {name}")


def check_files(report: CheckReport, run: Path, manifest: Any) -> None:
    """Check that the folder holds the files that the manifest lists, with these contents, and nothing else."""
    listed = {entry["path"]: entry["sha256"] for entry in manifest["outputs"]}
    report.expect(len(listed) == len(manifest["outputs"]), "manifest.json lists a file twice")
    there = set()
    for path in sorted(run.rglob("*")):
        name, mode = path.relative_to(run).as_posix(), path.lstat().st_mode
        if stat.S_ISREG(mode):
            there.add(name)
        elif stat.S_ISDIR(mode):
            report.expect(any(path.iterdir()), f"{name} is an empty folder that the run did not make")
        else:
            report.expect(False, f"{name} is a link or a device, not a file")
    for name in sorted((set(listed) | DERIVED) - there):
        report.expect(False, f"{name} is missing")
    for name in sorted(there - set(listed) - DERIVED):
        report.expect(False, f"{name} is not a file of the run")
    for name in sorted(there & set(listed)):
        report.expect(digest_of(run / name) == listed[name], f"{name} has changed since the run")
    report.checked.append(f"{len(listed)} files against the manifest, and that there is no other")


def check_manifest(report: CheckReport, run: Path) -> tuple[Any, str]:
    """Check that the manifest is written as a run writes it, to the last space; return it and its SHA-256."""
    manifest = read_json(run / "manifest.json")
    text = json.dumps(manifest, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    content = (run / "manifest.json").read_bytes()
    report.expect(content == text.encode(), "manifest.json is not as a run writes it")
    return manifest, sha256(content)


class Ledger:
    """The leaves of a ledger, what they say, the hashes of their tree, and the checkpoint beside them."""

    def __init__(self, run: Path) -> None:
        self.leaves = [*lines_of(run / "ledger/leaves.jsonl")]
        self.said: list[Any] = json.loads(b"[" + b",".join(self.leaves) + b"]")
        self.levels = tree_levels(self.leaves)
        self.checkpoint = CheckpointText((run / "ledger/checkpoint").read_bytes().decode("utf-8"))

    def root(self, size: int) -> bytes:
        """Return the root over the first leaves."""
        return root_of(self.levels, size)

    def of(self, kind: str) -> list[Any]:
        """Return what the leaves of one kind say."""
        return [leaf for leaf in self.said if leaf.get("kind") == kind]


def check_ledger(report: CheckReport, run: Path, manifest: Any, sealed: str) -> Ledger:
    """Check leaves, root, checkpoint and proofs, and return them."""
    ledger, seal = Ledger(run), manifest["seal"]
    leaves, before = ledger.leaves, seal["flags"] + seal["practices"]
    kinds = ["flag"] * seal["flags"] + ["practice"] * seal["practices"] + ["manifest"]
    kinds += ["review"] * (len(leaves) - len(kinds))
    right = [leaf.get("kind") for leaf in ledger.said] == kinds
    report.expect(right, "ledger/leaves.jsonl: leaves are missing, added or moved")
    twice = len(leaves) - len(set(leaves))
    report.expect(not twice, f"ledger/leaves.jsonl: {twice} leaves stand there a second time")
    right = ledger.root(before).hex() == seal["root"]
    report.expect(right, "ledger/leaves.jsonl: its root is not the sealed one")
    right = leaves[before : before + 1] == [f'{{"kind":"manifest","sha256":"{sealed}"}}'.encode()]
    report.expect(right, "manifest.json is not the one that the ledger holds")
    ways = proofs_of(tree_of(ledger.levels, before + 1))
    flags = [leaf["flag_id"] for leaf in ledger.said[: seal["flags"]]]
    lines = [f'{{"flag_id":"{name}","leaf":"{at}","proof":[{ways[at]}]}}\n' for at, name in enumerate(flags)]
    right = (run / "ledger/proofs.jsonl").read_bytes() == "".join(lines).encode()
    report.expect(right, "ledger/proofs.jsonl: a flag's inclusion proof is missing or does not lead to the root")
    root = base64.b64encode(ledger.root(len(leaves))).decode()
    body = f"opencse-run/{sealed[:32]}\n{len(leaves)}\n{root}\n"
    report.expect(ledger.checkpoint.text == body, "ledger/checkpoint is not that of the leaves")
    report.checked.append(f"{len(leaves)} leaves, their root, and the inclusion proof of {seal['flags']} flags")
    return ledger


class Claim:
    """That a rule or detector scored the subject of a flag: a line of the scores has to bear it out."""

    __slots__ = ("begin", "borne_out", "by", "flag_id", "kind", "score")

    def __init__(self, flag_id: str, flag: Any, detector: str) -> None:
        self.flag_id, self.borne_out = flag_id, False
        self.begin = f'{{"as_of":"{flag["as_of"]}","concern":"{flag["concern"]}",'.encode()
        self.by = f'detector":"{detector}"'.encode()
        self.kind = f'subject_kind":"{flag["subject_kind"]}"}}'.encode()
        counted = flag["family"] == "contradiction" and detector == flag["detectors"][0]
        self.score = flag["score"] if counted else None


def check_flags(report: CheckReport, run: Path, ledger: Ledger, sealed_rows: int) -> set[str]:
    """Check each flag, its scores, and that the rows there are those that flags cite; return the ids of the flags."""
    leaves = ledger.of("flag")
    names: list[str] = []
    cited: set[str] = set()
    claims: dict[bytes, list[Claim]] = {}
    for line in lines_of(run / "ledger/flags.jsonl"):
        digest = sha256(line)
        leaf = leaves[len(names)] if len(names) < len(leaves) else None
        name = digest[:32]
        if leaf:
            right = leaf["sha256"] == digest and leaf["flag_id"] == name
            report.expect(right, f"flag {leaf['flag_id']}: its content or evidence is not what was sealed")
        cited.update(attempt(report, f"flag {name}", check_flag, name, line, claims) or ())
        names.append(name)
    report.expect(len(names) == len(leaves), f"ledger/flags.jsonl has {len(names)} flags, the ledger {len(leaves)}")
    attempt(report, "ledger/scores.jsonl", check_scores, run, claims)
    attempt(report, "ledger/rows.jsonl", check_rows, run, cited, sealed_rows)
    report.checked.append(f"the ids of {len(names)} flags, each from its content and the digests of its evidence")
    report.checked.append(f"the digests of {sealed_rows} rows, each cited by a flag")
    report.checked.append(f"the scores that {len(names)} flags rest on")
    return set(names)


def check_flag(report: CheckReport, name: str, line: bytes, claims: dict[bytes, list[Claim]]) -> list[str]:
    """Note by whom a flag says its subject was scored, and return the rows that it cites."""
    evidence, _, text = line.decode().partition(',"flag":')
    flag = json.loads(text[:-1])
    subject = f'subject_id":"{flag["subject_id"]}"'.encode()
    claims.setdefault(subject, []).extend([Claim(name, flag, detector) for detector in flag["detectors"]])
    rows = citations(evidence)
    report.expect(rows, f"flag {name} cites no evidence that can be read")
    return rows


def check_scores(report: CheckReport, run: Path, claims: dict[bytes, list[Claim]]) -> None:
    """Check that every rule and detector that a flag names has said of its subject what the flag says."""
    for line in lines_of(run / "ledger/scores.jsonl"):
        about, by, _, _, _, _, score, subject, kind = line.rsplit(b',"', 8)
        for claim in claims.get(subject, ()):
            if claim.by == by and claim.kind == kind and about.startswith(claim.begin):
                claim.borne_out = True
                right = claim.score is None or json.loads(score.partition(b":")[2]) == claim.score
                report.expect(right, f"flag {claim.flag_id}: its score is not that of its rule")
    for claim in chain.from_iterable(claims.values()):
        detector = claim.by.decode()[11:-1]
        report.expect(claim.borne_out, f"flag {claim.flag_id}: there is no score of {detector}")


def check_rows(report: CheckReport, run: Path, cited: set[str], sealed_rows: int) -> None:
    """Check that the rows there are those that flags cite, each once; `cited` is used up."""
    number, left = 0, len(cited)
    for rows in row_names(run):
        number += len(rows)
        cited.difference_update(rows)
    if left - len(cited) < number:
        name_uncited(report, run)
    report.expect(number == sealed_rows, "ledger/rows.jsonl: rows are missing or added")
    for line in lines_of(run / "ledger/flags.jsonl") if cited else ():
        for row in sorted(cited.intersection(citations(evidence_of(line)))):
            report.expect(False, f"flag {sha256(line)[:32]}: a row that it cites is missing or has changed: {row}")


def name_uncited(report: CheckReport, run: Path) -> None:
    """Name the rows that no flag cites and those that stand there a second time."""
    cited = {row for line in lines_of(run / "ledger/flags.jsonl") for row in citations(evidence_of(line))}
    for row in chain.from_iterable(row_names(run)):
        right = row in cited
        cited.discard(row)
        report.expect(right, f"ledger/rows.jsonl: no flag cites this row of {row}, or it is there twice")


def check_others(report: CheckReport, run: Path, ledger: Ledger, names: set[str]) -> None:
    """Check practice findings against their leaves, and that reviews are of flags of this run and say why."""
    path = run / "ledger/practices.jsonl"
    lines = [*lines_of(path)] if path.exists() else []
    right = [sha256(line) for line in lines] == [leaf["sha256"] for leaf in ledger.of("practice")]
    report.expect(right, "ledger/practices.jsonl is not what was sealed")
    reviews = ledger.of("review")
    for review in reviews:
        name = review.get("flag_id")
        report.expect(name in names, f"a review is of the flag {name}, which is not there")
        report.expect(review.get("outcome") and review.get("reason"), "a review has no outcome or no reason")
    report.checked.append(f"{len(lines)} practice findings and {len(reviews)} reviews")


def check_checkpoint(report: CheckReport, ledger: Ledger, path: Path, key: str | None) -> None:
    """Hold the ledger to the checkpoint that the reader kept."""
    kept, own, number = CheckpointText(path.read_bytes().decode("utf-8")), ledger.checkpoint, len(ledger.leaves)
    report.expect(kept.origin == own.origin, f"the checkpoint you kept is of {kept.origin}, not of this run")
    if report.expect(kept.size <= number, f"ledger/leaves.jsonl held {kept.size} leaves and now holds {number}"):
        report.expect(
            base64.b64encode(ledger.root(kept.size)).decode() == kept.root,
            "ledger/leaves.jsonl: the ledger is not the one whose checkpoint you kept: it was rewritten since",
        )
    if kept.size == own.size:
        missing = [line for line in kept.signatures if line not in own.signatures]
        report.expect(not missing, "ledger/checkpoint lacks a signature that the checkpoint you kept has")
        unknown = [line for line in own.signatures if line not in kept.signatures]
        report.expect(key or not unknown, "ledger/checkpoint has a signature that the checkpoint you kept lacks")
    if key:
        check_signature(report, kept, key, "the checkpoint you kept")
    report.checked.append(f"the ledger against the checkpoint you kept, of {kept.size} leaves")


def name_differences(report: CheckReport, run: Path, manifest: Any, leaves: list[bytes], kept: Path) -> None:
    """Name the files and flags that differ from a manifest and leaves that the reader kept."""
    if (kept / "manifest.json").exists():
        before = {entry["path"]: entry["sha256"] for entry in read_json(kept / "manifest.json")["outputs"]}
        after = {entry["path"]: entry["sha256"] for entry in manifest["outputs"]}
        for name in sorted(name for name in {*before, *after} if before.get(name) != after.get(name)):
            report.expect(False, f"{name} is not as in the manifest you kept")
        same = digest_of(kept / "manifest.json") == digest_of(run / "manifest.json")
        report.expect(same, "manifest.json is not the one you kept")
    if (kept / "leaves.jsonl").exists():
        held = [*lines_of(kept / "leaves.jsonl")]
        for leaf in sorted(set(held) - set(leaves)):
            report.expect(False, f"a leaf you kept is gone: {leaf.decode()}")
        report.expect(leaves[: len(held)] == held, "ledger/leaves.jsonl: the leaves do not begin with those you kept")
    report.checked.append("what you kept, file by file and leaf by leaf")


def check(run: Path, checkpoint: Path | None = None, key: str | None = None, kept: Path | None = None) -> CheckReport:
    """Check a run folder and return the report."""
    report = CheckReport()
    read = attempt(report, "manifest.json", check_manifest, run)
    if read:
        attempt(report, "the list of files in manifest.json", check_files, run, read[0])
        ledger = attempt(report, "one of ledger/leaves.jsonl, proofs.jsonl, checkpoint", check_ledger, run, *read)
        if ledger:
            check_rest(report, run, read[0], ledger, (checkpoint, key, kept))
    say_limits(report, checkpoint, key)
    return report


def attempt(report: CheckReport, what: str, part: Callable[..., Any], *given: Any) -> Any:
    """Do one part of the checks; where something cannot even be read, say what, and let the others go on."""
    try:
        return part(report, *given)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        report.expect(False, f"{what} cannot be read: {type(error).__name__}: {error}")
        return None


def check_rest(
    report: CheckReport, run: Path, manifest: Any, ledger: Ledger, brought: tuple[Path | None, str | None, Path | None]
) -> None:
    """Check the lines in `ledger/` against the leaves, and the ledger against what the reader brought."""
    checkpoint, key, kept = brought
    if kept:
        attempt(report, "what you kept", name_differences, run, manifest, ledger.leaves, kept)
    names = attempt(report, "ledger/flags.jsonl", check_flags, run, ledger, manifest["seal"]["rows"])
    if names is not None:
        attempt(report, "ledger/practices.jsonl or a review", check_others, run, ledger, names)
    if checkpoint:
        attempt(report, "the checkpoint you kept", check_checkpoint, ledger, checkpoint, key)
    if key:
        attempt(report, "ledger/checkpoint", check_signature, ledger.checkpoint, key, "ledger/checkpoint")


def say_limits(report: CheckReport, checkpoint: Path | None, key: str | None) -> None:
    """Note what was not checked."""
    if not checkpoint:
        report.unchecked.append("whether the folder was rewritten as a whole: that takes --checkpoint")
    if not key:
        report.unchecked.append("who signed: that takes --key, from the signer and not from this folder")
    report.unchecked.append("that the Parquet files say what ledger/*.jsonl say: 'opencse verify' reads them")
    report.unchecked.append(
        "that flags and scores follow from the records: 'opencse verify RUN --records DIR' runs again"
    )


def main() -> int:
    """Read the command line, check, print, and return the exit code."""
    gc.disable()  # nothing here needs it, and looking for cycles among millions of texts takes long
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", nargs="?", type=Path, default=Path(__file__).resolve().parent)
    parser.add_argument("--checkpoint", type=Path)
    parser.add_argument("--key")
    parser.add_argument("--kept", type=Path)
    given = parser.parse_args()
    return check(given.run, given.checkpoint, given.key, given.kept).show()


if __name__ == "__main__":
    sys.exit(main())
