"""The command `replay`: recompute flags from their evidence."""

from __future__ import annotations

from typing import Annotated

import typer

from data.errors import VerificationFailed
from opencse.command import Command
from opencse.options import AsJson, RunPath, TrustCode
from opencse.terminal import print_json, print_table, print_text, share


def replay(
    run: RunPath,
    flag: Annotated[str | None, typer.Argument(help="A flag id or its beginning; all flags without it.")] = None,
    trust_code: TrustCode = False,
    as_json: AsJson = False,
) -> None:
    """Compute a flag, or all, again from evidence rows and settings alone, and compare to the bit."""
    from audit.flag.replay import replay as replay_flags
    from pipeline.run_folder import open_run

    with share("Replaying") as progress:
        replays = replay_flags(
            open_run(run, trust_code=trust_code), flag, progress=lambda n, of: progress(f"{n} of {of}", n / of)
        )
    different = [one for one in replays if not one.agrees]
    if as_json:
        print_json([{"flag_id": r.flag_id, "agrees": r.agrees, "rows": r.rows, "faults": r.faults} for r in replays])
    else:
        for one in different:
            print_table(f"Flag {one.flag_id} does not replay", ["what differs"], [(fault,) for fault in one.faults])
        print_text(f"{len(replays) - len(different)} of {len(replays)} flags replay to the bit.")
    if different:
        raise VerificationFailed(f"{len(different)} of {len(replays)} flags do not replay.", where=str(run))


COMMAND = Command(
    replay,
    panel="Check a run",
    examples=("opencse replay build/run", "opencse replay build/run 3fa9c2"),
    data_frames=False,
)
