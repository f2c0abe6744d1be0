"""Comparing a generated world with the published figures it was calibrated to.

Every figure of `figures.toml` gives one line: what the records show, what was published, the ratio, the source, and
whether the figure is sourced or an assumption. Where records cannot show a figure the line says why.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from math import sqrt
from pathlib import Path
from typing import Any

from data.contract import CONTRACT
from data.errors import InputRejected
from data.store import Store, literal
from data.synthetic.figure_measures import MEASURES, NOT_IN_RECORDS, VIEWS
from data.synthetic.figures import figures
from data.synthetic.generate import GENERATOR
from data.synthetic.world import World

HEADLINE_TOLERANCE = 0.10
SHAPE_TOLERANCE = 0.15

_MODEL_YEARS = 5.2
_MODEL_PEOPLE = 400_000


@dataclass(frozen=True, kw_only=True)
class Line:
    """One calibrated figure: generated against published.

    `value` and `ratio` are null where `note` says why nothing can be compared; `n` is the number of events or people
    the value rests on. `target` is false where the world does not aim at the published value; the note then says so.
    """

    figure: str
    value: float | None
    published: float
    ratio: float | None
    n: int
    unit: str
    source: str
    year: str
    grade: str
    kind: str
    shape: bool
    target: bool
    note: str

    @property
    def tolerance(self) -> float:
        """How far from 1 the ratio may lie: 0.10 for headline figures, 0.15 for shapes."""
        return SHAPE_TOLERANCE if self.shape else HEADLINE_TOLERANCE

    @property
    def chance(self) -> float | None:
        """The relative standard error of a count of `n`; null for none.

        Events cluster in people, so chance gives this or more.
        """
        return 1 / sqrt(self.n) if self.n else None

    @property
    def met(self) -> bool | None:
        """Whether the ratio lies within the tolerance; null where there is nothing to compare."""
        return None if self.ratio is None or not self.target else abs(self.ratio - 1) <= self.tolerance


def calibrate(records: Path, world: World) -> list[Line]:
    """Return a line for every figure, in the order of `figures.toml`.

    `records` is the records folder of the generated world. Raises InputRejected if a table is missing.
    """
    missing = [table.name for table in CONTRACT if not (records / f"{table.name}.parquet").is_file()]
    if missing:
        raise InputRejected(
            "The world is not complete.", expected="every table of the contract", found=f"no {', '.join(missing)}"
        )
    with Store() as store:
        _open(store, records, world)
        measured = dict(_measured(store))
    measured.update(_repeats(world))
    return [_line(name, measured, world) for name in figures()]


def content(lines: list[Line], world: World) -> dict[str, Any]:
    """Return the whole comparison as plain values: the world's settings and a line for every figure."""
    table = [{**asdict(line), "tolerance": line.tolerance, "chance": line.chance, "met": line.met} for line in lines]
    return {"generator": GENERATOR, "world": world.model_dump(mode="json"), "figures": table}


def save(lines: list[Line], path: Path, *, world: World) -> None:
    """Write the whole comparison as JSON, into a folder that is made if need be."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content(lines, world), indent=2) + "\n", "utf-8")


def _open(store: Store, records: Path, world: World) -> None:
    for table in CONTRACT:
        path = literal(str(records / f"{table.name}.parquet"))
        store.run(f"CREATE VIEW {table.name} AS SELECT * FROM read_parquet({path})")
    store.run(
        f"CREATE TABLE span AS SELECT DATE '{world.starts_on}' AS first, DATE '{world.ends_on}' AS past",
        step="calibrate/span",
    )
    for name, query in VIEWS.items():
        store.run(f"CREATE TABLE {name} AS {query}", step=f"calibrate/{name}")


def _measured(store: Store) -> Iterator[tuple[str, tuple[float, int]]]:
    for name, query in MEASURES.items():
        for part, value, count in store.rows(query, step=f"calibrate/{name}"):
            if value is not None:
                yield (f"{name}/{part}" if part else name), (float(value), int(count or 0))


def _repeats(world: World) -> dict[str, tuple[float, int]]:
    """Return how cases repeat over nine years in the conduct layer: no world is long enough to show it.

    About 70,000 people were ever employed by a force of 40,000 in the nine years, 5.2 years each on average: six in
    fourteen throughout, the others for a part evenly spread.
    """
    import numpy as np

    from data.synthetic.layers.traits import build_latent
    from data.synthetic.streams import Streams

    streams = Streams(world.seed, "calibration")
    draw = streams.draw("conduct_repeats")
    years = np.minimum(draw.integers(0, 14, _MODEL_PEOPLE) + 0.5, 9.0)
    years[years > 8] = 9.0
    rate = world.figure("conduct_cases") / 1000 * build_latent(streams, _MODEL_PEOPLE, world).cases
    cases = draw.poisson(rate * years * _MODEL_YEARS / years.mean())
    counts = {
        "1_case": int((cases == 1).sum()),
        "2_cases": int((cases == 2).sum()),
        "3_to_5_cases": int(((cases >= 3) & (cases <= 5)).sum()),
        "6_on_cases": int((cases >= 6).sum()),
    }
    whole = sum(counts.values())
    return {f"conduct_repeats/{part}": (count / whole, count) for part, count in counts.items()}


def _line(name: str, measured: dict[str, tuple[float, int]], world: World) -> Line:
    figure = figures()[name]
    value, count = measured.get(name, (None, 0))
    note = NOT_IN_RECORDS.get(name, "" if value is not None else "no such row in this world")
    aims, why = _aims(name, world)
    if name.startswith("conduct_repeats"):
        note = "from the conduct layer over nine years"
    return Line(
        figure=name,
        value=value,
        published=figure.value,
        ratio=None if value is None else value / figure.value,
        n=count,
        unit=figure.unit,
        source=figure.source,
        year=figure.year,
        grade=figure.grade,
        kind=figure.kind,
        shape=figure.shape,
        target=aims,
        note=note or why,
    )


def _aims(name: str, world: World) -> tuple[bool, str]:
    """Return whether a world aims at a published figure, and why not."""
    if name.startswith("reporting_"):
        own = world.reporting.factor(name.removeprefix("reporting_"))
        return own != 1.0, "" if own != 1.0 else "this world reports everybody alike"
    if name in world.figures:
        return world.figures[name] == figures()[name].value, "this world sets its own value"
    return True, ""
