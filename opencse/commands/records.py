"""Commands that make records: `worlds` and `generate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from opencse.terminal import errors, output, print_json, print_table, share


def register(app: typer.Typer) -> None:
    """Add the commands to the command line."""
    app.command(epilog="Example: opencse worlds")(worlds)
    app.command(epilog="Example: opencse generate demo --out build/world --people 500 --months 12")(generate)


def worlds(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """List the synthetic worlds that can be generated."""
    from data.synthetic import world

    described = {name: world.describe(name) for name in world.names()}
    if as_json:
        print_json(described)
    else:
        print_table("Synthetic worlds", ["world", "what it is"], list(described.items()))


def generate(
    world: Annotated[str, typer.Argument(help="A world's name (see 'opencse worlds') or its .toml file.")],
    out: Annotated[Path, typer.Option(help="Folder to write; it must not exist yet.")],
    people: Annotated[int | None, typer.Option(help="How many people.", min=1)] = None,
    months: Annotated[int | None, typer.Option(help="How many months.", min=1)] = None,
    seed: Annotated[int | None, typer.Option(help="Random seed.", min=0)] = None,
    threads: Annotated[int, typer.Option(help="Threads; changes no byte.", min=1)] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Generate a synthetic world: records/, truth/ and world.json in a new folder."""
    from data.synthetic.generate import generate as make
    from data.synthetic.world import load

    settings = load(world, people=people, months=months, seed=seed)
    with share(f"Generating {world}") as progress:
        made = make(settings, out=out, threads=threads, progress=progress)
    if as_json:
        print_json({"out": str(out), "rows": made.rows})
        return
    print_table(f"{world}: rows by table", ["table", "rows"], sorted(made.rows.items()))
    output().print(f"{sum(made.rows.values()):,} rows written to {out}")
    errors().print(f"Next: opencse run --records {out / 'records'} --out RUN")
