"""The command `calibrate`: compare a synthetic world with published figures."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from data.errors import UsageError
from opencse.command import Command
from opencse.options import AsJson, PeopleOption, Threads, WorldSeed, bounded_threads
from opencse.terminal import print_json, print_table, print_text, share, steps

if TYPE_CHECKING:
    from data.synthetic.calibration import Line
    from data.synthetic.world import World

_COLUMNS = ("figure", "generated", "published", "ratio", "verdict", "kind", "grade", "year", "source")


def calibrate(
    world: Annotated[
        str, typer.Argument(help="A world's name, its .toml file, or a folder that 'opencse generate' wrote.")
    ],
    people: PeopleOption = None,
    seed: WorldSeed = None,
    threads: Threads = None,
    out: Annotated[
        Path | None, typer.Option(help="File to store it in.", show_default="build/calibration/WORLD.json")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compare a world with every published figure and stated assumption that it is made from."""
    from data.synthetic import calibration

    number = bounded_threads(threads) or 1
    with _records(world, people=people, seed=seed, threads=number) as (records, settings), steps("Comparing") as step:
        step("every figure")
        lines = calibration.calibrate(records, settings)
    path = out or Path("build") / "calibration" / f"{settings.name}.json"
    calibration.save(lines, path, world=settings)
    if as_json:
        print_json(calibration.content(lines, settings))
        return
    print_table(f"{settings.name}: generated against published", _COLUMNS, [_row(line) for line in lines])
    for sentence in _summary(lines):
        print_text(sentence)
    print_text(f"Stored in {path}")


@contextmanager
def _records(world: str, *, people: int | None, seed: int | None, threads: int) -> Iterator[tuple[Path, World]]:
    """Give the records of a world: those of a folder, or else of a fresh one that is removed afterwards."""
    from data.synthetic.generate import generate
    from data.synthetic.world import load

    if (Path(world) / "world.json").is_file():
        if people is not None or seed is not None:
            raise UsageError(
                "A world that is written already has its size and seed.",
                where=world,
                hint="Leave out --people and --seed, or name a world instead of a folder.",
            )
        yield Path(world) / "records", _written_settings(Path(world) / "world.json")
        return
    settings = load(world, people=people, seed=seed)
    with tempfile.TemporaryDirectory(prefix="opencse-") as folder:
        with share(f"Generating {settings.name}") as progress:
            generated = generate(settings, out=Path(folder) / "world", threads=threads, progress=progress)
        yield generated.records, settings


def _written_settings(path: Path) -> World:
    """Return the settings that a world was written with.

    Raises:
        UsageError: the file holds something else.
    """
    from data.synthetic.world import World

    try:
        return World.model_validate(json.loads(path.read_text("utf-8"))["world"])
    except (ValueError, KeyError, TypeError) as error:  # pydantic's errors are ValueErrors
        raise UsageError(
            "The description of the world cannot be read.",
            expected="the world.json that 'opencse generate' wrote",
            found=f"{type(error).__name__}: {str(error).splitlines()[0]}",
            where=str(path),
        ) from error


def _row(line: Line) -> tuple[object, ...]:
    kind = "ASSUMPTION" if line.kind == "assumption" else "sourced"
    return (
        *(line.figure, _number(line.value), _number(line.published), _number(line.ratio), _verdict(line)),
        *(kind, line.grade, line.year, line.source),
    )


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"


def _verdict(line: Line) -> str:
    if line.met is None:
        return f"not compared: {line.note}"
    return f"{'within' if line.met else 'OUTSIDE'} {line.tolerance:.0%}"


def _summary(lines: Sequence[Line]) -> Iterator[str]:
    """Yield, in words, how many figures are met, and each that is not with what chance alone would do."""
    compared = [line for line in lines if line.met is not None]
    outside = [line for line in compared if not line.met]
    yield (
        f"{len(compared)} figures compared: {len(compared) - len(outside)} within their bounds (10% for headline"
        f" figures, 15% for shapes), {len(outside)} outside."
    )
    for line in outside:
        by_chance = (
            "" if line.chance is None else f"; in a count of {line.n:,} chance alone gives ±{line.chance:.0%} or more"
        )
        yield f"  outside: {line.figure}, ratio {_number(line.ratio)}{by_chance}"
    yield f"{len(lines) - len(compared)} cannot be compared; their verdict says why."
    assumed = sum(line.kind == "assumption" for line in lines)
    yield f"{assumed} are assumptions, for want of a usable figure: agreement with them proves nothing."


COMMAND = Command(
    calibrate,
    panel="Make records",
    examples=("opencse calibrate demo", "opencse calibrate build/world --json"),
)
