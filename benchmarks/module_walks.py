"""Which modules a record, an indicator and a stress cell pass on their way, and how often each walk turns back.

    python benchmarks/module_walks.py

A walk is the sequence of modules of ours that are entered by calls, traced while one thing is computed. A *step* goes
from one module to another; a *return* is a step into a module that the walk had entered and left before. The figures in
`docs/explanation/architecture.md` come from here.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).parent.parent
PACKAGES = ("data", "ledger", "features", "models", "pipeline", "audit", "stress", "opencse")
DECLARED = ("features/indicators/", "models/rules/", "models/detectors/", "models/baselines/", "stress/scenarios/")


def traced(work: Callable[[], object]) -> list[str]:
    """Return the modules of ours that a piece of work enters by calls, each once for every time it is entered."""
    walk: list[str] = []
    names: dict[str, str | None] = {}

    def trace(frame: FrameType, event: str, _: object) -> None:
        if event != "call":
            return
        file = frame.f_code.co_filename
        if file not in names:
            names[file] = module_of(Path(file))
        module = names[file]
        if module is not None and walk[-1:] != [module]:
            walk.append(module)

    sys.setprofile(trace)
    try:
        work()
    finally:
        sys.setprofile(None)
    return walk


def module_of(path: Path) -> str | None:
    """Return the path of a module of ours in the project; None for others and for single declarations."""
    if not path.is_relative_to(ROOT):
        return None
    module = path.relative_to(ROOT).as_posix()
    ours = module.split("/")[0] in PACKAGES and not module.startswith(DECLARED)
    return module if ours else None


def report(name: str, walk: list[str]) -> None:
    """Print the modules of a walk in the order in which they are first entered, and how often it turns back."""
    first = list(dict.fromkeys(walk))
    print(f"\n{name}: {len(first)} modules, {len(walk)} steps, {len(walk) - len(first)} returns")
    for module in first:
        print(f"  {module}  {walk.count(module)}")


def main() -> None:
    """Trace the three walks on a force of 80 people over three months."""
    sys.path.insert(0, str(ROOT))
    from data.synthetic.generate import generate
    from data.synthetic.world import load as load_world
    from features.engine import compute_all
    from features.gaps.source_gaps import examine
    from pipeline.run import run
    from pipeline.settings import over_defaults
    from stress.cell import run_cell
    from stress.plan import load_plan

    settings = over_defaults(
        {"features": {"indicators": ["complaints"]}, "models": {"rules": [], "detectors": ["peer_rate"]}},
        where="module_walks",
    )
    world = load_world("tiny", people=80, months=3)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        records = generate(world, out=folder / "world").records
        run(records, out=folder / "warm", settings=settings)  # imports and caches are no part of a walk
        report("A record to a flag", traced(lambda: run(records, out=folder / "run", settings=settings)))

        from data.store import Store
        from pipeline.loading import load_records

        with Store() as store:
            load_records(records, store=store, check="trusted")
            dates = [world.ends_on]
            sources = examine(store, as_ofs=dates)
            indicators = [i for i in settings.indicators if i.name in ("complaints", "days_served")]
            report(
                "An indicator to its value",
                traced(lambda: compute_all(store, indicators, kinds=("officer",), as_ofs=dates, sources=sources)),
            )
        cell = replace(next(iter(load_plan("quick").cells())), people=80)
        run_cell(cell, folder)  # the world is made, and kept for the next cell of it
        report("A stress cell", traced(lambda: run_cell(cell, folder)))


if __name__ == "__main__":
    main()
