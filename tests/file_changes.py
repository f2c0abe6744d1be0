"""Single changes of files, lines and tables of a finished run, drawn by chance."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipeline.run_folder import MANIFEST
from pipeline.run_ledger import (
    CHECKPOINT,
    FLAGS,
    LEAVES,
    PRACTICES,
    PROOFS,
    ROWS,
    SCORES,
    read_lines,
)

Rng = np.random.Generator


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
    write = reordered(lines, rng)
    rewrite(folder / name, b"".join(line + b"\n" for line in write))
    return (name, *([MANIFEST, CHECKPOINT] if name == LEAVES else []))


def reordered(rows: list[Any], rng: Rng) -> list[Any]:
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
    write_table(table.take(pa.array(reordered(list(range(len(table))), rng), pa.int64())), path)
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
