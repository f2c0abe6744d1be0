"""Who is complained about later, in real public records: every detector and baseline, with and without the posting.

    OPENCSE_CHICAGO=<folder of the release> python benchmarks/chicago_outcomes.py [--as-of 2009-01-01] [--months 24]

Each way of ranking takes the top 5% of the officers in service; told is how many of these had three or more complaint
cases in the months that followed. In the posting-relative view everybody is compared with peers of the same role, rank
and area; in the posting-blind view with the whole force. A complaint later is an outcome, not the truth: where an
officer is posted decides how often anybody complains, so the blind view may well predict better and be less fair.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow as pa

from audit.rates.later_rows import later_of
from audit.rates.recorded_later import TOP, months_after, outcomes
from data.store import Store
from data.vocabulary import SUBJECT_KINDS
from features.table import FeatureTable
from pipeline.detector_scores import panels_of, score_panel
from pipeline.loading import load_records
from pipeline.scores_table import scores_table
from pipeline.settings import Settings, load
from pipeline.trial import Trial, feature_table, try_store

OUTCOME = "complaint_cases"
RESULT = Path(__file__).parent / "results" / "chicago_outcomes.csv"
POSTING = ("role", "rank", "area_id")
SETTINGS = Path(__file__).parent / "detection" / "settings.toml"


def views(trial: Trial, settings: Settings, as_of: date) -> Iterator[tuple[str, pa.Table]]:
    """Yield the scores under each view of whom an officer is compared with."""
    tables = [feature_table(trial, kind, as_of) for kind in SUBJECT_KINDS]
    for view, seen in (("relative", lambda t: t), ("blind", without_posting)):
        panels = [view for table in tables if table.cells for view in panels_of(seen(table), settings)]
        detected = [s for view in panels for s in score_panel(view, settings)]
        yield view, scores_table(detected, [])


def without_posting(table: FeatureTable) -> FeatureTable:
    """Return the same values of people of whom nobody knows where they are posted."""
    subjects = table.subjects
    for name in POSTING:
        at = subjects.column_names.index(name)
        subjects = subjects.set_column(
            at, subjects.schema.field(at), pa.nulls(len(subjects), subjects.schema.types[at])
        )
    return FeatureTable(table.kind, table.as_of, subjects, table.cells)


def main() -> None:
    """Rank the officers of the release in both views, print what became of the top and keep it."""
    about, _, more = (__doc__ or "").partition("\n")
    parser = argparse.ArgumentParser(description=about, epilog=more, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--as-of", type=date.fromisoformat, default=date(2009, 1, 1))
    parser.add_argument("--months", type=int, default=24)
    asked = parser.parse_args()
    records = os.environ.get("OPENCSE_CHICAGO")
    if not records:
        sys.exit("OPENCSE_CHICAGO must name the folder of the public release of the Citizens Police Data Project.")
    settings, until = load(SETTINGS), months_after(asked.as_of, asked.months)
    with Store() as store:
        load_records(Path(records), source="chicago", store=store)
        trial = try_store(store, settings=settings, as_of=[asked.as_of])
        later = later_of(store, as_of=asked.as_of, until=until, present=store.tables("loaded"))
    parts = []
    for view, scores in views(trial, settings, asked.as_of):
        told = outcomes(
            trial.flags.slice(0, 0),
            subjects=trial.subjects,
            scores=scores,
            later={asked.as_of: later},
            until={asked.as_of: until},
        )
        parts.append(told[(told["by"] == "top") & (told["outcome"] == OUTCOME)].assign(view=view))
    table = pd.concat(parts).sort_values(["concern", "scope", "name", "view"])
    columns = ["concern", "scope", "name", "view", "n", "count", "value", "low", "high", "base", "ratio_to_others"]
    table[columns].round(4).to_csv(RESULT, index=False, lineterminator="\n")
    print(f"Of the top {TOP:.0%} as of {asked.as_of}, how many had it by {until}:")
    print(table[columns].round(3).to_string(index=False))


if __name__ == "__main__":
    main()
