"""The command `verify`: check a run folder against its own digests."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from data.errors import VerificationFailed
from opencse.command import Command
from opencse.options import AsJson, RunPath, TrustCode
from opencse.terminal import print_json, print_table, print_text, steps


def verify(
    run: RunPath,
    records: Annotated[
        Path | None, typer.Option(help="Make the run again from the records in this folder, and compare everything.")
    ] = None,
    checkpoint: Annotated[Path | None, typer.Option(help="The checkpoint of the run as you kept it.")] = None,
    key: Annotated[str | None, typer.Option(help="The public key of whoever signs, name+id+key.")] = None,
    kept: Annotated[Path | None, typer.Option(help="Folder with the manifest.json and leaves.jsonl you kept.")] = None,
    pseudonymise: Annotated[
        Path | None, typer.Option(help="The key that the run was pseudonymised with, for --records.")
    ] = None,
    deep: Annotated[bool, typer.Option("--deep", help="Also replay every flag from its evidence.")] = False,
    trust_code: TrustCode = False,
    as_json: AsJson = False,
) -> None:
    """Check a run folder: files, ledger, cited rows and flags; with what you kept, and from the records anew."""
    from audit.flag.verify import Trusted
    from audit.flag.verify import verify as verify_run
    from dossier.run_page import run_page
    from pipeline.pseudonyms import read_key
    from pipeline.run_folder import open_run

    with steps("Verifying") as progress:
        checks = verify_run(
            open_run(run, trust_code=trust_code),
            records=records,
            trusted=Trusted(checkpoint, key, kept),
            deep=deep,
            page=run_page,
            pseudonyms=None if pseudonymise is None else read_key(pseudonymise),
            progress=progress,
        )
    if as_json:
        print_json(
            [
                {"check": check.name, "checked": check.checked, "faults": check.faults, "unchecked": check.unchecked}
                for check in checks
            ]
        )
    else:
        rows = [(check.name, check.checked, len(check.faults)) for check in checks]
        print_table("Verification", ["check", "checked", "faults"], rows)
        for check in checks:
            if check.unchecked:
                print_text(f"Not checked, {check.name}: {check.unchecked}.")
            if check.faults:
                print_table(check.name, ["fault"], [(fault,) for fault in check.faults])
    faults = sum(len(check.faults) for check in checks)
    if faults:
        raise VerificationFailed(f"The run does not verify: {faults} fault{'s' if faults > 1 else ''}.", where=str(run))


COMMAND = Command(
    verify,
    panel="Check a run",
    examples=(
        "opencse verify build/run --checkpoint kept/checkpoint",
        "opencse verify build/run --records build/world/records",
    ),
)
