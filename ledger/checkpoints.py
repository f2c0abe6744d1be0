"""Checkpoints: what a ledger holds at one size, in three lines (C2SP tlog-checkpoint), and witnesses' cosignatures.

A witness signs a checkpoint (C2SP tlog-cosignature) after a consistency proof has shown it that the ledger still begins
with what it held when the witness last looked.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Self

from ledger.merkle import is_consistent
from ledger.notes import WITNESS_KEY, LedgerFault, Signature, SignedNote, SigningKey, VerifierKey

_LATEST: Final = 2**63 - 1


@dataclass(frozen=True)
class Checkpoint:
    """The name of a ledger, its number of leaves, and their root.

    Example:
        >>> text = "example.com/behind-the-sofa\\n20852163\\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\\n"
        >>> Checkpoint.parse(text).size
        20852163
        >>> Checkpoint.parse(text).text() == text
        True
    """

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the checkpoint of a note's text.

        Raises:
            LedgerFault: it is none.
        """
        if not text.endswith("\n"):
            raise LedgerFault("each line of a checkpoint is ended")
        lines = text.removesuffix("\n").split("\n")
        if len(lines) < 3 or not all(lines) or not re.fullmatch("0|[1-9][0-9]*", lines[1], re.ASCII):
            raise LedgerFault("a checkpoint has three lines: the name of the ledger, its size, and its root")
        try:
            root = base64.b64decode(lines[2], validate=True)
        except ValueError as error:
            raise LedgerFault("the root of a checkpoint is in base64") from error
        if len(root) != 32 or base64.b64encode(root).decode() != lines[2]:
            raise LedgerFault("the root of a checkpoint is a SHA-256 of 32 bytes in base64")
        return cls(lines[0], int(lines[1]), root, tuple(lines[3:]))

    def text(self) -> str:
        """Return the lines that are signed."""
        return "\n".join([self.origin, str(self.size), base64.b64encode(self.root).decode(), *self.extensions]) + "\n"


def read_checkpoint(content: str) -> tuple[Checkpoint, SignedNote]:
    """Return the checkpoint of a text and its note, which has no signatures where there are none.

    Raises:
        LedgerFault: it is no checkpoint.
    """
    note = SignedNote.parse(content) if "\n\n" in content else SignedNote(content)
    return Checkpoint.parse(note.text), note


def cosign(note: SignedNote, key: SigningKey, *, seconds: int) -> SignedNote:
    """Return the note of a checkpoint with a witness's statement that it saw it at a time, in seconds since 1970.

    Raises:
        LedgerFault: the key is no witness's, the text is no checkpoint, or the time cannot be written.
    """
    Checkpoint.parse(note.text)
    if key.kind != WITNESS_KEY:
        raise LedgerFault(f"the key of {key.name} is no witness's: it would sign as a ledger")
    if not 0 <= seconds <= _LATEST:
        raise LedgerFault(f"the time {seconds} cannot be written")
    signed = key.sign(_message(note.text, seconds))
    return note.with_signatures([Signature(key.name, key.verifier.id, seconds.to_bytes(8, "big") + signed)])


def cosignatures(note: SignedNote, keys: Iterable[VerifierKey]) -> dict[str, int]:
    """Return which of some witnesses cosigned a checkpoint, and when, in seconds since 1970.

    Raises:
        LedgerFault: a line names a witness's key, and the cosignature is not that key's.
    """
    seen = {}
    for key in (key for key in keys if key.kind == WITNESS_KEY):
        for signature in (s for s in note.signatures if s.is_of(key)):
            seconds = int.from_bytes(signature.content[:8], "big")
            if len(signature.content) != 72 or not key.accepts(_message(note.text, seconds), signature.content[8:]):
                raise LedgerFault(f"the cosignature of {key.name} is not that of this checkpoint")
            seen[key.name] = seconds
    return seen


def _message(text: str, seconds: int) -> bytes:
    return f"cosignature/v1\ntime {seconds}\n{text}".encode()


def check_growth(old: Checkpoint, new: Checkpoint, proof: Sequence[bytes]) -> None:
    """Check that a ledger's newer checkpoint holds all that an older one held, at the same places.

    Raises:
        LedgerFault: they are of two ledgers, the newer is smaller, or the proof does not show it.
    """
    if old.origin != new.origin:
        raise LedgerFault(f"the checkpoints are of two ledgers: {old.origin} and {new.origin}")
    if new.size < old.size:
        raise LedgerFault(f"the ledger held {old.size} leaves and now holds {new.size}: leaves are missing")
    if old.size == 0:
        return
    if not is_consistent(old=old.size, old_root=old.root, size=new.size, root=new.root, proof=proof):
        raise LedgerFault(f"what the ledger held when it had {old.size} leaves is not what it holds there now")
