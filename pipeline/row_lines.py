"""Canonical JSON of many rows at once: column by column in Arrow, to the same bytes as row by row.

`pipeline.digest` says what the bytes of a row and of a flag are; here they are written for whole tables, since a run
cites a hundred thousand rows. A test holds the two together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise
from json.encoder import encode_basestring as quoted_json
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipeline.digest import canonical, canonical_text

CITATION: Final = ("table_name", "row_id", "row_sha256", "indicator", "part")
"""The columns of the evidence that a flag's canonical bytes hold of each row it cites, in their order."""

_ESCAPED: Final = bytes([*range(0x20), ord('"'), ord("\\")])
"""What JSON text writes otherwise than as it is."""

_UNORDERED: Final = bytes(range(ord('"') + 1))
"""Characters no greater than the quote that ends a text: with these, texts sort otherwise than the JSON of them."""


def row_lines(table: str, rows: pa.Table) -> list[bytes]:
    """Return each row of a table as `pipeline.digest.row_bytes` does, in order; all columns count.

    Example:
        >>> row_lines("unit", pa.table({"unit_id": [1], "name": ["A"]}))
        [b'{"row":{"name":"A","unit_id":"1"},"table":"unit"}']
    """
    pieces = ['{"row":', *_object(rows, lambda value: f'"{value!r}"'), f',"table":{quoted_json(table)}}}']
    return _lines(pieces, rows.num_rows)


def object_lines(rows: pa.Table) -> list[bytes]:
    """Return each row as `pipeline.digest.canonical` does, in order; no column holds lists.

    Example:
        >>> object_lines(pa.table({"subject_id": [1], "score": [0.5]}))
        [b'{"score":0.5,"subject_id":"1"}']
    """
    return _lines(_object(rows, canonical_text), rows.num_rows)


def flag_lines(contents: Sequence[tuple[str, Mapping[str, Any]]], evidence: pa.Table | None) -> Iterator[bytes]:
    """Yield flags as `pipeline.digest.flag_bytes` does, each from its id and content and the rows that cite its id."""
    cited = {} if evidence is None else citation_lines(evidence)
    for flag_id, content in contents:
        yield b'{"evidence":[' + b",".join(cited.get(flag_id, ())) + b'],"flag":' + canonical(content) + b"}"


def citation_lines(evidence: pa.Table) -> dict[str, list[bytes]]:
    """Return the rows that each flag cites as canonical JSON, in the order of what they say."""
    columns = [_plain_texts(evidence[name]) for name in CITATION]
    pieces: list[Any] = ["["]
    for column in columns:
        pieces += [_quoted(column), ","]
    lines = _lines([*pieces[:-1], "]"], evidence.num_rows)
    if any(_holds(column, _UNORDERED) for column in columns):
        said = list(zip(*(column.to_pylist() for column in columns), strict=True))
        order = sorted(range(len(lines)), key=said.__getitem__)
        return _by_flag(evidence["flag_id"], lines, order)
    return {flag: sorted(rows) for flag, rows in _by_flag(evidence["flag_id"], lines).items()}


def _by_flag(flags: pa.ChunkedArray, lines: list[bytes], order: Sequence[int] | None = None) -> dict[str, list[bytes]]:
    """Return lines by the flag beside each, in their order or in another."""
    coded = _whole(flags).dictionary_encode()
    codes = coded.indices.to_numpy()
    ranks = np.arange(len(codes)) if order is None else np.asarray(order, dtype=np.int64)
    ranks = ranks[np.argsort(codes[ranks], kind="stable")]
    in_order = [lines[at] for at in ranks.tolist()]
    ends = np.cumsum(np.bincount(codes, minlength=len(coded.dictionary))).tolist()
    parts = (in_order[first:last] for first, last in pairwise([0, *ends]))
    return dict(zip(coded.dictionary.to_pylist(), parts, strict=True))


