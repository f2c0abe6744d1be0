"""Excess on the public records of Chicago: how much was predicted of those flagged, and how much came in two years.

For each as-of date: whom the run flags in standards, the excess over peers that it predicts for the next 728 days and
the one that came, in all and by race and sex (complaint causes, peers by rank and district); and how many of the top 5%
had three or more complaint causes in that time, ranked by the estimated rate, and by gradient boosting that was trained
with labels on the same columns two years earlier. Labels are outcomes and not the truth. Needs
OPENCSE_CHICAGO, the folder of the public release of the Citizens Police Data Project. An as-of date that stands in the
result is not computed again.
"""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier

from data.arrays import Bools, Floats, Ids
from data.store import Store
from features.engine import compute
from features.gaps.source_gaps import examine
from features.history import history
from features.past import History, PeriodCounts
from models.excess.peer_rates import applied, expected_counts, peer_rates
from pipeline.excess import ExcessComparison, compare_excess
from pipeline.loading import load_records
from pipeline.settings import Settings, load

RESULT = Path(__file__).parent / "results" / "chicago_excess.csv"
AHEAD = timedelta(days=728)
INDICATOR = "complaints"
CASES, TOP, DRAWS = 3, 0.05, 1000
DATES = [date(year, 1, 1) for year in (2006, 2007, 2008, 2009)]


def past_on(store: Store, settings: Settings, day: date) -> History:
    """Return the past of the rates of standards as of a day."""
    sources = examine(store, as_ofs=[day])
    return history(store, settings.indicators, ["standards"], kind="officer", as_of=day, sources=sources)


def later_counts(store: Store, settings: Settings, day: date, ids: Ids) -> tuple[Floats, Floats]:
    """Return what each officer left in the time after a day, and the exposure; NaN for who has left since."""
    repertoire = settings.repertoire.indicators
    exposure = replace(repertoire[str(repertoire[INDICATOR].exposure)], windows=(AHEAD.days,))
    counted = replace(repertoire[INDICATOR], windows=(AHEAD.days,))
    table = compute(store, [exposure, counted], kind="officer", as_of=day + AHEAD)
    own, at = np.full(len(ids), np.nan), np.searchsorted(table.ids, ids)
    at = np.minimum(at, len(table.ids) - 1)
    there = table.ids[at] == ids
    values = [np.nan_to_num(table.cells[name, AHEAD.days].value)[at] for name in (INDICATOR, exposure.name)]
    came, exposed = (np.where(there, value, own) for value in values)
    return came, exposed


def due_of(compared: ExcessComparison, came: Floats, exposed: Floats) -> Floats:
    """Return what peers with the same exposure left in the time after, by the place that each has on the as-of date."""
    groups = compared.standings.groups(compared.ids, 0, 1)
    counts = PeriodCounts(came[:, None], exposed[:, None])
    return applied(peer_rates(counts, groups), counts, groups)[:, 0]


def columns(past: History, names: list[str]) -> Floats:
    """Return what gradient boosting learns from: counts and exposures of rates in six periods, and the posting."""
    parts = [_of_six(c) for n in names for c in (past.indicators[n].now.value, past.indicators[n].now.exposure)]
    standing = past.standings[0]
    parts += [pd.factorize(pd.Series(standing[n].to_pylist()), sort=True)[0][:, None] for n in ("rank", "area_id")]
    # Trees cannot split by a column in which nothing is known: what is not known is less than anything that is.
    return np.nan_to_num(np.hstack(parts).astype(np.float64), nan=-1.0)


def _of_six(counts: Floats) -> Floats:
    """Return the six latest periods, NaN where records do not reach back so far."""
    known = counts[:, :6]
    return np.hstack([known, np.full((len(known), 6 - known.shape[1]), np.nan)])


def ratio(numerator: Floats, denominator: Floats, seed: int) -> tuple[float, float, float]:
    """Return a quotient of sums with the interval that drawing people again gives it."""
    rng = np.random.default_rng(seed)
    n = len(numerator)
    if not n:
        return np.nan, np.nan, np.nan
    drawn = rng.integers(0, n, (DRAWS, n))
    low, high = np.quantile(numerator[drawn].sum(axis=1) / denominator[drawn].sum(axis=1), (0.025, 0.975))
    return float(numerator.sum() / denominator.sum()), float(low), float(high)


def precision(score: Floats, outcome: Bools) -> float:
    """Return the share of the highest 5% with the outcome; equal scores in the order of ids."""
    most = round(TOP * len(score))
    return float(outcome[np.argsort(-score, kind="stable")[:most]].mean())


