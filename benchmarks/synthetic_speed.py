"""How long a world takes against drawing and writing as many bare values, and whether its cost grows linearly.

    python benchmarks/synthetic_speed.py [--world met] [--people 46000] [--threads 2] [--repeats 2] [--out FILE]

Prints, and with `--out` writes, three things: the world's cost beside the bare one's, the seconds that `demo` takes,
and processor time a person for worlds of 2,000 people up to `--people`. Each world is made in a process of its own, so
that peak memory is its own. The bare run draws every value of every table with numpy's Philox generator and writes it
with pyarrow in the same row groups and compression, in one thread; it makes nothing that means anything. The two sides
take turns and the least of each is kept. Times are wall-clock and processor seconds; on a busy machine only the latter
are comparable.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from data.contract import CONTRACT
from data.schema import Column
from data.synthetic.table_files import ROW_GROUP

GROWTH = (2_000, 6_000, 15_000)


@dataclass(frozen=True)
class Cost:
    wall: float
    processor: float
    memory_gb: float


def measured(*command: str) -> Cost:
    """Run this script again with a command and return what it cost."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    subprocess.run([sys.executable, __file__, *command], check=True, env=None)
    wall = time.perf_counter() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(wall, processor, after.ru_maxrss / 2**20)


def make(world: str, people: int, threads: int, out: Path) -> None:
    from data.synthetic.generate import generate
    from data.synthetic.world import load

    settings = load(world, people=people)
    started = time.process_time()
    generate(settings, out=out, threads=threads)
    (out.parent / "generating").write_text(str(time.process_time() - started), "utf-8")


def draw_bare(counts: dict[str, int], folder: Path) -> None:
    """Draw and write as many values of the same types as a world has."""
    rng = np.random.Generator(np.random.Philox(1))
    folder.mkdir()
    for table in CONTRACT:
        writer = None
        for first in range(0, counts[table.name], ROW_GROUP):
            size = min(ROW_GROUP, counts[table.name] - first)
            piece = pa.table({column.name: bare_values(rng, column, size) for column in table.columns})
            if writer is None:
                path = folder / f"{table.name}.parquet"
                writer = pq.ParquetWriter(path, piece.schema, compression="zstd", compression_level=1)
            writer.write_table(piece)
        if writer is not None:
            writer.close()


def bare_values(rng: np.random.Generator, column: Column, size: int) -> pa.Array:
    if column.type == "VARCHAR":
        listed = column.values or ("a", "b", "c", "d")
        drawn = rng.integers(0, len(listed), size, dtype=np.int32)
        return pa.DictionaryArray.from_arrays(pa.array(drawn), pa.array(listed))
    if column.type == "BOOLEAN":
        return pa.array(rng.integers(0, 2, size, dtype=np.int8) == 1)
    if column.type == "DOUBLE":
        return pa.array(rng.random(size))
    if column.type == "DATE":
        return pa.array(rng.integers(20_000, 20_730, size, dtype=np.int32)).view(pa.date32())
    if column.type == "TIMESTAMP":
        return pa.array(rng.integers(0, 1 << 20, size) * 60_000_000).view(pa.timestamp("us"))
    return pa.array(rng.integers(0, 1 << 40, size))


def compare(world: str, people: int, threads: int, *, repeats: int) -> dict[str, Any]:
    """Return the cost of a world beside the cost of as many bare values, each the least of some repeats."""
    costs: list[Cost] = []
    bare_costs: list[Cost] = []
    generating: list[float] = []
    rows: dict[str, int] = {}
    for _ in range(repeats):
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "world"
            costs.append(measured(*_making(out, world, people, threads)))
            generating.append(float((Path(folder) / "generating").read_text("utf-8")))
            rows = json.loads((out / "world.json").read_text("utf-8"))["rows"]
            shutil.rmtree(out)
            counts = Path(folder) / "rows.json"
            counts.write_text(json.dumps(rows), "utf-8")
            bare_costs.append(measured("--bare", str(Path(folder) / "bare"), "--counts", str(counts)))
    cost, bare = least(costs), least(bare_costs)
    return {
        "world": world,
        "people": people,
        "threads": threads,
        "rows": sum(rows.values()),
        "values": sum(count * len(CONTRACT[name].columns) for name, count in rows.items()),
        "seconds": round(cost.wall, 1),
        "processor_seconds": round(cost.processor, 1),
        "generating_processor_seconds": round(min(generating), 1),
        "peak_gb": round(cost.memory_gb, 2),
        "bare_seconds": round(bare.wall, 1),
        "bare_processor_seconds": round(bare.processor, 1),
        "ratio": round(cost.wall / bare.wall, 2),
        "processor_ratio": round(cost.processor / bare.processor, 2),
    }


def _making(out: Path, world: str, people: int, threads: int) -> tuple[str, ...]:
    return ("--make", str(out), "--world", world, "--people", str(people), "--threads", str(threads))


def least(costs: list[Cost]) -> Cost:
    """Return the least time and the most memory of repeats of one thing."""
    return Cost(
        min(cost.wall for cost in costs), min(cost.processor for cost in costs), max(cost.memory_gb for cost in costs)
    )


def machine() -> dict[str, object]:
    """Return what the figures depend on: cores, memory and the version of Python."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {"cores": os.cpu_count(), "memory_gb": round(memory / 2**30), "python": platform.python_version()}


def growth(world: str, threads: int, *, largest: dict[str, Any], repeats: int) -> list[dict[str, Any]]:
    """Return the least processor time a person for growing worlds up to one that was measured already.

    The start of Python is left out: it costs a small world as much as a large one.
    """
    seconds: dict[int, list[float]] = {size: [] for size in GROWTH if size < largest["people"]}
    for size in [*seconds] * repeats:
        with tempfile.TemporaryDirectory() as folder:
            measured(*_making(Path(folder) / "world", world, size, threads))
            seconds[size].append(float((Path(folder) / "generating").read_text("utf-8")))
    least_of = {size: min(found) for size, found in seconds.items()}
    least_of[largest["people"]] = largest["generating_processor_seconds"]
    return [
        {"people": size, "processor_seconds": round(least, 1), "milliseconds_a_person": round(1000 * least / size, 3)}
        for size, least in least_of.items()
    ]


def everything(world: str, people: int, threads: int, *, repeats: int) -> dict[str, Any]:
    """Return all that this file measures."""
    with tempfile.TemporaryDirectory() as folder:
        demo = measured(*_making(Path(folder) / "demo", "demo", 2_000, threads))
    against = compare(world, people, threads, repeats=repeats)
    return {
        "machine": machine(),
        "demo_seconds": round(demo.wall, 1),
        "against_bare": against,
        "growth": growth(world, threads, largest=against, repeats=repeats),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--world", default="met")
    parser.add_argument("--people", type=int, default=46_000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--out", type=Path, help="also write the figures here, as JSON")
    parser.add_argument("--make", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--bare", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--counts", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.make:
        make(options.world, options.people, options.threads, options.make)
    elif options.bare:
        draw_bare(json.loads(options.counts.read_text("utf-8")), options.bare)
    else:
        found = everything(options.world, options.people, options.threads, repeats=options.repeats)
        text = json.dumps(found, indent=2) + "\n"
        if options.out:
            options.out.write_text(text, "utf-8")
        print(text, end="")


if __name__ == "__main__":
    main()
