"""Commands that check a run: `replay` and `verify`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from data.errors import VerificationFailed
from opencse.terminal import output, print_json, print_table, share

Run = Annotated[Path, typer.Argument(help="A run folder.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command(epilog="Examples: opencse replay build/run; opencse replay build/run 3fa9c2")(replay)
    app.command(epilog="Example: opencse verify build/run --records build/world/records")(verify)


def replay(
    run: Run,
    flag: Annotated[str | None, typer.Argument(help="A flag id or its beginning; all flags without it.")] = None,
    as_json: AsJson = False,
) -> None:
    """Compute a flag, or all, again from evidence rows and settings alone, and compare to the bit."""
    from audit.flag.replay import replay as replay_flags
    from pipeline.run_folder import open_run

    with share("Replaying") as progress:
        done = replay_flags(open_run(run), flag, progress=lambda n, of: progress(f"{n} of {of}", n / of))
    failed = [r for r in done if not r.agrees]
    if as_json:
        print_json([{"flag_id": r.flag_id, "agrees": r.agrees, "rows": r.rows, "faults": r.faults} for r in done])
    else:
        for outcome in failed:
            print_table(f"Flag {outcome.flag_id} does not replay", ["what differs"], [(f,) for f in outcome.faults])
        output().print(f"{len(done) - len(failed)} of {len(done)} flags replay to the bit.")
    if failed:
        raise VerificationFailed(f"{len(failed)} of {len(done)} flags do not replay.", where=str(run))


def verify(
    run: Run,
    records: Annotated[Path | None, typer.Option(help="Also check the input files in this folder.")] = None,
    as_json: AsJson = False,
) -> None:
    """Check a run folder: every file's digest, the row counts, every cited row's digest and every flag's id."""
    from audit.flag.verify import verify as verify_run
    from pipeline.run_folder import open_run

    checks = verify_run(open_run(run), records=records)
    if as_json:
        print_json([{"check": c.name, "checked": c.checked, "faults": c.faults} for c in checks])
    else:
        print_table(
            "Verification", ["check", "checked", "faults"], [(c.name, c.checked, len(c.faults)) for c in checks]
        )
        for check in checks:
            if check.faults:
                print_table(check.name, ["fault"], [(fault,) for fault in check.faults])
    faults = sum(len(c.faults) for c in checks)
    if faults:
        raise VerificationFailed(f"The run does not verify: {faults} faults.", where=str(run))
