"""Keep the budget statement of a finished stress plan as small as its page needs it.

    opencse stress budget --out FOLDER --workers 2
    python benchmarks/stated_budget.py FOLDER
    python -m opencse.docs

Kept are the cells of everybody's flags by comparison: each world, concern and kind of subject, with nothing wrong and
under each scenario at each dose. `opencse budget` writes all of it, groups and contradictions included.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from _worlds import write_result

from stress.budget import budget_statement
from stress.budget.world_counts import COMPARISON
from stress.harness import read_plan

PLACE = ("world", "subject_kind", "concern", "scenario", "dose")
FIGURES = ("worlds", "worlds_with_any", "achieved", "standard_error", "upper", "innocents_per_46000")


def kept_cells(rows: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    """Yield what is kept of the cells of flags by comparison; numbers to six digits, as their last bits may differ."""
    for row in rows:
        if row["how"] == COMPARISON:
            figures = {name: None if row[name] is None else float(f"{row[name]:.6g}") for name in FIGURES}
            yield {**{name: row[name] for name in PLACE}, **figures, "verdict": row["verdict"]}


def main() -> None:
    """State, print and keep."""
    about, _, more = (__doc__ or "").partition("\n")
    parser = argparse.ArgumentParser(description=about, epilog=more, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path, help="a finished stress folder")
    folder = parser.parse_args().folder
    plan, statement = read_plan(folder), budget_statement(folder).content
    (people,) = plan["people"]
    cells = [cell for part in ("null_worlds", "planted_worlds", "scenarios") for cell in kept_cells(statement[part])]
    about_plan = {"title": plan["title"], "seeds": plan["seeds"], "people": people, "generators": [plan["generator"]]}
    write_result("stated_budget", {**about_plan, "target": statement["targets"][0]["target"], "cells": cells})


if __name__ == "__main__":
    main()
