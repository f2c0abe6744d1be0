"""The command `ledger`: keep an append-only log of runs, and prove what is in it."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from data.errors import UsageError, VerificationFailed
from opencse.command import Command
from opencse.options import AsJson, RunPath
from opencse.terminal import print_json, print_source, print_text

LedgerPath = Annotated[Path, typer.Argument(help="A ledger's folder, or a run.", metavar="LEDGER", show_default=False)]


def ledger() -> None:
    """Keep an append-only log of runs, and prove what is in it; with --json each part prints JSON."""


def init(
    path: Annotated[Path, typer.Argument(help="New folder for the ledger; with --only-key the key's file.")],
    origin: Annotated[str, typer.Option(help="The name of the ledger or witness, as example.org/force.")],
    key: Annotated[Path | None, typer.Option(help="File for the private key; PATH.key without it.")] = None,
    only_key: Annotated[bool, typer.Option("--only-key", help="Make a key only, to replace an older one.")] = False,
    witness: Annotated[bool, typer.Option("--witness", help="Make a witness's key only.")] = False,
    as_json: AsJson = False,
) -> None:
    """Make a ledger and the key that signs for it; print the public key, which readers need."""
    from audit.log.log_folder import keep_key, make_log
    from ledger.notes import LOG_KEY, WITNESS_KEY, LedgerFault, SigningKey

    alone = only_key or witness
    place = key or (path if alone else path.with_name(f"{path.name}.key"))
    try:
        made = SigningKey.make(origin, WITNESS_KEY if witness else LOG_KEY)
        public = made.verifier
    except LedgerFault as error:
        raise UsageError("This is no name for a ledger.", found=str(error), where="--origin") from error
    if not alone and path.exists():
        raise UsageError("The folder exists already.", where=str(path), hint="Choose another folder.")
    keep_key(made, place)
    if not alone:
        make_log(path, origin=origin)
    if as_json:
        print_json({"ledger": None if alone else str(path), "private_key": str(place), "public_key": str(public)})
    else:
        print_text(f"Private key: {place}. Whoever has it can sign in this name; it belongs to nobody else.")
        print_text(f"Public key, for readers: {public}")


def append(path: LedgerPath, run: RunPath, as_json: AsJson = False) -> None:
    """Append a run's leaves, or what was reviewed since it was appended last."""
    from audit.log.log_folder import append_run, open_log
    from pipeline.run_folder import open_run

    log = open_log(path)
    new = append_run(log, open_run(run).path)
    size = log.checkpoint()[0].size
    if as_json:
        print_json({"appended": len(new), "size": size})
    else:
        print_text(f"{len(new)} leaves appended; the ledger holds {size}. Sign it: opencse ledger checkpoint {path}")


def checkpoint(
    path: LedgerPath,
    key: Annotated[Path | None, typer.Option(help="File of the private key to sign with.")] = None,
    as_json: AsJson = False,
) -> None:
    """Print the checkpoint, signed where a key is given: what readers keep."""
    from audit.log.log_folder import open_log, read_key
    from ledger.notes import LOG_KEY

    log = open_log(path)
    if key is not None:
        signing = read_key(key)
        if signing.kind != LOG_KEY:
            raise UsageError("A witness's key does not sign for a ledger.", where=str(key))
        note = log.sign(signing)
    else:
        note = log.checkpoint()[1]
    _print_checkpoint(str(note) if note.signatures else note.text, as_json)


def prove(
    path: LedgerPath,
    flag: Annotated[str, typer.Argument(help="A flag id or its beginning.", metavar="FLAG_ID")],
    as_json: AsJson = False,
) -> None:
    """Prove that a flag is in the ledger: its leaf, the hashes to the root, and the checkpoint."""
    from audit.log.log_folder import open_log

    log = open_log(path)
    fitting = [
        at
        for at, leaf in enumerate(log.leaves())
        if leaf.kind == "flag" and str(leaf.content.get("flag_id", "")).startswith(flag)
    ]
    if len(fitting) != 1:
        raise UsageError(f"The flag id '{flag}' fits {len(fitting) or 'no'} leaves.", where=str(path))
    _print_proof(log.proof(fitting[0]), as_json)


def consistency(
    path: LedgerPath,
    old: Annotated[Path, typer.Option(help="An older checkpoint of the ledger, as you kept it.")],
    as_json: AsJson = False,
) -> None:
    """Prove that the ledger still begins with all that it held at an older checkpoint."""
    from audit.log.log_folder import open_log, read_checkpoint_file

    _print_proof(open_log(path).growth(read_checkpoint_file(old)[0]), as_json)


def witness(
    checkpoint: Annotated[Path, typer.Argument(help="The ledger's newest checkpoint, signed.", show_default=False)],
    key: Annotated[Path, typer.Option(help="File of the witness's private key.")],
    log_key: Annotated[str, typer.Option(help="The ledger's public key, name+id+key.")],
    seen: Annotated[Path, typer.Option(help="File of the checkpoint seen last; written anew. None yet: first sight.")],
    proof: Annotated[Path | None, typer.Option(help="What 'ledger consistency --json' printed since then.")] = None,
    as_json: AsJson = False,
) -> None:
    """Cosign a checkpoint after checking that the ledger has only grown since the one seen last."""
    from audit.log.log_folder import explained, public_key, read_checkpoint_file, read_key
    from data.staging import locked, staged_file
    from ledger.checkpoints import check_growth, cosign

    signing = read_key(key)
    new, note = read_checkpoint_file(checkpoint)
    with locked(seen), explained(checkpoint):
        if not note.check([public_key(log_key)]):
            raise VerificationFailed("The checkpoint is not signed with the ledger's key.", where=str(checkpoint))
        if seen.exists():
            check_growth(read_checkpoint_file(seen)[0], new, _steps(proof))
        cosigned = cosign(note, signing, seconds=int(time.time()))
        with staged_file(seen) as file:
            file.write_text(str(cosigned), encoding="utf-8")
    _print_checkpoint(str(cosigned), as_json)


def _steps(proof: Path | None) -> list[bytes]:
    if proof is None:
        return []
    try:
        return [bytes.fromhex(step) for step in json.loads(proof.read_text(encoding="utf-8"))["proof"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError("The proof cannot be read.", found=str(error), where=str(proof)) from error


def _print_checkpoint(text: str, as_json: bool) -> None:
    if as_json:
        print_json({"checkpoint": text})
    else:
        print_source(text.removesuffix("\n"))


def _print_proof(proof: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(proof)
        return
    if "leaf" in proof:
        print_text(f"Leaf {proof['index']} of {proof['size']}: {proof['leaf']}")
    else:
        print_text(f"The first {proof['old_size']} of {proof['size']} leaves are those of the older checkpoint.")
    for step in proof["proof"]:
        print_text(f"  {step}")
    print_source(proof["checkpoint"].removesuffix("\n"))


COMMAND = Command(
    ledger,
    panel="Check a run",
    examples=(
        "opencse ledger init force-ledger --origin example.org/force",
        "opencse ledger append force-ledger build/run",
    ),
    parts=(init, append, checkpoint, prove, consistency, witness),
)
