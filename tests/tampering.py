"""Single changes of a finished run, drawn by chance, and the hand of somebody who makes everything else fit them."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import numpy as np
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
    PROOFS,
    ROWS,
    SCORES,
    read_leaves,
    read_lines,
    record_lines,
    seal_of,
    write_ledger,
    write_lines,
)

Rng = np.random.Generator


@dataclass(frozen=True)
class Change:
    """One change that was made: of what kind, and which files or flags a report of it should name one of."""

    kind: str
    names: tuple[str, ...]


def linked_copy(folder: Path, place: Path) -> Path:
    """Copy a folder for the price of its names: a change writes a new file and never into one that is shared."""
    return Path(shutil.copytree(folder, place, copy_function=os.link))


def rewrite(path: Path, content: bytes) -> None:
    """Put other content in the place of a file, which other copies share."""
    path.unlink(missing_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def names_of(folder: Path) -> list[str]:
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def one_of(rng: Rng, things: Sequence[Any]) -> Any:
    return things[int(rng.integers(len(things)))]


def _file(folder: Path, rng: Rng, *, least: int = 1) -> str:
    return str(one_of(rng, [n for n in names_of(folder) if (folder / n).stat().st_size >= least]))


# ---------------------------------------------------------------- files as bytes


def bit(folder: Path, rng: Rng) -> tuple[str, ...]:
    name = _file(folder, rng)
    content = bytearray((folder / name).read_bytes())
    content[int(rng.integers(len(content)))] ^= 1 << int(rng.integers(8))
    rewrite(folder / name, bytes(content))
    return (name,)


def truncated(folder: Path, rng: Rng) -> tuple[str, ...]:
    name = _file(folder, rng)
    content = (folder / name).read_bytes()
    rewrite(folder / name, content[: int(rng.integers(len(content)))])
    return (name,)


def lengthened(folder: Path, rng: Rng) -> tuple[str, ...]:
    name = _file(folder, rng)
    rewrite(folder / name, (folder / name).read_bytes() + one_of(rng, [b" ", b"\n", b"\0", b"{}\n"]))
    return (name,)


def removed(folder: Path, rng: Rng) -> tuple[str, ...]:
    name = _file(folder, rng, least=0)
    (folder / name).unlink()
    return (name,)


def added(folder: Path, rng: Rng) -> tuple[str, ...]:
    place = (folder / _file(folder, rng)).parent
    name = one_of(rng, [".hidden", "verify.pyc", "more.parquet", "\x1b[31mred", "x" * 200])
    rewrite(place / name, rng.bytes(20))
    return ((place / name).relative_to(folder).as_posix(),)


def empty_folder(folder: Path, rng: Rng) -> tuple[str, ...]:
    place = (folder / _file(folder, rng)).parent / "empty"
    place.mkdir()
    return (place.relative_to(folder).as_posix(),)


def linked(folder: Path, rng: Rng) -> tuple[str, ...]:
    name = _file(folder, rng)
    elsewhere = folder.parent / f"{folder.name}-elsewhere"
    elsewhere.write_bytes((folder / name).read_bytes())
    (folder / name).unlink()
    (folder / name).symlink_to(elsewhere)
    return (name,)


def folder_linked(folder: Path, rng: Rng) -> tuple[str, ...]:
    name = one_of(rng, ["lineage/sql", "loaded", "validation", "ledger"])
    elsewhere = folder.parent / f"{folder.name}-elsewhere"
    shutil.rmtree(elsewhere, ignore_errors=True)
    (folder / name).rename(elsewhere)
    (folder / name).symlink_to(elsewhere)
    return (name,)


def exchanged(folder: Path, rng: Rng) -> tuple[str, ...]:
    one, other = _file(folder, rng), _file(folder, rng)
    first, second = (folder / one).read_bytes(), (folder / other).read_bytes()
    rewrite(folder / one, second)
    rewrite(folder / other, first)
    return one, other


def renamed(folder: Path, rng: Rng) -> tuple[str, ...]:
    name = _file(folder, rng)
    (folder / name).rename(folder / f"{name}x")
    return name, f"{name}x"


# ---------------------------------------------------------------- lines and rows


def lines_changed(folder: Path, rng: Rng) -> tuple[str, ...]:
    name = one_of(rng, [FLAGS, ROWS, SCORES, PRACTICES, LEAVES, PROOFS])
    if name not in names_of(folder) or not (lines := read_lines(folder / name)):
        return ()
    write = _reordered(lines, rng)
    rewrite(folder / name, b"".join(line + b"\n" for line in write))
    return (name, *([MANIFEST, CHECKPOINT] if name == LEAVES else []))


def _reordered(rows: list[Any], rng: Rng) -> list[Any]:
    """Drop, double, swap or insert one."""
    at, other, rows = int(rng.integers(len(rows))), int(rng.integers(len(rows))), list(rows)
    how = one_of(rng, ["drop", "double", "swap", "insert"])
    if how == "drop":
        del rows[at]
    elif how == "double":
        rows.insert(at, rows[at])
    elif how == "swap":
        rows[at], rows[other] = rows[other], rows[at]
    else:
        rows.insert(at, rows[other])
    return rows


def text_value(folder: Path, rng: Rng) -> tuple[str, ...]:
    """Change one digit in a text: a value in a line, a setting, a statement, a result of validation, the manifest."""
    texts = [n for n in names_of(folder) if Path(n).suffix in (".jsonl", ".json", ".toml", ".sql", ".html", ".py")]
    name = one_of(rng, [*texts, *[t for t in texts if t.startswith("ledger/")] * 8, *["config.toml", MANIFEST] * 8])
    content = bytearray((folder / name).read_bytes())
    digits = [at for at, byte in enumerate(content) if 48 <= byte < 58]
    if not digits:
        return ()
    at = one_of(rng, digits)
    content[at] = 48 + (content[at] - 48 + int(rng.integers(1, 10))) % 10
    rewrite(folder / name, bytes(content))
    return (name, *([MANIFEST, CHECKPOINT] if name == LEAVES else []))


def table_rows(folder: Path, rng: Rng) -> tuple[str, ...]:
    path = folder / one_of(rng, [n for n in names_of(folder) if n.endswith(".parquet")])
    table = pq.read_table(path)
    if not len(table):
        return ()
    write_table(table.take(_reordered(list(range(len(table))), rng)), path)
    return (path.relative_to(folder).as_posix(),)


def table_value(folder: Path, rng: Rng) -> tuple[str, ...]:
    path = folder / one_of(rng, [n for n in names_of(folder) if n.endswith(".parquet")])
    table = pq.read_table(path)
    if not len(table):
        return ()
    column = one_of(rng, table.column_names)
    values = table[column].to_pylist()
    at = int(rng.integers(len(values)))
    different = [v for v in values if v != values[at]]
    if not different and values[at] is None:
        return ()
    values[at] = one_of(rng, [*different, None])
    write_table(table.set_column(table.column_names.index(column), column, pa.array(values, table[column].type)), path)
    return (path.relative_to(folder).as_posix(),)


def written_again(folder: Path, rng: Rng) -> tuple[str, ...]:
    """The same rows by another hand: other compression, other row groups."""
    path = folder / one_of(rng, [n for n in names_of(folder) if n.endswith(".parquet")])
    path_rows = pq.read_table(path)
    path.unlink()
    pq.write_table(path_rows, path, compression="gzip", row_group_size=7)
    return (path.relative_to(folder).as_posix(),)


def write_table(table: pa.Table, path: Path) -> None:
    path.unlink(missing_ok=True)
    pq.write_table(table, path)


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
    write = _reordered(read_lines(folder / LEAVES), rng)
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
    return Change(maker.__name__, names) if state_of(folder) != before else None


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
    outputs = [_entry(folder, n) for n in present]
    with suppress(OSError):
        (folder / MANIFEST).unlink()
    write_json(manifest | {"outputs": outputs, "seal": seal_of(lines)}, folder / MANIFEST)
    for name in OUTSIDE:
        (folder / name).unlink(missing_ok=True)
    write_ledger(folder, lines, manifest=(folder / MANIFEST).read_bytes())
    if reviews:
        leaves = [*read_lines(folder / LEAVES), *reviews]
        rewrite(folder / LEAVES, b"".join(leaf + b"\n" for leaf in leaves))
        _checkpoint(folder, leaves)


def _entry(folder: Path, name: str) -> dict[str, Any]:
    content = (folder / name).read_bytes()
    entry: dict[str, Any] = {"path": name, "sha256": sha256(content).hexdigest(), "bytes": len(content)}
    with suppress(OSError, TypeError, ValueError, pa.ArrowException):
        if name.endswith(".parquet"):
            entry["rows_sha256"] = table_digest(pq.read_table(folder / name))
    return entry
