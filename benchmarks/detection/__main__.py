"""How detection does, part by part, in drawn forces: null forces, forces with patterns, and against the baselines.

    python benchmarks/detection null [--seeds 701-750]       how often p-values are small where nothing is planted
    python benchmarks/detection planted [--seeds 701-750]    what is right by detector, workload, pattern and group
    python benchmarks/detection report                       the tables, from what has been judged so far

Every concern is selected by a rate here, welfare too, so that there is one to measure; what the default run keeps of
its promises is for `benchmarks/drawn_forces` to say. Forces that were judged are kept, so that a measurement that was
cut off goes on. Only development seeds are taken; those taken unless others are asked for were not looked at before.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import report
import typer
from forces import NULL, PLANTED, judge_all

from benchmarks.drawn_forces.__main__ import seeds_of
from data.synthetic.splits import require_split

app = typer.Typer(add_completion=False, help=__doc__)
Folder = Annotated[Path, typer.Option(help="Where the results of forces are kept.")]
Seeds = Annotated[str, typer.Option(help="Which forces, such as 701-750 or 3,7.")]
Workers = Annotated[int, typer.Option(help="How many at once.")]
People = Annotated[int, typer.Option(help="How many people a force has.")]
KEPT = Path("build/detection")
UNSEEN = "701-750"


@app.command()
def null(seeds: Seeds = UNSEEN, workers: Workers = 2, people: People = 2000, folder: Folder = KEPT) -> None:
    """Judge drawn forces in which nothing is planted."""
    judge_all(NULL, require_split(seeds_of(seeds), "development"), people=people, folder=folder, workers=workers)


@app.command()
def planted(seeds: Seeds = UNSEEN, workers: Workers = 2, people: People = 2000, folder: Folder = KEPT) -> None:
    """Judge drawn forces with patterns."""
    judge_all(PLANTED, require_split(seeds_of(seeds), "development"), people=people, folder=folder, workers=workers)


@app.command(name="report")
def write(
    people: People = 2000,
    folder: Folder = KEPT,
    out: Annotated[Path | None, typer.Option(help="Folder to write.")] = None,
) -> None:
    """Write the tables of everything that has been judged."""
    report.write(folder, people=people, out=out or Path(__file__).parent.parent / "results" / "detection")


if __name__ == "__main__":
    app()
