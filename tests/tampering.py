"""Single changes of a finished run, drawn by chance, and the hand of somebody who makes everything else fit them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from data.contract import CONTRACT
from data.writing import write_json
from ledger.checkpoints import Checkpoint, read_checkpoint
from ledger.merkle import MerkleTree
from ledger.notes import LOG_KEY, SignedNote, SigningKey
from pipeline.digest import table_digest
from pipeline.evidence import FLAG_ID
from pipeline.run_folder import MANIFEST
from pipeline.run_ledger import (
    CHECKPOINT,
    FLAGS,
    FOLDER,
    LEAVES,
    OUTSIDE,
    PRACTICES,
    ROWS,
    SCORES,
    LedgerSeal,
    read_leaves,
    read_lines,
    record_lines,
    write_lines,
)
from tests.file_changes import (
    Rng,
    added,
    bit,
    empty_folder,
    exchanged,
    folder_linked,
    lengthened,
    lines_changed,
    linked,
    names_of,
    one_of,
    removed,
    renamed,
    reordered,
    rewrite,
    table_rows,
    table_value,
    text_value,
    truncated,
    write_table,
    written_again,
)


@dataclass(frozen=True)
class Change:
    """One change that was made: of what kind, and which files or flags a report of it should name one of."""

    kind: str
    names: tuple[str, ...]


# ---------------------------------------------------------------- whole flags


def flag_dropped(folder: Path, rng: Rng) -> tuple[str, ...]:
    """Drop a flag, its evidence, the rows that nobody else cites, its scores, line, leaf and proof."""
    gone = str(one_of(rng, pq.read_table(folder / "flags.parquet")["flag_id"].to_pylist()))
    for name in ("flags", "evidence"):
        table = pq.read_table(folder / f"{name}.parquet")
        write_table(table.filter(pc.not_equal(table["flag_id"], gone)), folder / f"{name}.parquet")
    evidence = pq.read_table(folder / "evidence.parquet")
    cited = set(zip(evidence["table_name"].to_pylist(), evidence["row_id"].to_pylist(), strict=True))
    for path in sorted((folder / "loaded").iterdir()):
        rows = pq.read_table(path)
        keys = rows[str(CONTRACT[path.stem].key)].to_pylist()
        write_table(rows.filter(pa.array([(path.stem, key) in cited for key in keys])), path)
    write_ledger_lines(folder, record_lines(folder))
    return gone, gone[:12], "flags.parquet"


def flag_rewritten(folder: Path, rng: Rng) -> tuple[str, ...]:
    """Change what a flag says, and give it the id that follows, in tables and lines alike."""
    flags, evidence = (pq.read_table(folder / f"{name}.parquet") for name in ("flags", "evidence"))
    rows = flags.to_pylist()
    at = int(rng.integers(len(rows)))
    before = rows[at]["flag_id"]
    name = one_of(rng, ["score", "explanation", "subject_id", "threshold", "audience"])
    rows[at][name] = (rows[at][name] or 0) + 1 if name in ("score", "subject_id", "threshold") else rows[at][name] + " "
    write_table(pa.Table.from_pylist(rows, schema=flags.schema), folder / "flags.parquet")
    after = sha256(record_lines(folder)[FLAGS][at]).hexdigest()[:FLAG_ID]
    rows[at]["flag_id"] = after
    write_table(pa.Table.from_pylist(rows, schema=flags.schema), folder / "flags.parquet")
    ids = pa.array([after if i == before else i for i in evidence["flag_id"].to_pylist()], pa.string())
    write_table(evidence.set_column(0, "flag_id", ids), folder / "evidence.parquet")
    write_ledger_lines(folder, record_lines(folder))
    return before, before[:12], "flags.parquet"


def write_ledger_lines(folder: Path, lines: Mapping[str, Sequence[bytes]]) -> None:
    for name in lines:
        (folder / name).unlink(missing_ok=True)
    write_lines(lines, folder)


# ---------------------------------------------------------------- the ledger and its checkpoint


def leaves_reordered(folder: Path, rng: Rng) -> tuple[str, ...]:
    """Reorder the leaves, and give the checkpoint that follows."""
    write = reordered(read_lines(folder / LEAVES), rng)
    rewrite(folder / LEAVES, b"".join(line + b"\n" for line in write))
    _checkpoint(folder, write)
    return LEAVES, "leaf", MANIFEST


def review_changed(folder: Path, rng: Rng) -> tuple[str, ...]:
    """Drop or rewrite a decision, and give the checkpoint that follows."""
    leaves = read_leaves(folder / LEAVES)
    reviews = [at for at, leaf in enumerate(leaves) if leaf.kind == "review"]
    lines, at = [leaf.line for leaf in leaves], one_of(rng, reviews)
    if rng.random() < 0.5:
        del lines[at]
    else:
        lines[at] = lines[at].replace(b"no_concern", b"referred").replace(b"looked", b"read")
    rewrite(folder / LEAVES, b"".join(line + b"\n" for line in lines))
    _checkpoint(folder, lines)
    return LEAVES, "leaf"


def checkpoint_replaced(folder: Path, rng: Rng) -> tuple[str, ...]:
    """Put the checkpoint of another size, root or name there."""
    lines, own = read_lines(folder / LEAVES), (folder / CHECKPOINT).read_text(encoding="utf-8")
    how = one_of(rng, ["smaller", "other root", "other name"])
    if how == "smaller":
        _checkpoint(folder, lines[: int(rng.integers(1, len(lines)))])
    elif how == "other root":
        _checkpoint(folder, [*lines[:-1], b"{}"])
    else:
        rewrite(folder / CHECKPOINT, own.replace("opencse-run/", "opencse-run/0", 1).encode())
    return (CHECKPOINT,)


def signed_by_another(folder: Path, rng: Rng) -> tuple[str, ...]:
    """Sign the checkpoint with another key, of the same name or of another, instead of the run's own or beside it."""
    _, note = read_checkpoint((folder / CHECKPOINT).read_text(encoding="utf-8"))
    other = SigningKey(one_of(rng, ["example.org/force", "example.org/other"]), LOG_KEY, rng.bytes(32))
    base = note if rng.random() < 0.5 else SignedNote(note.text)
    rewrite(folder / CHECKPOINT, str(base.signed(other)).encode())
    return (CHECKPOINT,)


