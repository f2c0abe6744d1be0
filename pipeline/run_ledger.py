"""The ledger of one run: its records as lines that need no library to read, its leaves, its root and its proofs.

`ledger/` in a run folder holds, one canonical JSON object a line: each flag with the digests of all rows it cites
(`flags.jsonl`; the SHA-256 of a line begins with the flag's id), those rows as they stood (`rows.jsonl`; evidence names
each by the SHA-256 of its line), what every rule and detector said of who was flagged (`scores.jsonl`), and practice
findings where there are any. They repeat what the Parquet files say, for readers who have no library for these.

The leaves are each flag, each practice finding, and the manifest, which seals the root over those before it; reviews
come after it. `ledger/checkpoint` names the root over all of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from data.arrow import arrow_schema
from data.contract import CONTRACT
from ledger.checkpoints import Checkpoint
from ledger.merkle import MerkleTree
from pipeline.digest import canonical
from pipeline.evidence import FLAG_ID
from pipeline.row_lines import flag_lines, object_lines, row_lines

FOLDER: Final = "ledger"
FLAGS: Final = f"{FOLDER}/flags.jsonl"
ROWS: Final = f"{FOLDER}/rows.jsonl"
SCORES: Final = f"{FOLDER}/scores.jsonl"
PRACTICES: Final = f"{FOLDER}/practices.jsonl"
LEAVES: Final = f"{FOLDER}/leaves.jsonl"
PROOFS: Final = f"{FOLDER}/proofs.jsonl"
CHECKPOINT: Final = f"{FOLDER}/checkpoint"

OUTSIDE: Final = frozenset({LEAVES, PROOFS, CHECKPOINT})
"""The files that follow from the manifest or grow after it, and so do not stand in it."""

_RECORDED: Final = ("flags", "evidence", "scores", "practices")
"""The tables that the ledger repeats, beside the cited rows."""

_ABOUT: Final = ("subject_kind", "subject_id", "as_of", "concern")


def record_lines(folder: Path) -> dict[str, list[bytes]]:
    """Return what the Parquet files of a run say, as the lines of the files in `ledger/` by path.

    Files that are not there count as empty, and practice findings as absent.
    """
    paths = [folder / f"{name}.parquet" for name in _RECORDED]
    return table_lines(
        {path.stem: pq.read_table(path) for path in paths if path.is_file()},
        {path.stem: pq.read_table(path) for path in (folder / "loaded").glob("*.parquet")},
    )


def table_lines(tables: Mapping[str, pa.Table], loaded: Mapping[str, pa.Table]) -> dict[str, list[bytes]]:
    """Return what the tables of a run say, as the lines of the files in `ledger/` by path; `loaded` has cited rows."""
    flags = tables["flags"].to_pylist() if "flags" in tables else []
    contents = [(row["flag_id"], {name: row[name] for name in row.keys() - {"flag_id"}}) for row in flags]
    lines = {
        FLAGS: [*flag_lines(contents, tables.get("evidence"))],
        ROWS: [line for name in sorted(loaded) for line in _cited_once(name, loaded[name])],
        SCORES: object_lines(_about_flagged(tables["scores"], flags)) if "scores" in tables else [],
    }
    if "practices" in tables:
        lines[PRACTICES] = [canonical(row) for row in tables["practices"].to_pylist()]
    return lines


def _cited_once(name: str, rows: pa.Table) -> Iterable[bytes]:
    """Return each cited row once, though it may be cited as of several dates at which it read the same."""
    return dict.fromkeys(row_lines(name, rows.select(arrow_schema(CONTRACT[name]).names)))


def _about_flagged(scores: pa.Table, flags: Iterable[Mapping[str, Any]]) -> pa.Table:
    """Return the scores of whom and what a flag is about."""
    about = {tuple(flag[name] for name in _ABOUT) for flag in flags}
    flagged = scores.filter(pc.is_in(scores["subject_id"], pa.array(sorted({key[1] for key in about}), pa.int64())))
    keys = zip(*(flagged[name].to_pylist() for name in _ABOUT), strict=True)
    return flagged.filter(pa.array([key in about for key in keys], pa.bool_()))


def write_lines(lines: Mapping[str, Sequence[bytes]], folder: Path) -> None:
    """Write lines as files of a folder, by path."""
    for name, rows in lines.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.write(b"\n".join([*rows, b""]))


def written_lines(folder: Path) -> dict[str, list[bytes]]:
    """Return the lines of the files in `ledger/` by path; where they are not written yet, they are now."""
    if not (folder / FLAGS).is_file():
        write_lines(record_lines(folder), folder)
    names = (FLAGS, ROWS, SCORES, PRACTICES)
    return {name: read_lines(folder / name) for name in names if (folder / name).is_file()}


def read_lines(path: Path) -> list[bytes]:
    """Return the lines of a file, none where it is not there."""
    return path.read_bytes().split(b"\n")[:-1] if path.is_file() else []


def record_leaves(lines: Mapping[str, Sequence[bytes]]) -> list[bytes]:
    """Return the leaves of flags and practice findings: their kind and digest, and no word of what they say."""
    return [leaf for leaf, _ in _record_leaves(lines)]


def _record_leaves(lines: Mapping[str, Sequence[bytes]]) -> Iterator[tuple[bytes, str]]:
    """Yield the leaves of flags and practice findings, each with its digest."""
    for line in lines[FLAGS]:
        digest = sha256(line).hexdigest()
        yield f'{{"flag_id":"{digest[:FLAG_ID]}","kind":"flag","sha256":"{digest}"}}'.encode(), digest
    for line in lines.get(PRACTICES, ()):
        digest = sha256(line).hexdigest()
        yield f'{{"kind":"practice","sha256":"{digest}"}}'.encode(), digest


class LedgerSeal:
    """The leaves of a run's records and their tree, each hashed once, from which everything about its ledger follows.

    `lines` are those of the files in `ledger/`, by path.
    """

    def __init__(self, lines: Mapping[str, Sequence[bytes]]) -> None:
        leaves = [*_record_leaves(lines)]
        self._leaves, self._digests = [leaf for leaf, _ in leaves], [digest for _, digest in leaves]
        self._tree = MerkleTree(self._leaves)
        self._counts = {
            "flags": len(lines[FLAGS]),
            "practices": len(lines.get(PRACTICES, ())),
            "rows": len(lines[ROWS]),
        }

    def to_json(self) -> dict[str, Any]:
        """Return what the manifest seals: how many flags, practice findings and rows there are, and their root."""
        return self._counts | {"root": self._tree.root(len(self._leaves)).hex()}

    def write(self, folder: Path, *, manifest: bytes) -> None:
        """Write, once, the leaves of a sealed run, the proof that each flag is among them, and the checkpoint."""
        sealed = sha256(manifest).hexdigest()
        leaves = [*self._leaves, canonical({"kind": "manifest", "sha256": sealed})]
        self._tree.append(leaves[-1])
        proofs = self._tree.inclusions()[: self._counts["flags"]]
        lines = [_proof_line(self._digests[at][:FLAG_ID], at, proof) for at, proof in enumerate(proofs)]
        write_lines({LEAVES: leaves, PROOFS: lines}, folder)
        checkpoint = Checkpoint(origin_of(sealed), len(self._tree), self._tree.root())
        (folder / CHECKPOINT).write_text(checkpoint.text(), encoding="utf-8")


def _proof_line(flag_id: str, at: int, proof: Sequence[str]) -> bytes:
    steps = ",".join([f'"{step}"' for step in proof])
    return f'{{"flag_id":"{flag_id}","leaf":"{at}","proof":[{steps}]}}'.encode()


def origin_of(sealed: str) -> str:
    """Return the name of a run's ledger, from the SHA-256 of its manifest.

    Example:
        >>> origin_of("0123456789abcdef" * 4)
        'opencse-run/0123456789abcdef0123456789abcdef'
    """
    return f"opencse-run/{sealed[:32]}"


@dataclass(frozen=True)
class Leaf:
    """One leaf: its bytes, and what they say."""

    line: bytes
    content: Mapping[str, Any]

    @property
    def kind(self) -> str:
        """What it is a leaf of: flag, practice, manifest or review."""
        return str(self.content.get("kind"))


def read_leaves(path: Path) -> list[Leaf]:
    """Return the leaves of a ledger's file.

    Raises:
        ValueError: a line is no JSON object.
    """
    return [Leaf(line, dict(json.loads(line))) for line in read_lines(path)]
