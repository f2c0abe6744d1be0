"""How the default run does in drawn forces, and who has a row that rules and indicators look for.

    python benchmarks/drawn_forces flags [--seeds 1-50] [--people 2000]     the default run, with and without patterns
    python benchmarks/drawn_forces hits  [--seeds 1-200] [--people 300]     rules and indicators alone, no detector
    python benchmarks/drawn_forces figures [--seeds 1-20] [--people 5000]   published figures, as forces have them
    python benchmarks/drawn_forces mutation [--seeds 1-20] [--people 2000]  nobody of concern, and a rule's rows doubled
    python benchmarks/drawn_forces report                                   tables and pictures from what is there

Each force is written once, whole or not at all, to `--folder` (`build/drawn-forces`), so that a measurement that was
cut off goes on where it stopped. Only development seeds are taken, unless `--evaluation` says otherwise.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from benchmarks.drawn_forces.forces import measure_figures, measure_flags, measure_hits
from benchmarks.drawn_forces.mutation import measure_mutation
from benchmarks.drawn_forces.tables import write_report
from data.synthetic.splits import require_split

DEFAULTS = {"flags": ("1-50", 2000), "hits": ("1-200", 300), "figures": ("1-20", 5000), "mutation": ("1-20", 2000)}
MEASURES = {"flags": measure_flags, "hits": measure_hits, "figures": measure_figures, "mutation": measure_mutation}


def seeds_of(text: str) -> list[int]:
    """Return the seeds that `1-50` or `3,7` names."""

    def parts() -> Iterator[int]:
        for part in text.split(","):
            first, _, last = part.partition("-")
            yield from range(int(first), int(last or first) + 1)

    return list(parts())


def main() -> None:
    """Measure one force after the other, or write the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=[*DEFAULTS, "report"])
    parser.add_argument("--seeds")
    parser.add_argument("--people", type=int)
    parser.add_argument("--folder", type=Path, default=Path("build/drawn-forces"))
    parser.add_argument("--evaluation", action="store_true", help="take evaluation seeds: say so in the docs")
    options = parser.parse_args()
    if options.what == "report":
        write_report(options.folder, "evaluation" if options.evaluation else "development")
        return
    text, people = DEFAULTS[options.what]
    split = "evaluation" if options.evaluation else "development"
    for seed in require_split(seeds_of(options.seeds or text), split):
        for world in ("drawn", "drawn-null") if options.what == "flags" else ("drawn",):
            MEASURES[options.what](world, seed, people=options.people or people, folder=options.folder)


if __name__ == "__main__":
    main()