def unsigned(folder: Path, rng: Rng) -> tuple[str, ...]:
    """Take the signature away, or spoil it."""
    _, note = read_checkpoint((folder / CHECKPOINT).read_text(encoding="utf-8"))
    spoilt = [replace(s, content=rng.bytes(len(s.content))) for s in note.signatures]
    kept = str(SignedNote(note.text, tuple(spoilt))) if rng.random() < 0.5 else note.text
    rewrite(folder / CHECKPOINT, kept.encode())
    return (CHECKPOINT,)


def _checkpoint(folder: Path, lines: Sequence[bytes]) -> None:
    origin = (folder / CHECKPOINT).read_text(encoding="utf-8").split("\n")[0]
    rewrite(folder / CHECKPOINT, Checkpoint(origin, len(lines), MerkleTree(lines).root()).text().encode())


# ---------------------------------------------------------------- all changes, and what makes the rest fit

IN_FILES: Final = (
    bit,
    truncated,
    lengthened,
    removed,
    added,
    empty_folder,
    linked,
    folder_linked,
    exchanged,
    renamed,
    lines_changed,
    text_value,
    table_rows,
    table_value,
    written_again,
    flag_dropped,
    flag_rewritten,
)
"""Changes after which manifest and ledger can be made to fit."""

IN_LEDGER: Final = (leaves_reordered, review_changed, checkpoint_replaced, signed_by_another, unsigned)
"""Changes of the ledger, its checkpoint and its signatures: these bring what fits them along."""


def change(folder: Path, rng: Rng, *, fit: bool) -> Change | None:
    """Make one change by chance, and with `fit` the manifest and all hashes with it; None where nothing changed."""
    makers = (*IN_FILES, *IN_LEDGER)
    maker = makers[int(rng.integers(len(makers)))]
    before = state_of(folder)
    reviews = [leaf.line for leaf in read_leaves(folder / LEAVES) if leaf.kind == "review"]
    manifest = json.loads((folder / MANIFEST).read_bytes())
    names = maker(folder, rng)
    if fit and maker in IN_FILES:
        make_fit(folder, manifest, reviews)
    after = state_of(folder)
    different = {name for name in {*before, *after} if before.get(name) != after.get(name)}
    if different <= OUTSIDE and not different & {*names}:
        names = (*different,)  # the change came to nothing, or what made the rest fit undid it: only the ledger differs
    return Change(maker.__name__, names) if different else None


def state_of(folder: Path) -> dict[str, bytes | str | None]:
    """What stands in a folder: each file's bytes, each link's target, and the folders."""
    return {
        path.relative_to(folder).as_posix(): (
            str(path.readlink()) if path.is_symlink() else path.read_bytes() if path.is_file() else None
        )
        for path in folder.rglob("*")
    }


def make_fit(folder: Path, manifest: dict[str, Any], reviews: Sequence[bytes]) -> None:
    """Write lines, manifest, leaves, proofs and checkpoint anew, so that they fit whatever stands there now."""
    known = {entry["path"]: entry for entry in manifest["outputs"]}
    with suppress(OSError, KeyError, TypeError, ValueError, pa.ArrowException):
        manifest = json.loads((folder / MANIFEST).read_bytes()) | {}
        seal_ = manifest["seal"]["root"]
        assert isinstance(seal_, str)
    if (folder / FOLDER).is_symlink():
        return
    lines = {name: read_lines(folder / name) for name in (FLAGS, ROWS, SCORES)}
    if (folder / PRACTICES).exists():
        lines[PRACTICES] = read_lines(folder / PRACTICES)
    present = [n for n in names_of(folder) if n not in OUTSIDE and n != MANIFEST]
    outputs = [_entry(folder, n, known) for n in present]
    with suppress(OSError):
        (folder / MANIFEST).unlink()
    ledger = LedgerSeal(lines)
    write_json(manifest | {"outputs": outputs, "seal": ledger.to_json()}, folder / MANIFEST)
    for name in OUTSIDE:
        (folder / name).unlink(missing_ok=True)
    ledger.write(folder, manifest=(folder / MANIFEST).read_bytes())
    if reviews:
        leaves = [*read_lines(folder / LEAVES), *reviews]
        rewrite(folder / LEAVES, b"".join(leaf + b"\n" for leaf in leaves))
        _checkpoint(folder, leaves)


def _entry(folder: Path, name: str, known: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    if name in known and (folder / name).stat().st_nlink > 1:  # still shared with the run: nothing was written there
        return known[name]
    content = (folder / name).read_bytes()
    entry: dict[str, Any] = {"path": name, "sha256": sha256(content).hexdigest(), "bytes": len(content)}
    with suppress(OSError, TypeError, ValueError, pa.ArrowException):
        if name.endswith(".parquet"):
            entry["rows_sha256"] = table_digest(pq.read_table(folder / name))
    return entry
