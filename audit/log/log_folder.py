"""A ledger in a folder: its leaves, one a line, and the checkpoint of them all; of one run, or of an installation."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from data.errors import UsageError, VerificationFailed
from data.staging import locked, staged_file
from ledger.checkpoints import Checkpoint, check_growth, read_checkpoint
from ledger.merkle import MerkleTree, is_included, leaf_hash
from ledger.notes import LedgerFault, SignedNote, SigningKey, VerifierKey, write_key
from pipeline.run_folder import MANIFEST, is_run
from pipeline.run_ledger import FOLDER, Leaf, origin_of, read_leaves, read_lines

LEAVES = "leaves.jsonl"
CHECKPOINT = "checkpoint"


@contextmanager
def explained(where: Path | str) -> Iterator[None]:
    """Turn what a ledger finds wrong into a failed verification that says where."""
    try:
        yield
    except (LedgerFault, UnicodeDecodeError) as error:
        raise VerificationFailed("The ledger does not check out.", found=str(error), where=str(where)) from error


@dataclass(frozen=True)
class LogFolder:
    """A folder with a ledger. It is read anew each time: another command may have appended to it."""

    path: Path

    def lines(self) -> list[bytes]:
        """Return the leaves as they are hashed."""
        return read_lines(self.path / LEAVES)

    def leaves(self) -> list[Leaf]:
        """Return the leaves and what they say.

        Raises:
            VerificationFailed: a line is no leaf.
        """
        try:
            return read_leaves(self.path / LEAVES)
        except (ValueError, TypeError) as error:
            raise VerificationFailed(
                "A leaf cannot be read.", found=str(error), where=str(self.path / LEAVES)
            ) from error

    @cached_property
    def origin(self) -> str:
        """The ledger's name.

        Raises:
            VerificationFailed: its checkpoint cannot be read.
        """
        return self.checkpoint()[0].origin

    def checkpoint(self) -> tuple[Checkpoint, SignedNote]:
        """Return the checkpoint as it was written last, and its note.

        Raises:
            VerificationFailed: it cannot be read.
        """
        return read_checkpoint_file(self.path / CHECKPOINT)

    def append(self, lines: Sequence[bytes]) -> Checkpoint:
        """Append leaves, all or none, and write the checkpoint that follows, as yet unsigned.

        Raises:
            UsageError: another command is appending.
            VerificationFailed: the ledger is not one that its checkpoint could be of.
        """
        with locked(self.path / LEAVES):
            held = self._checked_lines()
            with staged_file(self.path / LEAVES) as file:
                file.write_bytes(b"".join(line + b"\n" for line in [*held, *lines]))
            tree = MerkleTree([*held, *lines])
            checkpoint = Checkpoint(self.origin, len(tree), tree.root())
            self._write(SignedNote(checkpoint.text()))
        return checkpoint

    def sign(self, key: SigningKey) -> SignedNote:
        """Sign the checkpoint of all leaves beside signatures that it has already, and return it.

        Raises:
            VerificationFailed: the ledger is not one that its checkpoint could be of.
        """
        with locked(self.path / LEAVES):
            tree = MerkleTree(self._checked_lines())
            checkpoint, note = self.checkpoint()
            if checkpoint.size != len(tree):  # a command was killed between the leaves and their checkpoint
                note = SignedNote(Checkpoint(self.origin, len(tree), tree.root()).text())
            signed = note.signed(key)
            self._write(signed)
        return signed

    def _checked_lines(self) -> list[bytes]:
        lines = self.lines()
        checkpoint, _ = self.checkpoint()
        tree = MerkleTree(lines)
        if checkpoint.size > len(tree) or tree.root(checkpoint.size) != checkpoint.root:
            raise VerificationFailed(
                "The leaves are not those of the ledger's own checkpoint.",
                expected=f"{checkpoint.size} leaves with the root that it names",
                found=f"{len(tree)} leaves",
                where=str(self.path),
                hint="Nothing was appended or signed. Find out what changed, from a copy or a reader's checkpoint.",
            )
        return lines

    def _write(self, note: SignedNote) -> None:
        with staged_file(self.path / CHECKPOINT) as file:
            file.write_text(str(note) if note.signatures else note.text, encoding="utf-8")

    def proof(self, index: int) -> dict[str, Any]:
        """Return the inclusion proof of a leaf under the checkpoint, with both, for somebody who has nothing else."""
        lines = self._checked_lines()
        checkpoint, note = self.checkpoint()
        steps = MerkleTree(lines).inclusion(index, checkpoint.size)
        hashed = leaf_hash(lines[index])
        assert is_included(hashed, index=index, size=checkpoint.size, proof=steps, root=checkpoint.root)
        return {
            "leaf": lines[index].decode(),
            "index": index,
            "size": checkpoint.size,
            "proof": [step.hex() for step in steps],
            "checkpoint": str(note) if note.signatures else note.text,
        }

    def growth(self, old: Checkpoint) -> dict[str, Any]:
        """Return the proof that the ledger begins with what an older checkpoint says it held.

        Raises:
            VerificationFailed: it does not: leaves are missing or were rewritten.
        """
        checkpoint, note = self.checkpoint()
        tree = MerkleTree(self._checked_lines())
        with explained(self.path):
            if old.size > checkpoint.size:
                check_growth(old, checkpoint, [])
            steps = tree.consistency(old.size, checkpoint.size) if old.size else []
            check_growth(old, checkpoint, steps)
        return {
            "old_size": old.size,
            "size": checkpoint.size,
            "proof": [step.hex() for step in steps],
            "checkpoint": str(note) if note.signatures else note.text,
        }


def open_log(path: Path) -> LogFolder:
    """Return the ledger in a folder: a run's, or an installation's.

    Raises:
        UsageError: there is none.
    """
    folder = path / FOLDER if is_run(path) else path
    if not (folder / CHECKPOINT).is_file():
        raise UsageError(
            "This is no ledger.",
            expected="a folder that 'opencse ledger init' made, or a run",
            found="no such folder" if not path.exists() else "no checkpoint in it",
            where=str(path),
        )
    return LogFolder(folder)


def make_log(path: Path, *, origin: str) -> LogFolder:
    """Make a new, empty ledger of an installation in a folder of its own.

    Raises:
        UsageError: something is there already.
    """
    if path.exists():
        raise UsageError("The folder exists already.", where=str(path), hint="Choose another folder.")
    path.mkdir(parents=True)
    (path / LEAVES).write_bytes(b"")
    text = Checkpoint(origin, 0, MerkleTree().root()).text()
    (path / CHECKPOINT).write_text(text, encoding="utf-8")
    return LogFolder(path)


def keep_key(key: SigningKey, path: Path) -> VerifierKey:
    """Write a private key to a new file that its owner alone may read, and return the public one.

    Raises:
        UsageError: the file exists, or lies in a run or a ledger, which are handed to others.
    """
    inside = [folder for folder in path.resolve().parents if is_run(folder) or (folder / LEAVES).is_file()]
    if inside:
        raise UsageError(
            "A private key does not belong into a folder that is handed to others.",
            found=f"{inside[0]} is a run or a ledger",
            where=str(path),
            hint="Choose another place.",
        )
    try:
        write_key(key, path)
    except FileExistsError as error:
        raise UsageError(
            "The key's file exists already.", where=str(path), hint="A key is never overwritten."
        ) from error
    return key.verifier


def read_key(path: Path) -> SigningKey:
    """Return the private key in a file.

    Raises:
        UsageError: it cannot be read, others may read it, or it is none.
    """
    try:
        mode, text = path.stat().st_mode, path.read_text(encoding="ascii")
        key = SigningKey.parse(text)
    except (OSError, UnicodeDecodeError, LedgerFault) as error:
        raise UsageError("The key cannot be read.", found=str(error), where=str(path)) from error
    if mode & 0o077:
        raise UsageError(
            "Others than its owner may read the private key.",
            expected="a file with mode 600",
            found=f"mode {mode & 0o777:o}",
            where=str(path),
            hint=f"chmod 600 {path}; if others may have read it, make a new key.",
        )
    return key


def public_key(text: str) -> VerifierKey:
    """Return a public key from its text.

    Raises:
        UsageError: it is none.
    """
    try:
        return VerifierKey.parse(text)
    except LedgerFault as error:
        raise UsageError("This is no public key.", expected="name+id+key", found=str(error)) from error


def read_checkpoint_file(path: Path) -> tuple[Checkpoint, SignedNote]:
    """Return the checkpoint in a file, and its note.

    Raises:
        VerificationFailed: it cannot be read, or is none.
    """
    try:
        content = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise VerificationFailed("The checkpoint cannot be read.", found=str(error), where=str(path)) from error
    with explained(path):
        return read_checkpoint(content)


def append_run(log: LogFolder, run: Path) -> list[bytes]:
    """Append a run's leaves to an installation's ledger, and later what came after; return what was appended.

    Raises:
        VerificationFailed: the run's ledger is not that of its manifest, or the ledger does not check out.
        UsageError: it is the run's own ledger.
    """
    if log.path.resolve() == (run / FOLDER).resolve():
        raise UsageError("A run's ledger holds the run already.", where=str(run))
    sealed = sha256((run / MANIFEST).read_bytes()).hexdigest()
    own = LogFolder(run / FOLDER)
    if own.origin != origin_of(sealed):
        raise VerificationFailed("The run's ledger is that of another manifest.", where=str(run))
    lines = own._checked_lines()
    manifest = next((at for at, leaf in enumerate(own.leaves()) if leaf.kind == "manifest"), -1)
    if manifest < 0 or json.loads(lines[manifest])["sha256"] != sealed:
        raise VerificationFailed("The run's ledger does not hold its manifest.", where=str(run))
    held = set(log.lines())
    new = [line for line in lines[manifest + 1 :] if line not in held] if lines[manifest] in held else lines
    if new:
        log.append(new)
    return new
