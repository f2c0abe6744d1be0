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
import hashlib
import json
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipeline.verify_proofs import (
    CheckpointText,
    proof_of,
    root_of,
    sha256,
    signature_holds,
    tree_levels,
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
        if len(self.faults) > 50:
            print(f"... and {len(self.faults) - 50} more")
        print(f"{len(self.faults)} faults" if self.faults else "no fault")
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


def read_json(path: Path) -> Any:
    """Return the content of a JSON file."""
    try:
        return json.loads(path.read_bytes().decode("utf-8"))
    except ValueError as error:
        raise ValueError(f"{path.name} is not JSON: {error}") from error


def read_lines(path: Path) -> list[bytes]:
    """Return the lines of a file; the last is ended like the others."""
    content = path.read_bytes()
    if content and not content.endswith(b"\n"):
        raise ValueError(f"{path.name}: the last line is not ended")
    return content.split(b"\n")[:-1]


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    whole = hashlib.sha256()
    with path.open("rb") as file:
        for part in iter(lambda: file.read(1 << 20), b""):
            whole.update(part)
    return whole.hexdigest()


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


def check_ledger(
    report: CheckReport, run: Path, manifest: Any, sealed: str
) -> tuple[list[bytes], list[Any], CheckpointText]:
    """Check leaves, root, checkpoint and proofs; return the leaves and how many of them the run itself sealed."""
    leaves = read_lines(run / "ledger/leaves.jsonl")
    said = [json.loads(leaf) for leaf in leaves]
    seal = manifest["seal"]
    before = seal["flags"] + seal["practices"]
    kinds = ["flag"] * seal["flags"] + ["practice"] * seal["practices"] + ["manifest"]
    kinds += ["review"] * (len(leaves) - len(kinds))
    report.expect(
        [leaf.get("kind") for leaf in said] == kinds, "ledger/leaves.jsonl: leaves are missing, added or moved"
    )
    twice = len(leaves) - len(set(leaves))
    report.expect(not twice, f"ledger/leaves.jsonl: {twice} leaves stand there a second time")
    report.expect(root_of(leaves[:before]).hex() == seal["root"], "ledger/leaves.jsonl: its root is not the sealed one")
    manifest_leaf = leaves[before] if before < len(leaves) else b""
    right = f'{{"kind":"manifest","sha256":"{sealed}"}}'.encode()
    report.expect(manifest_leaf == right, "manifest.json is not the one that the ledger holds")
    size = before + 1
    levels = tree_levels(leaves[:size])
    proofs = [
        json.dumps({"flag_id": leaf["flag_id"], "leaf": str(at), "proof": proof_of(levels, at)}, separators=(",", ":"))
        for at, leaf in enumerate(said[: seal["flags"]])
    ]
    report.expect(
        read_lines(run / "ledger/proofs.jsonl") == [p.encode() for p in proofs],
        "ledger/proofs.jsonl: a flag's inclusion proof is missing or does not lead to the root",
    )
    checkpoint = CheckpointText((run / "ledger/checkpoint").read_bytes().decode("utf-8"))
    root = base64.b64encode(root_of(leaves)).decode()
    body = f"opencse-run/{sealed[:32]}\n{len(leaves)}\n{root}\n"
    report.expect(checkpoint.text == body, "ledger/checkpoint is not that of the leaves")
    report.checked.append(f"{len(leaves)} leaves, their root, and the inclusion proof of {seal['flags']} flags")
    return leaves, said, checkpoint


def check_flags(report: CheckReport, run: Path, said: list[Any]) -> list[tuple[str, Any]]:
    """Check that each leaf is that of a flag, and each flag's id that of its content and evidence; return the flags."""
    lines = read_lines(run / "ledger/flags.jsonl")
    leaves = [leaf for leaf in said if leaf.get("kind") == "flag"]
    report.expect(len(lines) == len(leaves), f"ledger/flags.jsonl has {len(lines)} flags, the ledger {len(leaves)}")
    for line, leaf in zip(lines, leaves):  # noqa: B905 - Python 3.9 has no `strict`, and the numbers were compared
        digest = sha256(line)
        right = leaf["sha256"] == digest and leaf["flag_id"] == digest[:32]
        report.expect(right, f"flag {leaf['flag_id']}: its content or evidence is not what was sealed")
    report.checked.append(f"the ids of {len(lines)} flags, each from its content and the digests of its evidence")
    return [(sha256(line)[:32], json.loads(line)) for line in lines]


def check_evidence(report: CheckReport, run: Path, flags: list[tuple[str, Any]], sealed_rows: int) -> None:
    """Check that every cited row is there and reads as cited, and that no row is there that nobody cites."""
    lines = read_lines(run / "ledger/rows.jsonl")
    rows = {sha256(line): line for line in lines}
    report.expect(len(rows) == len(lines) == sealed_rows, "ledger/rows.jsonl: rows are missing, added or doubled")
    cited = set()
    for name, flag in flags:
        report.expect(flag["evidence"], f"flag {name} cites no evidence")
        for table, row_id, digest, _, _ in flag["evidence"]:
            cited.add(digest)
            there = digest in rows and json.loads(rows[digest])["table"] == table
            report.expect(there, f"flag {name}: row {row_id} of {table} is missing or has changed")
    for digest in sorted(set(rows) - cited):
        report.expect(False, f"ledger/rows.jsonl: no flag cites the row {digest}")
    report.checked.append(f"the digests of {len(lines)} rows, each cited by a flag")


def check_scores(report: CheckReport, run: Path, flags: list[tuple[str, Any]]) -> None:
    """Check that every rule and detector that a flag names has said of its subject what the flag says."""
    scores: dict[tuple[Any, ...], dict[str, Any]] = {}
    for line in read_lines(run / "ledger/scores.jsonl"):
        score = json.loads(line)
        key = tuple(score[name] for name in ("subject_kind", "subject_id", "as_of", "concern"))
        scores.setdefault(key, {})[score["detector"]] = score
    for name, record in flags:
        flag = record["flag"]
        about = scores.get(tuple(flag[n] for n in ("subject_kind", "subject_id", "as_of", "concern")), {})
        for detector in flag["detectors"]:
            report.expect(detector in about, f"flag {name}: there is no score of {detector}")
        if flag["family"] == "contradiction" and flag["detectors"] and flag["detectors"][0] in about:
            right = about[flag["detectors"][0]]["score"] == flag["score"]
            report.expect(right, f"flag {name}: its score is not that of its rule")
    report.checked.append(f"the scores that {len(flags)} flags rest on")


def check_others(report: CheckReport, run: Path, said: list[Any], flags: list[tuple[str, Any]]) -> None:
    """Check practice findings against their leaves, and that reviews are of flags of this run and say why."""
    leaves = [leaf["sha256"] for leaf in said if leaf.get("kind") == "practice"]
    path = run / "ledger/practices.jsonl"
    lines = read_lines(path) if path.exists() else []
    report.expect([sha256(line) for line in lines] == leaves, "ledger/practices.jsonl is not what was sealed")
    names = {name for name, _ in flags}
    reviews = [leaf for leaf in said if leaf.get("kind") == "review"]
    for review in reviews:
        report.expect(
            review.get("flag_id") in names,
            f"a review is of the flag {review.get('flag_id')}, which is not there",
        )
        report.expect(review.get("outcome") and review.get("reason"), "a review has no outcome or no reason")
    report.checked.append(f"{len(lines)} practice findings and {len(reviews)} reviews")


def check_checkpoint(
    report: CheckReport, leaves: list[bytes], checkpoint: CheckpointText, path: Path, key: str | None
) -> None:
    """Hold the ledger to the checkpoint that the reader kept."""
    kept = CheckpointText(path.read_bytes().decode("utf-8"))
    report.expect(kept.origin == checkpoint.origin, f"the checkpoint you kept is of {kept.origin}, not of this run")
    if report.expect(
        kept.size <= len(leaves), f"ledger/leaves.jsonl held {kept.size} leaves and now holds {len(leaves)}"
    ):
        root = base64.b64encode(root_of(leaves[: kept.size])).decode()
        report.expect(
            root == kept.root,
            "ledger/leaves.jsonl: the ledger is not the one whose checkpoint you kept: it was rewritten since",
        )
    if kept.size == checkpoint.size:
        missing = [line for line in kept.signatures if line not in checkpoint.signatures]
        report.expect(not missing, "ledger/checkpoint lacks a signature that the checkpoint you kept has")
        unknown = [line for line in checkpoint.signatures if line not in kept.signatures]
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
        held = read_lines(kept / "leaves.jsonl")
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
    report: CheckReport,
    run: Path,
    manifest: Any,
    ledger: tuple[list[bytes], list[Any], CheckpointText],
    brought: tuple[Path | None, str | None, Path | None],
) -> None:
    """Check the lines in `ledger/` against the leaves, and the ledger against what the reader brought."""
    (leaves, said, own), (checkpoint, key, kept) = ledger, brought
    if kept:
        attempt(report, "what you kept", name_differences, run, manifest, leaves, kept)
    flags = attempt(report, "ledger/flags.jsonl", check_flags, run, said)
    if flags is not None:
        attempt(report, "ledger/rows.jsonl", check_evidence, run, flags, manifest["seal"]["rows"])
        attempt(report, "ledger/scores.jsonl", check_scores, run, flags)
        attempt(report, "ledger/practices.jsonl or a review", check_others, run, said, flags)
    if checkpoint:
        attempt(report, "the checkpoint you kept", check_checkpoint, leaves, own, checkpoint, key)
    if key:
        attempt(report, "ledger/checkpoint", check_signature, own, key, "ledger/checkpoint")


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
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", nargs="?", type=Path, default=Path(__file__).resolve().parent)
    parser.add_argument("--checkpoint", type=Path)
    parser.add_argument("--key")
    parser.add_argument("--kept", type=Path)
    given = parser.parse_args()
    return check(given.run, given.checkpoint, given.key, given.kept).show()


if __name__ == "__main__":
    sys.exit(main())
