"""The command `verify`: check a run folder against its own digests."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from data.errors import VerificationFailed
from opencse.command import Command
from opencse.options import AsJson, RunPath, TrustCode
from opencse.terminal import print_json, print_table, print_text


def verify(
    run: RunPath,
    records: Annotated[Path | None, typer.Option(help="Also check the input files in this folder.")] = None,
    trust_code: TrustCode = False,
    as_json: AsJson = False,
) -> None:
    """Check a run folder: every file's digest, the row counts, every cited row's digest and every flag's id."""
    from audit.flag.verify import verify as verify_run
    from pipeline.run_folder import open_run

    checks = verify_run(open_run(run, trust_code=trust_code), records=records)
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
                print_text(f"Not checked, {check.name}: {check.unchecked}. Add --trust-code to check it.")
            if check.faults:
                print_table(check.name, ["fault"], [(fault,) for fault in check.faults])
    faults = sum(len(check.faults) for check in checks)
    if faults:
        raise VerificationFailed(f"The run does not verify: {faults} faults.", where=str(run))


COMMAND = Command(verify, panel="Check a run", examples=("opencse verify build/run --records build/world/records",))
