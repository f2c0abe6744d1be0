"""Dossiers for tests: of the small force's run, with hostile words in it, and with very many flags."""

from __future__ import annotations

import base64
import json
import re
import shutil
import zlib
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from dossier.material import Material
from dossier.page import dossier_page
from pipeline.run_folder import RunFolder

HOSTILE = '</script><script>document.title="taken"</script><b onmouseover="x()">"\'&\u202e\x1b[31m'
FORMULAS = ('=HYPERLINK("http://example.org")', "+1+1", "-1+1", "@SUM(1,1)", "\t=1+1", "\r=1+1", "honesty")


def material_of(folder: RunFolder) -> Material:
    return Material(folder, folder.manifest)


def details_of(page: str) -> list[dict[str, Any]]:
    """Return the data of all flags' pages that a dossier packs."""
    blocks = re.findall(r'<script type="text/plain" data-block="\d+">([^<]*)</script>', page)
    return [flag for block in blocks for flag in json.loads(zlib.decompress(base64.b64decode(block)))]


def write_page(material: Material, place: Path) -> Path:
    place.write_text(dossier_page(material), encoding="utf-8")
    return place


def hostile_copy(folder: RunFolder, place: Path) -> Material:
    """Return the material of a copy whose flags, cited rows and notes carry words that try to be more than words."""
    copy = RunFolder(Path(shutil.copytree(folder.path, place)))
    _set(copy.path / "flags.parquet", "explanation", HOSTILE)
    _set(copy.path / "flags.parquet", "standard", *FORMULAS)
    _set(copy.path / "scores.parquet", "peer_group", HOSTILE)
    for path in copy.loaded().values():
        _set(path, "source_file", HOSTILE)
    return replace(material_of(copy), facts={**copy.manifest, "notes": [HOSTILE]})


def crowded_copy(folder: RunFolder, place: Path, *, flags: int) -> Material:
    """Return the material of a copy in which every flag stands again and again, with all of its evidence."""
    copy = RunFolder(Path(shutil.copytree(folder.path, place)))
    for name in ("flags", "evidence"):
        path = copy.path / f"{name}.parquet"
        table = pq.read_table(path)
        times = -(-flags // len(pq.read_table(folder.path / "flags.parquet")))
        parts = [_renamed(table, number) for number in range(times)]
        whole = pa.concat_tables(parts)
        pq.write_table(whole.slice(0, flags) if name == "flags" else whole, path)
    return material_of(copy)


def _set(path: Path, column: str, *values: str) -> None:
    table = pq.read_table(path)
    at = table.column_names.index(column)
    pq.write_table(table.set_column(at, column, pa.array(list(islice(cycle(values), len(table))), pa.string())), path)


def _renamed(table: pa.Table, number: int) -> pa.Table:
    ids = pa.array([f"{number:06x}{text[6:]}" for text in table["flag_id"].to_pylist()])
    return table.set_column(table.column_names.index("flag_id"), "flag_id", ids)
