"""Signed notes (C2SP signed-note): a text and the Ed25519 signatures (RFC 8032) of those who vouch for it."""

from __future__ import annotations

import base64
import binascii
import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Final, Literal, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

KeyKind = Literal[1, 4]
LOG_KEY: Final = 1
"""The kind of key that signs a note's text as it is."""

WITNESS_KEY: Final = 4
"""The kind of key that signs a checkpoint with the time at which a witness saw it."""

_NAME: Final = re.compile(r"[^\s+\x00-\x1f]+")
_PRIVATE: Final = "PRIVATE+KEY+"
_MOST_SIGNATURES: Final = 100


class LedgerFault(ValueError):
    """A note, key, checkpoint or proof is not what it should be; the message says in a sentence what is wrong."""


@dataclass(frozen=True)
class VerifierKey:
    """A public key and the name under which it signs; its text is what a reader has to be given by other means.

    Example:
        >>> text = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
        >>> str(VerifierKey.parse(text)) == text
        True
    """

    name: str
    kind: KeyKind
    public: bytes

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise LedgerFault(f"a key's name has no space and no plus sign: {self.name!r}")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the key of a text `name+id+key`.

        Raises:
            LedgerFault: it is none, or its id is not that of its name and key.
        """
        name, _, rest = text.strip().partition("+")
        written, _, encoded = rest.partition("+")
        kind, public = _key_bytes(encoded)
        key = cls(name, kind, public)
        if key.id.hex() != written:
            raise LedgerFault(f"the id of the key of {name} is not that of its name and bytes")
        return key

    @property
    def id(self) -> bytes:
        """The four bytes by which a signature names its key beside the name."""
        return sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(bytes([self.kind]) + self.public).decode()}"

    def accepts(self, message: bytes, signature: bytes) -> bool:
        """Say whether the key's holder signed a message."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


@dataclass(frozen=True)
class SigningKey:
    """A private key and the name under which it signs."""

    name: str
    kind: KeyKind
    seed: bytes = field(repr=False)

    @classmethod
    def make(cls, name: str, kind: KeyKind = LOG_KEY) -> Self:
        """Return a new key, from the system's own source of randomness."""
        return cls(name, kind, os.urandom(32))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the key of a text `PRIVATE+KEY+name+id+key`.

        Raises:
            LedgerFault: it is none.
        """
        if not text.startswith(_PRIVATE):
            raise LedgerFault("this is not a private key")
        name, _, rest = text.strip().removeprefix(_PRIVATE).partition("+")
        written, _, encoded = rest.partition("+")
        kind, seed = _key_bytes(encoded)
        key = cls(name, kind, seed)
        if key.verifier.id.hex() != written:
            raise LedgerFault(f"the id of the private key of {name} is not that of its name and bytes")
        return key

    @property
    def verifier(self) -> VerifierKey:
        """The public key."""
        public = Ed25519PrivateKey.from_private_bytes(self.seed).public_key()
        return VerifierKey(self.name, self.kind, public.public_bytes(Encoding.Raw, PublicFormat.Raw))

    def text(self) -> str:
        """Return the key as text that `parse` reads: whoever has it can sign."""
        encoded = base64.b64encode(bytes([self.kind]) + self.seed).decode()
        return f"{_PRIVATE}{self.name}+{self.verifier.id.hex()}+{encoded}"

    def sign(self, message: bytes) -> bytes:
        """Return the signature of a message: the same for the same message."""
        return Ed25519PrivateKey.from_private_bytes(self.seed).sign(message)


def _key_bytes(encoded: str) -> tuple[KeyKind, bytes]:
    content = _decoded(encoded)
    if len(content) != 33 or content[0] not in (LOG_KEY, WITNESS_KEY):
        raise LedgerFault("a key is written as name+id+key, with an Ed25519 key of 32 bytes of kind 1 or 4")
    return (LOG_KEY if content[0] == LOG_KEY else WITNESS_KEY), content[1:]


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise LedgerFault(f"not base64: {text[:40]!r}") from error


def write_key(key: SigningKey, path: Path) -> None:
    """Write a private key to a new file that its owner alone may read.

    Raises:
        FileExistsError: something is there already.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii", errors="strict") as file:
        file.write(key.text() + "\n")
        file.flush()
        os.fsync(file.fileno())


@dataclass(frozen=True)
class Signature:
    """One signature line: who signed, which key of theirs, and the bytes."""

    name: str
    key_id: bytes
    content: bytes

    def line(self) -> str:
        """Return the signature as a line of a note."""
        return f"— {self.name} {base64.b64encode(self.key_id + self.content).decode()}\n"

    def is_of(self, key: VerifierKey) -> bool:
        """Say whether the line names a key; only then has the signature to be that key's."""
        return (self.name, self.key_id) == (key.name, key.id)


@dataclass(frozen=True)
class SignedNote:
    """A text, each of its lines ended, and the signatures under it."""

    text: str
    signatures: tuple[Signature, ...] = ()

    @classmethod
    def parse(cls, content: str) -> Self:
        """Return the note of a text.

        Raises:
            LedgerFault: it is no signed note.
        """
        if any(ord(character) < 0x20 and character != "\n" for character in content):
            raise LedgerFault("a note holds no control characters")
        text, blank, lines = content.rpartition("\n\n")
        if not blank or not lines.endswith("\n"):
            raise LedgerFault("a note is a text, an empty line, and signature lines, each of which is ended")
        rows = lines.removesuffix("\n").split("\n")
        if len(rows) > _MOST_SIGNATURES:
            raise LedgerFault(f"a note has no more than {_MOST_SIGNATURES} signatures")
        return cls(text + "\n", tuple(map(_signature, rows)))

    def __str__(self) -> str:
        return self.text + "\n" + "".join(signature.line() for signature in self.signatures)

    def signed(self, key: SigningKey) -> SignedNote:
        """Return the note with a key's signature under it, in place of an earlier one of the same key."""
        signature = Signature(key.name, key.verifier.id, key.sign(self.text.encode()))
        return self.with_signatures([signature])

    def with_signatures(self, signatures: Iterable[Signature]) -> SignedNote:
        """Return the note with further signatures, each in place of an earlier one of the same key."""
        further = tuple(signatures)
        named = {(s.name, s.key_id) for s in further}
        return SignedNote(self.text, (*(s for s in self.signatures if (s.name, s.key_id) not in named), *further))

    def check(self, keys: Sequence[VerifierKey]) -> list[VerifierKey]:
        """Return which of some log keys signed the note; signatures of other keys are passed over.

        Raises:
            LedgerFault: a line names one of the keys, and the signature is not that key's.
        """
        signers = []
        for key in (key for key in keys if key.kind == LOG_KEY):
            for signature in (s for s in self.signatures if s.is_of(key)):
                if not key.accepts(self.text.encode(), signature.content):
                    raise LedgerFault(f"the signature of {key.name} is not that of this text")
                signers.append(key)
        return signers


def _signature(line: str) -> Signature:
    dash, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    if dash != "—" or not _NAME.fullmatch(name):
        raise LedgerFault(f"this is no signature line: {line[:60]!r}")
    content = _decoded(encoded)
    if len(content) < 5:
        raise LedgerFault(f"the signature of {name} is too short")
    return Signature(name, content[:4], content[4:])
