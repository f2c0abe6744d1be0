"""Predicted and realised excess of a run, in the force's own past and since the as-of date, by group.

An excess says that somebody's rate is so many times that of peers. What came afterwards, next to what peers with the
same exposure left, bears that out or not. Groups are those of protected characteristics, which are read from the
records for this audit alone; a run does not see them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from audit.flag.rerun import Rerun
from audit.rates.groups import Groups, characteristics, everybody, partition
from audit.rates.rate_options import RateOptions
from audit.section import Section
from data.arrays import Bools, Floats, Ids
from data.constraints import LOADED
from data.store import Store
from features.engine import compute
from features.past import PERIOD_DAYS, PeriodCounts
from models.excess.estimate import Excess, PastCheck, check_past, held_against
from models.excess.peer_rates import applied, peer_rates
from pipeline.excess import ExcessComparison, compare_excess
from pipeline.load_report import LoadReport
from pipeline.private_ids import rows_of_run
from pipeline.run_folder import RunFolder

OWN_PAST, SINCE = "own past", "since"
"""Those surest to have an excess on the earlier day, until the as-of date; and those flagged, from then on."""

PROTECTED: Final = "protected_characteristic"
_PEOPLE: Final = frozenset({"officer", "unit", "posting"})

SCHEMA: Final = pa.schema(
    [
        ("view", pa.string()),
        ("first", pa.date32()),
        ("until", pa.date32()),
        *((name, pa.string()) for name in ("concern", "indicator", "by", "group")),
        *((name, pa.int64()) for name in ("people", "flagged")),
        *(
            (name, pa.float64())
            for name in ("due", "predicted", "came", "times_predicted", "low", "high", "times_came")
        ),
        ("status", pa.string()),
    ]
)
"""The columns of `excess_later.parquet`: described in `docs/reference/rates.md`."""

_WITHIN: Final = 1.96


def tables_for(folder: RunFolder) -> frozenset[str]:
    """Return the tables that excess is held against; none where the run looked for no excess of officers."""
    if not (folder.path / "excess.parquet").is_file():
        return frozenset()
    indicators = folder.settings.repertoire.indicators
    rows = folder.table("excess").to_pylist()
    names = {row["indicator"] for row in rows if row["subject_kind"] == "officer"}
    names |= {str(indicators[name].exposure) for name in names}
    tables = frozenset(table for name in names for table in indicators[name].tables)
    return tables | _PEOPLE | {PROTECTED} if names else tables


def excess_later(folder: RunFolder, store: Store, loaded: LoadReport, *, until: dict[date, date]) -> pd.DataFrame:
    """Return what was predicted and what came of each indicator's excess, in all and by characteristic.

    `store` holds the later records. Of those flagged nothing is said who have left the force since, or of whom the
    later records know nothing.
    """
    rerun = Rerun(folder, folder.settings)
    people = _protected(folder, store, loaded)
    rows: list[dict[str, Any]] = []
    for as_of, day in until.items():
        past = rerun.past("officer", as_of)
        for concern in folder.settings.excess.concerns if past is not None else ():
            assert past is not None
            compared = compare_excess(past, concern, folder.settings)
            for number, one in enumerate(compared.indicators):
                place = {"concern": concern, "indicator": one.indicator}
                rows += [place | row for row in _own_past(compared, one, people)]
                rows += [place | row for row in _since(compared, number, people, folder, store, loaded, day)]
    return pd.DataFrame(rows, columns=SCHEMA.names)


def _protected(folder: RunFolder, store: Store, loaded: LoadReport) -> pd.DataFrame | None:
    """Return the protected characteristics with the ids of the run; None where the records hold none."""
    if PROTECTED not in loaded.present:
        return None
    rows = store.arrow(f"SELECT * FROM {LOADED}.{PROTECTED} ORDER BY officer_id")
    people: pd.DataFrame = rows_of_run(rows, folder, loaded, "officer_id", "officer").to_pandas()
    return people


def _groups(people: pd.DataFrame | None, ids: Ids) -> Groups:
    groups = everybody(len(ids))
    for name, labels in characteristics(people, ids).items() if people is not None else ():
        groups = groups + partition(name, labels)
    return groups


def _members(people: pd.DataFrame | None, ids: Ids) -> Iterator[tuple[dict[str, str], Bools]]:
    groups = _groups(people, ids)
    for by, name, member in zip(groups.by, groups.names, groups.member.toarray(), strict=True):
        yield {"by": by, "group": name}, member > 0


def _own_past(compared: ExcessComparison, one: Excess, people: pd.DataFrame | None) -> Iterator[dict[str, Any]]:
    if one.past is None or one.learned is None:
        return
    excess = compared.settings.excess
    first = compared.as_of - timedelta(days=PERIOD_DAYS * one.ahead)
    for labels, member in _members(people, one.past.ids):
        check = check_past(one.past, one.learned, times=excess.times, q=excess.q, among=member)
        yield from _row(OWN_PAST, first, compared.as_of, labels, check)


def _since(
    compared: ExcessComparison,
    number: int,
    people: pd.DataFrame | None,
    folder: RunFolder,
    store: Store,
    loaded: LoadReport,
    until: date,
) -> Iterator[dict[str, Any]]:
    one = compared.indicators[number]
    if one.rates is None:
        return
    events, exposure = _later_counts(compared, one.indicator, folder, store, loaded, until)
    groups = compared.standings.groups(compared.ids, 0, 1)
    later = PeriodCounts(events[:, None], exposure[:, None])
    due = applied(peer_rates(later, groups), later, groups)[:, 0]
    comparable = ~np.isnan(events) & (due > 0) & np.isfinite(one.rates.mean)
    selected = compared.selection.chosen & (compared.which == number)
    for labels, member in _members(people, compared.ids):
        check = held_against(one.rates, due=due, came=events, chosen=selected & comparable & member, flagged=selected)
        yield from _row(SINCE, compared.as_of, until, labels, check)


def _later_counts(
    compared: ExcessComparison, name: str, folder: RunFolder, store: Store, loaded: LoadReport, until: date
) -> tuple[Floats, Floats]:
    """Return what each subject left from the as-of date on, and the exposure; NaN for who is not there any more."""
    indicators = compared.settings.repertoire.indicators
    days = (until - compared.as_of).days
    exposure = replace(indicators[str(indicators[name].exposure)], windows=(days,))
    indicator = replace(indicators[name], windows=(days,))
    table = compute(store, [exposure, indicator], kind="officer", as_of=until)
    cells = [np.nan_to_num(table.cells[i.name, days].value) for i in (indicator, exposure)]
    later = pa.table({"subject_id": table.ids, "came": cells[0], "exposed": cells[1]})
    rows = rows_of_run(later, folder, loaded, "subject_id", "officer").to_pandas().set_index("subject_id")
    own = rows.reindex(compared.ids)
    return own["came"].to_numpy(dtype=np.float64), own["exposed"].to_numpy(dtype=np.float64)


def _row(view: str, first: date, until: date, labels: dict[str, str], check: PastCheck) -> Iterator[dict[str, Any]]:
    if not check.people and labels["by"] != "all":
        return
    due = check.due or np.nan
    reach = _WITHIN * check.deviation
    yield {
        "view": view,
        "first": first,
        "until": until,
        **labels,
        "people": check.people,
        "flagged": check.flagged,
        "due": check.due,
        "predicted": check.predicted,
        "came": check.came,
        "times_predicted": check.predicted / due,
        "low": max(check.predicted - reach, 0.0) / due,
        "high": (check.predicted + reach) / due,
        "times_came": check.came / due,
        "status": "undefined" if not check.due else "too_few" if check.people < RateOptions().smallest else "ok",
    }


_COLUMNS: Final = ("concern", "indicator", "of", "group", "people", "predicted: times peers", "came: times peers")


def excess_sections(table: pd.DataFrame) -> list[Section]:
    """Return the short report: what was predicted with its 95% interval, and what came, for each view and stretch."""
    titles = {
        OWN_PAST: "Excess in the force's own past, of those surest to have one",
        SINCE: "Excess of those flagged, and what came since",
    }
    sections = []
    for (view, first, until), rows in table.groupby(["view", "first", "until"], sort=False):
        lines = tuple(_line(row) for row in rows.to_dict("records") if row["people"])
        aside = () if lines else ("Nobody was flagged by excess of whom later records tell.",)
        sections.append(Section(f"{titles[str(view)]}, from {first} to {until}", _COLUMNS, lines, aside))
    return sections


def _line(row: dict[Any, Any]) -> tuple[Any, ...]:
    few = " few" if row["status"] == "too_few" else ""
    predicted = f"{row['times_predicted']:.2f} ({row['low']:.2f}–{row['high']:.2f})"
    return (
        *(row["concern"], row["indicator"], row["by"], row["group"], f"{row['people']:,}{few}"),
        *(predicted, f"{row['times_came']:.2f}"),
    )
