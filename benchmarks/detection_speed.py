"""What detection costs beside the bare fits and scores that it contains, at one as-of date.

    python benchmarks/detection_speed.py [--people 46000] [--world FOLDER] [--turns 2]

A world `met` is generated, or taken from FOLDER, loaded without validation, and all indicators are computed as of its
last first of a month. Timed is then the stage that follows: every detector and baseline on every concern with its table
of scores, and beside it the rules. `bare` is the part of that time spent inside what cannot be left out: fitting nulls,
tails and estimators, and scoring by them. Everything else is what the stage adds. Seconds are of the processor, the
least of several turns.
"""

from __future__ import annotations

import argparse
import functools
import json
import pkgutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any
from unittest.mock import patch

from _worlds import as_of_dates, load_records, write_result

from data.store import Store
from data.vocabulary import SUBJECT_KINDS
from features.engine import compute_all
from features.gaps.source_gaps import examine
from features.table import FeatureTable
from pipeline.detector_scores import panels_of, score_panel
from pipeline.rule_counts import count_contradictions
from pipeline.scores_table import scores_table
from pipeline.settings import Settings, load

BARE = (
    *(
        "models.nulls.gamma_poisson.fit_gamma_poissons",
        "models.nulls.gamma_poisson.upper_tail",
        "models.nulls.beta_binomial.fit_beta_binomials",
        "models.nulls.beta_binomial.upper_tail",
    ),
    *("models.nulls.series_nulls.fit_tails", "models.pattern.calibrate"),
    *(f"models.nulls.long_tails.{name}" for name in ("middle_of", "learn_spread", "fit_mixed_binomial")),
    *("models.nulls.mixed_binomial.MixedBinomialNull.upper_tail", "models.nulls.long_tails.fit_rate_classes"),
    "models.nulls.rate_classes.RateClassesNull.upper_tail",
    *("models.pattern.outlyingness", "models.baselines.raw_isolation_forest.outlyingness"),
)
"""The fits and scores, by the name under which the stage calls them; fits of estimators are added by `_fits`."""

BUILDERS = ("models.pattern.build_estimator", "models.baselines.raw_isolation_forest.build_estimator")


class Meter:
    """Adds up the processor seconds spent inside wrapped calls, by name; calls inside calls count once."""

    def __init__(self) -> None:
        self.spent: Counter[str] = Counter()
        self._inside = False

    def wrapped(self, name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        """Return the same work, timed."""

        @functools.wraps(work)
        def timed(*args: Any, **named: Any) -> Any:
            """Do the work, and add its time unless it is done inside another."""
            if self._inside:
                return work(*args, **named)
            self._inside, started = True, time.process_time()
            try:
                return work(*args, **named)
            finally:
                self._inside = False
                self.spent[name] += time.process_time() - started

        return timed

    def builder(self, build: Callable[..., Any]) -> Callable[..., Any]:
        """Return a builder of estimators whose fits are timed."""

        @functools.wraps(build)
        def built(*args: Any, **named: Any) -> Any:
            model = build(*args, **named)
            model.fit = self.wrapped("estimators, fit", model.fit)
            return model

        return built

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Time the fits and scores of the stage while this lasts."""
        found = {place: _found(place) for place in (*BARE, *BUILDERS)}
        wrappers = [patch(p, self.wrapped(p.removeprefix("models."), found[p])) for p in BARE]
        wrappers += [patch(p, self.builder(found[p])) for p in BUILDERS]
        for wrapper in wrappers:
            wrapper.start()
        try:
            yield
        finally:
            for wrapper in wrappers:
                wrapper.stop()


def _found(place: str) -> Callable[..., Any]:
    found: Callable[..., Any] = pkgutil.resolve_name(place)
    return found


def measured(tables: list[FeatureTable], settings: Settings) -> dict[str, Any]:
    """Return what one turn of the stage took, in all and inside the bare fits and scores."""
    meter = Meter()
    with meter.watching():
        started, clock = time.process_time(), time.perf_counter()
        detected = [s for table in tables for view in panels_of(table, settings) for s in score_panel(view, settings)]
        scores = scores_table(detected, [])
        stage, wall = time.process_time() - started, time.perf_counter() - clock
    bare = sum(meter.spent.values())
    return {
        "stage_cpu": round(stage, 2),
        "stage_wall": round(wall, 2),
        "bare_cpu": round(bare, 2),
        "ratio": round(stage / bare, 3),
        "scores": len(scores),
        "bare_parts": {name: round(seconds, 2) for name, seconds in meter.spent.most_common()},
    }


def generated(people: int, folder: Path) -> Path:
    from data.synthetic.generate import generate
    from data.synthetic.world import load as load_world

    generate(load_world("met", people=people), out=folder / "world")
    return folder / "world"


def main() -> None:
    """Measure the stage on a world, print the least of its turns and keep it."""
    about, _, more = (__doc__ or "").partition("\n")
    parser = argparse.ArgumentParser(description=about, epilog=more, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--people", type=int, default=46_000)
    parser.add_argument("--world", type=Path)
    parser.add_argument("--turns", type=int, default=2)
    asked = parser.parse_args()
    settings = load()
    with tempfile.TemporaryDirectory() as made:
        world = asked.world or generated(asked.people, Path(made))
        with Store(path=str(Path(made) / "records.duckdb"), memory="4GB") as store:
            load_records(store, world / "records")
            (day,) = as_of_dates(ends_on(world), 1)
            sources = examine(store, as_ofs=[day])
            tables = list(
                compute_all(store, settings.indicators, kinds=SUBJECT_KINDS, as_ofs=[day], sources=sources).values()
            )
            turns = [measured(tables, settings) for _ in range(asked.turns)]
            started, clock = time.process_time(), time.perf_counter()
            count_contradictions(store, settings.rules, day)
            rules = {"rules_cpu": round(time.process_time() - started, 2)}
            rules |= {"rules_wall": round(time.perf_counter() - clock, 2)}
    best = min(turns, key=lambda t: t["stage_cpu"])
    people = {table.kind: len(table.ids) for table in tables}
    write_result("detection_speed", {"as_of": str(day), "subjects": people, **rules, **best})


def ends_on(world: Path) -> date:
    return date.fromisoformat(json.loads((world / "world.json").read_text("utf-8"))["ends_on"])


if __name__ == "__main__":
    main()
