"""The command `generate`: write a synthetic world."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from opencse.command import Command
from opencse.options import AsJson, Months, PeopleOption, Threads, WorldName, WorldSeed, bounded_threads
from opencse.terminal import print_json, print_note, print_table, print_text, share


def generate(
    world: WorldName,
    out: Annotated[Path, typer.Option(help="Folder to write; it must not exist yet.")],
    people: PeopleOption = None,
    months: Months = None,
    seed: WorldSeed = None,
    threads: Threads = None,
    as_json: AsJson = False,
) -> None:
    """Generate a synthetic world: records/, truth/ and world.json in a new folder."""
    from data.synthetic.generate import generate as generate_world
    from data.synthetic.world import load

    settings = load(world, people=people, months=months, seed=seed)
    with share(f"Generating {world}") as progress:
        generated = generate_world(settings, out=out, threads=bounded_threads(threads) or 1, progress=progress)
    if as_json:
        print_json({"out": str(out), "rows": generated.rows})
        return
    print_table(f"{world}: rows by table", ["table", "rows"], sorted(generated.rows.items()))
    print_text(f"{sum(generated.rows.values()):,} rows written to {out}")
    print_note(f"Next: opencse run --records {out / 'records'} --out RUN")


COMMAND = Command(
    generate,
    panel="Make records",
    examples=("opencse generate demo --out build/world --people 500 --months 12",),
)
