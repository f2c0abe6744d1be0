"""What a run's script checks with: lines of files, hashes, the Merkle tree, Ed25519 and the text of a checkpoint.

`verify.py` in each run folder holds these functions themselves, in the place where `verify_script` imports them: see
`pipeline.seal.verification_script`. Python 3.9 and its standard library are enough for them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from functools import cache
from itertools import chain
from operator import add, methodcaller
from pathlib import Path
from typing import Any

# ---------------------------------------------------------------- files and their lines


def read_json(path: Path) -> Any:
    """Return the content of a JSON file."""
    try:
        return json.loads(path.read_bytes().decode("utf-8"))
    except ValueError as error:
        raise ValueError(f"{path.name} is not JSON: {error}") from error


def parts_of(path: Path) -> Iterator[list[bytes]]:
    """Yield the lines of a file, a few hundred at a time; the last is ended like the others."""
    rest = b""
    with path.open("rb") as file:
        for part in iter(lambda: file.read(1 << 16), b""):
            lines = (rest + part).split(b"\n")
            rest = lines.pop()
            yield lines
    if rest:
        raise ValueError(f"{path.name}: the last line is not ended")


def lines_of(path: Path) -> Iterator[bytes]:
    """Yield the lines of a file."""
    return chain.from_iterable(parts_of(path))


def digest_of(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    whole = hashlib.sha256()
    with path.open("rb") as file:
        for part in iter(lambda: file.read(1 << 18), b""):
            whole.update(part)
    return whole.hexdigest()


# ---------------------------------------------------------------- what flags cite, and the rows there are

TABLE = b',"table":"'


def citations(evidence: str) -> list[str]:
    """Return table and digest of the rows in `{"evidence":[["shift","7","<digest>","shifts_worked","direct"],...]`.

    They are cut out of the text: reading it as JSON takes five times as long.
    """
    pieces = evidence.split('","')
    if not evidence.startswith('{"evidence":[["') or len(pieces) % 4 != 1:
        return []
    return [*map(add, map(table_before, pieces[:-1:4]), pieces[2::4])]


@cache
def table_before(piece: str) -> str:
    """Return the name of the table with which a piece of a flag's evidence ends, and a blank."""
    return piece.rpartition('["')[2] + " "


def row_names(run: Path) -> Iterator[list[str]]:
    """Yield table and digest of rows, a few hundred at a time; each is a line like `{"row":{...},"table":"shift"}`."""
    hashed, end, table = hashlib.sha256, b"\n", ""
    for lines in parts_of(run / "ledger/rows.jsonl"):
        if all(map(methodcaller("endswith", end), lines)):  # those of a table stand together
            yield [table + hashed(line).hexdigest() for line in lines]
        else:
            yield [table_after(line) + hashed(line).hexdigest() for line in lines]
            end, table = lines[-1][lines[-1].rfind(TABLE) :], table_after(lines[-1])


def table_after(line: bytes) -> str:
    """Return the name of the table with which a row's line ends, and a blank."""
    return line[line.rfind(TABLE) + len(TABLE) : -2].decode() + " "


def evidence_of(line: bytes) -> str:
    """Return the text of a flag's line up to where the flag itself begins."""
    return line.decode().partition(',"flag":')[0]


# ---------------------------------------------------------------- the Merkle tree of RFC 6962


def sha256(content: bytes) -> str:
    """Return the SHA-256 of bytes in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def tree_levels(leaves: list[bytes]) -> list[list[bytes]]:
    """Return the hashes of the leaves, then of each whole pair of these, and so on: all that every root is made of."""
    levels = [[hashlib.sha256(b"\x00" + leaf).digest() for leaf in leaves]]
    while levels[-1]:
        row = levels[-1]
        levels.append([_node(row[at], row[at + 1]) for at in range(0, len(row) - 1, 2)])
    return levels


def tree_of(levels: list[list[bytes]], size: int) -> list[list[bytes]]:
    """Return the rows of the tree over the first leaves, up to its root; a hash without a neighbour moves up."""
    rows = [levels[0][:size]]
    while len(rows[-1]) > 1:
        row = rows[-1]
        whole = levels[len(rows)][: size >> len(rows)]
        rest = row[len(whole) * 2 :]
        rows.append(whole + ([_node(*rest)] if len(rest) == 2 else rest))
    return rows


def root_of(levels: list[list[bytes]], size: int) -> bytes:
    """Return the root over the first leaves."""
    return tree_of(levels, size)[-1][0] if size else hashlib.sha256(b"").digest()


def proofs_of(rows: list[list[bytes]]) -> list[str]:
    """Return each leaf's neighbours on its way to the root, its inclusion proof, as the texts of a JSON array.

    From the root down: the way of a hash is its neighbour and then the way of what the two make.
    """
    ways = [""]
    for row in reversed(rows[:-1]):
        texts = [f'"{node.hex()}"' for node in row] + [""]
        above = [f",{way}" if way else "" for way in ways]
        ways = [texts[at ^ 1] + above[at >> 1] if at ^ 1 < len(row) else ways[at >> 1] for at in range(len(row))]
    return ways


# ---------------------------------------------------------------- Ed25519 signatures, after RFC 8032, section 6

_Point = tuple[int, int, int, int]
P = 2**255 - 19
Q = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
BASE_Y = 4 * pow(5, P - 2, P) % P


def _add(a: _Point, b: _Point) -> _Point:
    r, s = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    t, u = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = s - r, u - t, u + t, s + r
    return e * f % P, g * h % P, f * g % P, e * h % P


def _times(number: int, point: _Point) -> _Point:
    result = (0, 1, 1, 0)
    while number:
        if number & 1:
            result = _add(result, point)
        point, number = _add(point, point), number >> 1
    return result


def _point(y: int, sign: int) -> _Point:
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if y >= P or (x * x - square) % P or (x == 0 and sign):
        raise ValueError("not a point of the curve")
    x = P - x if x % 2 != sign else x
    return x, y, 1, x * y % P


def _unpacked(content: bytes) -> _Point:
    number = int.from_bytes(content, "little")
    return _point(number & (1 << 255) - 1, number >> 255)


def signature_holds(public: bytes, message: bytes, signature: bytes) -> bool:
    """Say whether a signature is that of a message by the holder of a public key."""
    scalar = int.from_bytes(signature[32:], "little")
    if len(public) != 32 or len(signature) != 64 or scalar >= Q:
        return False
    try:
        key, nonce = _unpacked(public), _unpacked(signature[:32])
    except ValueError:
        return False
    challenge = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % Q
    left, right = _times(scalar, _point(BASE_Y, 0)), _add(nonce, _times(challenge, key))
    return (left[0] * right[2] - right[0] * left[2]) % P == 0 and (left[1] * right[2] - right[1] * left[2]) % P == 0


# ---------------------------------------------------------------- checkpoints


class CheckpointText:
    """The three lines of a checkpoint, and the signature lines under them."""

    def __init__(self, content: str) -> None:
        self.text, blank, signatures = content.partition("\n\n")
        self.text = self.text + "\n" if blank else self.text
        self.signatures = signatures.split("\n")[:-1] if blank else []
        self.origin, size, self.root = self.text.split("\n")[:3]
        self.size = int(size)
        if self.text + ("\n" if blank else "") + "".join(s + "\n" for s in self.signatures) != content:
            raise ValueError("not the text of a checkpoint")
