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
from collections import defaultdict
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
from pipeline.digest import canonical, row_bytes
from pipeline.evidence import FLAG_ID, flag_record

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

_ABOUT: Final = ("subject_kind", "subject_id", "as_of", "concern")


def record_lines(folder: Path) -> dict[str, list[bytes]]:
    """Return what the Parquet files of a run say, as the lines of the files in `ledger/` by path.

    Files that are not there count as empty, and practice findings as absent.
    """
    tables = {name: _read(folder / f"{name}.parquet") for name in ("flags", "evidence", "scores", "practices")}
    flags, scores = _rows(tables["flags"]), tables["scores"]
    lines = {
        FLAGS: [*_flag_lines(flags, tables["evidence"])],
        ROWS: [*_row_lines(folder / "loaded")],
        SCORES: [] if scores is None else [canonical(row) for row in _about_flagged(scores, flags)],
    }
    if tables["practices"] is not None:
        lines[PRACTICES] = [canonical(row) for row in _rows(tables["practices"])]
    return lines


def _read(path: Path) -> pa.Table | None:
    return pq.read_table(path) if path.is_file() else None


def _rows(table: pa.Table | None) -> list[dict[str, Any]]:
    return [] if table is None else table.to_pylist()


def _flag_lines(flags: Iterable[Mapping[str, Any]], evidence: pa.Table | None) -> Iterator[bytes]:
    cited: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    if evidence is not None:
        names = ("flag_id", "table_name", "row_id", "row_sha256", "indicator", "part")
        for flag, *row in zip(*(evidence[name].to_pylist() for name in names), strict=True):
            cited[flag].append(tuple(row))
    for flag in flags:
        content = {name: value for name, value in flag.items() if name != "flag_id"}
        yield flag_record(content, cited[flag["flag_id"]])


def _row_lines(folder: Path) -> Iterator[bytes]:
    """Yield each cited row once, though it may be cited as of several dates at which it read the same."""
    for path in sorted(folder.glob("*.parquet")):
        names = arrow_schema(CONTRACT[path.stem]).names
        columns = [column.to_pylist() for column in pq.read_table(path, columns=names).select(names).columns]
        yield from dict.fromkeys(
            row_bytes(path.stem, dict(zip(names, row, strict=True))) for row in zip(*columns, strict=True)
        )


def _about_flagged(scores: pa.Table, flags: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    about = {tuple(flag[name] for name in _ABOUT) for flag in flags}
    flagged = scores.filter(pc.is_in(scores["subject_id"], pa.array(sorted({key[1] for key in about}), pa.int64())))
    return [row for row in flagged.to_pylist() if tuple(row[name] for name in _ABOUT) in about]


def write_lines(lines: Mapping[str, Sequence[bytes]], folder: Path) -> None:
    """Write lines as files of a folder, by path."""
    for name, rows in lines.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.writelines(row + b"\n" for row in rows)


def read_lines(path: Path) -> list[bytes]:
    """Return the lines of a file, none where it is not there."""
    return path.read_bytes().split(b"\n")[:-1] if path.is_file() else []


def record_leaves(lines: Mapping[str, Sequence[bytes]]) -> list[bytes]:
    """Return the leaves of flags and practice findings: their kind and digest, and no word of what they say."""
    flags = [sha256(line).hexdigest() for line in lines[FLAGS]]
    practices = [sha256(line).hexdigest() for line in lines.get(PRACTICES, ())]
    return [
        *(canonical({"kind": "flag", "flag_id": digest[:FLAG_ID], "sha256": digest}) for digest in flags),
        *(canonical({"kind": "practice", "sha256": digest}) for digest in practices),
    ]


def seal_of(lines: Mapping[str, Sequence[bytes]]) -> dict[str, Any]:
    """Return what the manifest seals: how many flags, practice findings and cited rows there are, and their root."""
    return {
        "flags": len(lines[FLAGS]),
        "practices": len(lines.get(PRACTICES, ())),
        "rows": len(lines[ROWS]),
        "root": MerkleTree(record_leaves(lines)).root().hex(),
    }


def write_ledger(folder: Path, lines: Mapping[str, Sequence[bytes]], *, manifest: bytes) -> None:
    """Write the leaves of a sealed run, the proof that each flag is among them, and the checkpoint."""
    sealed = sha256(manifest).hexdigest()
    leaves = [*record_leaves(lines), canonical({"kind": "manifest", "sha256": sealed})]
    tree = MerkleTree(leaves)
    proofs = [
        canonical({"flag_id": sha256(line).hexdigest()[:FLAG_ID], "leaf": at, "proof": _hexes(tree.inclusion(at))})
        for at, line in enumerate(lines[FLAGS])
    ]
    write_lines({LEAVES: leaves, PROOFS: proofs}, folder)
    (folder / CHECKPOINT).write_text(Checkpoint(origin_of(sealed), len(tree), tree.root()).text(), encoding="utf-8")


def origin_of(sealed: str) -> str:
    """Return the name of a run's ledger, from the SHA-256 of its manifest.

    Example:
        >>> origin_of("0123456789abcdef" * 4)
        'opencse-run/0123456789abcdef0123456789abcdef'
    """
    return f"opencse-run/{sealed[:32]}"


def _hexes(proof: Iterable[bytes]) -> list[str]:
    return [step.hex() for step in proof]


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