def _lines(pieces: Sequence[Any], number: int) -> list[bytes]:
    """Return pieces of text, arrays and texts for all rows, joined row by row; canonical JSON has no line breaks."""
    if not number:
        return []
    texts = [pa.scalar(piece, pa.large_string()) if isinstance(piece, str) else piece for piece in pieces]
    joined = pc.binary_join_element_wise(*texts, pa.scalar("\n", pa.large_string()), pa.scalar("", pa.large_string()))
    return _content(joined).split(b"\n")[:-1]


def _content(texts: pa.Array) -> bytes:
    """Return the bytes of all texts of an array, one after another."""
    offsets = np.frombuffer(texts.buffers()[1], np.int64)[texts.offset : texts.offset + len(texts) + 1]
    return bytes(memoryview(texts.buffers()[2] or b"")[offsets[0] : offsets[-1]])


def _object(rows: pa.Table, number: Callable[[float], str]) -> list[Any]:
    """Return the pieces of each row as a JSON object; `number` writes its floating-point numbers."""
    pieces: list[Any] = []
    for name in sorted(rows.column_names):
        pieces += [f"{',' if pieces else '{'}{quoted_json(name)}:", _json_texts(rows[name], number)]
    return [*pieces, "}"]


def _json_texts(column: pa.ChunkedArray, number: Callable[[float], str]) -> pa.Array:
    """Return the values of a column as JSON: whole numbers, dates and times as text, truth values and null."""
    values = _whole(column)
    if pa.types.is_floating(values.type):
        texts = pa.array([None if value is None else number(value) for value in values.to_pylist()], pa.large_string())
    elif pa.types.is_boolean(values.type):
        texts = values.cast(pa.string()).cast(pa.large_string())
    elif pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        texts = _quoted(values.cast(pa.large_string()))
    else:
        texts = _in_quotes(_plain_texts(column, null=None))
    return pc.fill_null(texts, "null")


def _plain_texts(column: pa.ChunkedArray, null: str | None = "None") -> pa.Array:
    """Return the values of a column as Python writes them; `null` stands where there is none."""
    values = _whole(column)
    of = values.type
    if pa.types.is_timestamp(of):
        texts = _times(values)
    elif pa.types.is_integer(of) or pa.types.is_date32(of) or pa.types.is_string(of) or pa.types.is_large_string(of):
        texts = values.cast(pa.string())
    else:
        texts = pa.array([None if value is None else str(value) for value in values.to_pylist()], pa.string())
    texts = texts.cast(pa.large_string())
    return texts if null is None else pc.fill_null(texts, null)


def _times(values: pa.Array) -> pa.Array:
    """Return times as Python writes them: to the microsecond where there is one, and else to the second."""
    exact = values.cast(pa.timestamp("us"))
    whole = exact.cast(pa.timestamp("s"), safe=False)
    return pc.if_else(pc.equal(whole, exact), whole.cast(pa.string()), exact.cast(pa.string()))


def _quoted(texts: pa.Array) -> pa.Array:
    """Return texts in quotes, with what JSON escapes escaped."""
    if not _holds(texts, _ESCAPED):
        return _in_quotes(texts)
    coded = texts.dictionary_encode()
    return pa.array(map(quoted_json, coded.dictionary.to_pylist()), pa.large_string()).take(coded.indices)


def _in_quotes(texts: pa.Array) -> pa.Array:
    quote, nothing = pa.scalar('"', pa.large_string()), pa.scalar("", pa.large_string())
    return pc.binary_join_element_wise(quote, texts, quote, nothing)


def _holds(texts: pa.Array, characters: bytes) -> bool:
    content = _content(texts) if len(texts) else b""
    return len(content.translate(None, characters)) < len(content)


def _whole(column: pa.ChunkedArray) -> pa.Array:
    """Return a column in one piece, decoded where its texts were coded."""
    values = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    return values.dictionary_decode() if pa.types.is_dictionary(values.type) else values