def measured(store: Store, settings: Settings, day: date) -> list[dict[str, Any]]:
    """Return the rows of one as-of date."""
    past = past_on(store, settings, day)
    compared = compare_excess(past, "standards", settings)
    one = next(e for e in compared.indicators if e.indicator == INDICATOR)
    assert one.rates is not None
    assert one.learned is not None
    now = past.indicators[INDICATOR].now
    came, exposed = later_counts(store, settings, day, compared.ids)
    due = due_of(compared, came, exposed)
    serving = ~np.isnan(came) & (due > 0) & np.isfinite(one.rates.mean)
    flagged = compared.selection.chosen & (compared.which == compared.indicators.index(one))
    outcome = np.nan_to_num(came) >= CASES
    before = day - AHEAD
    earlier = past_on(store, settings, before)
    came_then, _ = later_counts(store, settings, before, earlier.ids())
    model = HistGradientBoostingClassifier(random_state=0)
    known = ~np.isnan(came_then)
    names = sorted(set(past.indicators) & set(earlier.indicators))
    model.fit(columns(earlier, names)[known], came_then[known] >= CASES)
    boosted = model.predict_proba(columns(past, names))[:, 1]
    # What the next two years expose anybody to is not known on the day: that of the last two years stands for it.
    absolute = one.rates.mean * expected_counts(now, compared.standings.groups(compared.ids, 0, now.periods))[
        :, :4
    ].sum(1)
    share = {"indicator": INDICATOR, "factor": one.learned.factor, "shape": one.learned.shape, "standing": one.standing}
    if one.check is not None:
        check = one.check
        share |= {"past_predicted": check.predicted / check.due, "past_came": check.came / check.due}
    people = {
        "people": int(serving.sum()),
        "base": float(outcome[serving].mean()),
        "top_5_excess": precision(absolute[serving], outcome[serving]),
        "top_5_boosting": precision(boosted[serving], outcome[serving]),
    }
    rows = []
    for group, members in groups_of(store, compared.ids).items():
        chosen = flagged & serving & members
        predicted, _, _ = ratio((due * one.rates.mean)[chosen], due[chosen], 1)
        realised, low, high = ratio(came[chosen], due[chosen], 1)
        rows.append(
            {"as_of": day, "group": group, "serving": int((serving & members).sum()), "flagged": int(chosen.sum())}
            | {"share": float(chosen.sum() / max(1, (serving & members).sum()))}
            | {"predicted": predicted, "came": realised, "came_low": low, "came_high": high}
            | {"with_outcome": float(outcome[chosen].mean()) if chosen.any() else np.nan}
            | (share | people if group == "all" else {})
        )
    return rows


def groups_of(store: Store, ids: Ids) -> dict[str, Bools]:
    """Return everybody, and the members of each sex and ethnicity."""
    groups = {"all": np.ones(len(ids), dtype=np.bool_)}
    present = store.tables("loaded")
    if "protected_characteristic" not in present:
        return groups
    rows = store.rows("SELECT officer_id, sex, ethnicity FROM loaded.protected_characteristic ORDER BY 1")
    for at, name in ((1, "sex"), (2, "ethnicity")):
        for value in sorted({row[at] for row in rows if row[at] is not None}):
            groups[f"{name} {value}"] = np.isin(ids, [row[0] for row in rows if row[at] == value])
    return groups


def main() -> None:
    """Measure the as-of dates that are not there yet, one after the other, and print the table."""
    about, _, more = (__doc__ or "").partition("\n")
    parser = argparse.ArgumentParser(description=about, epilog=more, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--as-of", type=date.fromisoformat, nargs="*", default=DATES)
    asked = parser.parse_args()
    records = os.environ.get("OPENCSE_CHICAGO")
    if not records:
        sys.exit("OPENCSE_CHICAGO must name the folder of the public release of the Citizens Police Data Project.")
    settings = load(None)
    settings = settings.model_copy(update={"excess": settings.excess.model_copy(update={"concerns": ["standards"]})})
    table = pd.read_csv(RESULT) if RESULT.is_file() else pd.DataFrame({"as_of": []})
    with Store() as store:
        load_records(Path(records), source="chicago", store=store)
        for day in asked.as_of:
            if str(day) not in set(table["as_of"]):
                rows = pd.DataFrame(measured(store, settings, day)).assign(as_of=str(day))
                table = pd.concat([table, rows], ignore_index=True)
                table.to_csv(RESULT, index=False, float_format="%.4f", lineterminator="\n")
    sys.stdout.write(table.round(3).to_string(index=False) + "\n")


if __name__ == "__main__":
    main()
